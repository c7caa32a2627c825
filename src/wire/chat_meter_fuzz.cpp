// wire/chat_meter_fuzz.cpp — no answer crashes a chat meter, and no split changes what it says.
#include "wire/meter_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  purser::check_meter(purser::Dialect::chat, data, size);
  return 0;
}
