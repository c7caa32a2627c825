// call/prompt_count.cpp — the byte bound: no byte-level tokenizer makes more tokens than bytes.
#include "call/prompt_count.hpp"

namespace purser {

Tokens PromptCount::count(std::string_view, std::string_view body) {
  return Tokens(static_cast<std::int64_t>(body.size()));
}

void InputRatio::learn(std::string_view, std::string_view, Tokens, Tokens) {}

Tokens tight_input_bound(const Call& call, std::string_view, Tokens, const InputRatio&) {
  return Tokens(call.prompt_bytes) + call.media_tokens_max + Tokens(64 + 16 * call.messages);
}

}  // namespace purser
