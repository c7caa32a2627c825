// call/prompt_count.hpp — a prompt's tokens, where a growing conversation is counted only where it
// grew: each message, tool and system block is remembered by its digest. So a turn costs one look
// over the body and the counting of what is new, wherever in the body it stands.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "call/input_ratio.hpp"
#include "call/tokenizer.hpp"

namespace purser {

/// One a core; not locked. Memory is kBytes, taken at once, whatever is counted.
class PromptCount {
 public:
  static constexpr std::size_t kWays = 4;
  static constexpr std::size_t kSets = std::size_t{1} << 13;

  PromptCount() : sets_(kSets) {}

  /// The tokens of `body`'s prompt text by the encoding of `model`; a little high, never low but
  /// for what providers add unseen. Inline media are not in it (call/prompt_text).
  Tokens count(std::string_view model, std::string_view body);

  /// How many units were counted, and how many remembered: for metrics and tests.
  std::int64_t counted() const { return counted_; }
  std::int64_t remembered() const { return remembered_; }

 private:
  struct Known {
    Digest name;
    std::int64_t tokens = 0;
  };
  /// The latest used first; what falls out at the end was used longest ago.
  using Set = std::array<Known, kWays>;

 public:
  static constexpr std::size_t kBytes = kSets * sizeof(Set);  // 768 KiB

 private:
  Known& known(Digest name);

  std::array<Tokenizer, 2> tokenizers_{Tokenizer(Encoding::cl100k_base),
                                       Tokenizer(Encoding::o200k_base)};
  std::vector<Set> sets_;
  std::string scratch_;
  std::int64_t counted_ = 0;
  std::int64_t remembered_ = 0;
};

}  // namespace purser
