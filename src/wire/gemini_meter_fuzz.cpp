// wire/gemini_meter_fuzz.cpp — no answer of Google's crashes its meters, whatever the framing.
#include "wire/meter_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  purser::check_meter(purser::Dialect::gemini, data, size);
  return 0;
}
