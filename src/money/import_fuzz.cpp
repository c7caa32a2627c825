// money/import_fuzz.cpp — whatever bytes come as a catalogue: what is taken over can be written,
// and reads back as it was.
#include <cstdlib>
#include <map>

#include "money/import.hpp"
#include "money/price_file.hpp"
#include "money/price_text.hpp"

namespace {

void write_and_read_back(const purser::Result<purser::Imported>& imported) {
  if (!imported) {
    return;
  }
  std::map<std::string, std::vector<purser::PriceList>> by_provider;
  for (const purser::PriceList& list : imported->lists) {
    by_provider[list.provider].push_back(list);
  }
  for (const auto& [provider, lists] : by_provider) {
    const auto again = purser::read_price_file(purser::price_file_text(lists));
    if (!again || !(*again == lists)) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const purser::Catalogue catalogue{.source = "a catalogue", .checked = "2026-11-23"};
  write_and_read_back(purser::import_litellm(json, catalogue));
  write_and_read_back(purser::import_genai(json, catalogue));
  return 0;
}
