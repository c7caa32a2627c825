// translate/translate_chat_fuzz.cpp — no bytes crash the readers of chat, nor what writes them
// elsewhere.
#include "translate/reader_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  purser::translate::check_reader(purser::translate::Wire::chat, data, size);
  return 0;
}
