// money/usage.hpp — what one answer consumed, in one normal form for every provider.
// Why: providers disagree on what is inside what (OpenAI's prompt includes its cached part,
// Anthropic's does not; Gemini's thoughts are outside its output). wire/ settles that once.
#pragma once

#include <cstdint>

#include "base/strong.hpp"

namespace purser {

/// Classes are disjoint unless a line says "of". All counts are ≥ 0.
struct Usage {
  Tokens input_uncached{};  // full-price input of every modality, tool-use prompts included
  Tokens cache_read{};
  Tokens cache_write_short{};  // Anthropic 5m, OpenAI 30m
  Tokens cache_write_long{};   // Anthropic 1h, OpenAI 12h
  Tokens output{};             // everything billed as output, reasoning included
  Tokens reasoning{};          // of output
  Tokens audio_in{};           // of input_uncached
  Tokens audio_cached{};       // of cache_read
  Tokens audio_out{};          // of output
  Tokens image_in{};           // of input_uncached
  Tokens image_out{};          // of output
  Tokens video_in{};           // of input_uncached
  std::int64_t web_searches = 0;
  std::int64_t web_fetches = 0;
  std::int64_t file_searches = 0;
  friend constexpr auto operator<=>(const Usage&, const Usage&) = default;

  /// What selects the long-prompt price: every input token of the pass, cached or not.
  constexpr Tokens prompt_total() const {
    return input_uncached + cache_read + cache_write_short + cache_write_long;
  }
  constexpr Tokens tokens_in() const { return prompt_total(); }
};

Usage operator+(const Usage& a, const Usage& b);

}  // namespace purser
