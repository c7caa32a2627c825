// store/journal_fuzz.cpp — any bytes on the disk are read or refused, and never crash.
#include <cstdint>
#include <string_view>

#include "store/codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(purser::decode_record(bytes));
  std::string_view rest = bytes;
  while (const auto payload = purser::take_payload(rest)) {
    static_cast<void>(purser::decode_record(*payload));
  }
  return 0;
}
