// app/config_fuzz.cpp — no bytes in a purser.yaml crash the process or hold it up.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "app/config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto config = purser::read_config(text, "fuzz");
  if (!config && !config.error().message.starts_with("fuzz:")) {
    std::abort();  // a problem without a place
  }
  return 0;
}
