// call/tokenizer.hpp — how many tokens a text is, exactly as OpenAI's public encodings count it.
// Byte-pair encoding in two steps: a text is cut into pieces by fixed rules (tokenizer_pieces), and
// each piece is merged from single bytes, the lowest rank first (tokenizer_merge). Special tokens
// are text like any other: what a user writes must never become one. Any bytes are taken: those
// that are no UTF-8 count as symbols of one byte each, and decode(encode(x)) is x always.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.hpp"
#include "call/token_table.hpp"

namespace purser {

enum class Encoding : std::uint8_t { cl100k_base, o200k_base };

/// The encoding of a model, by its name as requested. Models whose tokenizer is not public get the
/// newest one: as a basis for what is then learned about them (call/input_ratio).
Encoding encoding_of(std::string_view model);

/// The encoding that a provider is known to count this model's own words by. Nothing where that is
/// not public, or only assumed.
std::optional<Encoding> public_encoding(std::string_view provider, std::string_view model);

/// Immutable, shared by all threads, and free to make: the tables lie in the binary.
class Tokenizer {
 public:
  explicit Tokenizer(Encoding encoding);

  /// Time is O(n log n), and memory beside the text bounded, whatever the bytes are.
  Tokens count(std::string_view text) const;
  /// Appends the ranks of `text`'s tokens.
  void encode(std::string_view text, std::vector<Rank>& out) const;
  /// Appends the bytes of `ranks`; a rank that is none adds nothing.
  void decode(std::span<const Rank> ranks, std::string& out) const;

 private:
  template <typename Each>
  void each_piece(std::string_view text, Each each) const;

  Encoding encoding_;
  TokenTable table_;
  CharTable chars_;
};

}  // namespace purser
