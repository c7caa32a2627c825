// money/prices_fuzz.cpp — any bytes as a price file: read or refused, never a crash.
#include <cstdint>
#include <string_view>

#include "money/price_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(purser::read_price_file({reinterpret_cast<const char*>(data), size}));
  return 0;
}
