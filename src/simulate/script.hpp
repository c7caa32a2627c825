// simulate/script.hpp — what one answer is told to do: by its request, or by chance.
// Why: a test asks for the very fault it is about. Words come in the header `x-simulate`, in
// `metadata.simulate`, or behind the model's name ("gpt-4o#cut=120"), separated by spaces, commas
// or semicolons; each is `word` or `word=number`.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace purser::simulate {

/// A place in the answer: a number asked for, or one that the seed chooses.
struct Place {
  std::optional<std::int64_t> at;
};

struct Script {
  // Refused before any output: never billed.
  int status = 0;      // 400 … 599: answered so, with the provider's own error body
  bool quota = false;  // 429, but for money instead of pace
  std::optional<std::int64_t> retry_after;  // seconds
  bool close = false;                       // the connection ends before any byte

  // Broken off by the provider: what was generated until then is billed, unless `unbilled`.
  std::optional<Place> cut;    // the body ends after so many bytes, wherever that is
  std::optional<Place> error;  // a stream says so after so many tokens, and ends
  bool unbilled = false;

  // Bad manners: all is billed.
  std::optional<std::chrono::milliseconds> stall;  // silence in the middle
  std::optional<std::chrono::milliseconds> drip;   // between every seven bytes
  bool malformed = false;                          // JSON that is none
  bool no_usage = false;
  bool zero_usage = false;  // and billed so: what a provider reports as nothing costs nothing
  bool ignore_cap = false;  // answers past max_tokens
  bool downgrade = false;   // asked for priority, served as standard
  bool priority = false;    // asked for no tier, served as priority

  // What to answer.
  bool refusal = false;         // before any output; messages: usage reported, nothing billed
  bool refusal_midway = false;  // billed
  bool tool = false;
  bool no_tool = false;
  bool stop_sequence = false;
  std::optional<std::int64_t> output;  // tokens, reasoning inside
  std::optional<std::int64_t> reasoning;
  std::optional<std::int64_t> searches;
  std::optional<std::chrono::milliseconds> first_byte;
  std::optional<std::chrono::microseconds> per_token;
};

/// Adds every word of `words` to `script`. Fails (client) on a word it does not know.
Result<void> add_words(Script& script, std::string_view words);

/// The words, one a line with its meaning, for --help.
std::string words_help();

}  // namespace purser::simulate
