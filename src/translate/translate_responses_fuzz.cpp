// translate/translate_responses_fuzz.cpp — no bytes crash the readers of responses, nor what writes
// them elsewhere.
#include "translate/reader_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  purser::translate::check_reader(purser::translate::Wire::responses, data, size);
  return 0;
}
