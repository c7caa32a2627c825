// call/prompt_count.hpp — how many tokens a prompt is, closer than its bytes say.
#pragma once

#include <string_view>

#include "call/call.hpp"

namespace purser {

/// Counts prompts; a growing conversation only where it grew. One a core: not thread-safe.
class PromptCount {
 public:
  /// Tokens of the body's texts for `model`, never fewer than its tokenizer makes.
  Tokens count(std::string_view model, std::string_view body);
};

/// What providers reported against what was counted here, for models whose tokenizer is not public.
class InputRatio {
 public:
  void learn(std::string_view provider, std::string_view model, Tokens counted, Tokens reported);
};

/// A tight upper bound of the prompt: never above the byte bound of wire's input_bound().
Tokens tight_input_bound(const Call& call, std::string_view provider, Tokens counted,
                         const InputRatio& ratios);

}  // namespace purser
