// store/journal_fuzz.cpp — any bytes on the disk are read or refused, and never crash.
#include <cstdint>
#include <string_view>

#include "store/codec.hpp"

namespace {

void decode_both(std::string_view payload) {
  purser::HoldEntry hold;
  purser::SettleEntry settle;
  static_cast<void>(purser::peek(payload));
  static_cast<void>(purser::decode(payload, hold));
  static_cast<void>(purser::decode(payload, settle));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  decode_both(bytes);
  std::string_view rest = bytes;
  while (const auto payload = purser::take_payload(rest)) {
    decode_both(*payload);
  }
  return 0;
}
