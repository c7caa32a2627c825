// call/prompt_text.hpp — the text of a request body that a model reads, one unit at a time.
// A unit is what a growing conversation repeats byte for byte: an element of a top-level array (a
// message, a tool, a system block), or the value of any other member. What is counted of a unit is
// a little more than any provider renders of it: every string unescaped, every name, every number,
// and two tokens a member for the quotes, colons and braces around it. Inline media are left out:
// they are no text, and their tokens are bounded by the rules of their kind
// (Call::media_tokens_max). The body was checked before (wire/read_request); of one that was not,
// any count may come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong.hpp"
#include "call/tokenizer.hpp"

namespace purser {

/// Where in a request a value stands, as far as it says what may be a medium.
enum class Place : std::uint8_t { elsewhere, message, content, part };

struct PromptUnit {
  std::string_view json;
  Place place;
};

/// Takes a body apart; nothing is copied.
class PromptUnits {
 public:
  explicit PromptUnits(std::string_view body);
  /// The next unit; nothing behind the last one.
  std::optional<PromptUnit> next();

 private:
  const char* at_;
  const char* end_;
  Place place_ = Place::elsewhere;  // of the elements of the array we are in
  bool in_array_ = false;
};

/// `scratch` is for unescaped strings, kept by the caller so that it is allocated once.
Tokens count_text(const Tokenizer& tokenizer, PromptUnit unit, std::string& scratch);

}  // namespace purser
