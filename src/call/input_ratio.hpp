// call/input_ratio.hpp — from tokens we counted to the most a provider may bill for them.
// OpenAI's encodings are public, so there the count is nearly the bill. Elsewhere the same text
// makes more tokens, by a ratio that differs from model to model: at first what is known of its
// family, then what its own answers reported. Both are estimates, high ones, and never above the
// bytes of the text: no byte-level encoding makes more tokens than bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/strong.hpp"
#include "call/call.hpp"

namespace purser {

/// Bill over count, learned from answers. One a core; not locked.
class InputRatio {
 public:
  /// Models beyond this many are not learned: names come from outside.
  static constexpr std::size_t kModelsMax = 512;

  /// `counted` is PromptCount's for this very prompt; `reported` what the provider counted, cached
  /// or not. Pairs that say little are passed over: short prompts, for most of one is framing, and
  /// bills that cannot be of this prompt.
  void learn(std::string_view provider, std::string_view model, Tokens counted, Tokens reported);

  /// Tokens billed at most for `counted`.
  Tokens at_most(std::string_view provider, std::string_view model, Tokens counted) const;

 private:
  struct Learned {
    std::int64_t answers = 0;
    double mean = 0;        // exponentially weighted
    double max = 0;         // of this spell
    double max_before = 0;  // of the spell before: so that an outlier is forgotten in the end
  };
  static std::string name(std::string_view provider, std::string_view model);

  std::unordered_map<std::string, Learned> models_;
};

/// A bound of the input that is usually much nearer than wire's input_bound, at the price of
/// counting. `counted` is PromptCount::count of the call's body.
Tokens tight_input_bound(const Call& call, std::string_view provider, Tokens counted,
                         const InputRatio& ratios);

/// The tokens billed as input when the provider's own tools take up to `rounds` rounds: every round
/// reads the context again, longer by what the rounds before it found.
Tokens over_rounds(Tokens first, std::int64_t rounds);

}  // namespace purser
