// wire/json_scan_fuzz.cpp — the cursor takes exactly what simdjson takes, of any bytes.
#include <simdjson.h>

#include "base/invariant.hpp"
#include "wire/json_scan.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using purser::JsonScan;
  const std::string text(reinterpret_cast<const char*>(data), size);
  JsonScan scan(text);
  scan.skip();
  const bool ours = scan.finish();

  simdjson::dom::parser parser;
  // What is JSON, but not to simdjson: numbers beyond double, surrogates that stand alone, and
  // more depth than we allow the other way round. What is not, but we leave to others: UTF-8.
  const auto theirs = parser.parse(text).error();
  if (theirs == simdjson::SUCCESS) {
    const char* const wrong = scan.wrong();
    INVARIANT(ours || std::string_view(wrong).find("nested") != std::string_view::npos,
              "what simdjson takes, we take");
  } else if (ours) {
    INVARIANT(theirs == simdjson::UTF8_ERROR || theirs == simdjson::NUMBER_ERROR ||
                  theirs == simdjson::STRING_ERROR,
              "what we take, simdjson takes");
  }
  return 0;
}
