// call/tokenizer_pieces.hpp — where a text is cut before its bytes are merged.
// The encodings define this by a regular expression with look-ahead; each is a few loops over kinds
// of characters here, with what backtracking would find worked out by hand. For o200k_base, tried
// in this order (X is a character but letter, number, CR, LF; M a combining mark):
//   X? [upper letter M]* [lower letter M]+ 's?     words, cut where capitals begin
//   X? [upper letter M]+ [lower letter M]* 's?     words without a small letter
//   number{1,3}
//   ' '? symbol+ [CR LF /]*
//   space* [CR LF]+
//   space+ but the last, when something follows
//   space+
// where 's stands for 's 't 're 've 'm 'll 'd in any case. cl100k_base tries 's alone first, knows
// one kind of word (X? letter+, in which marks are symbols), and takes no / behind symbols.
#pragma once

#include <cstddef>
#include <string_view>

#include "call/token_table.hpp"
#include "call/tokenizer.hpp"

namespace purser {

/// Cuts one text. Time is linear in the text: no character is looked at more than a few times.
class Pieces {
 public:
  Pieces(Encoding encoding, CharTable chars, std::string_view text)
      : encoding_(encoding), chars_(chars), at_(text.data()), end_(at_ + text.size()) {}

  bool done() const { return at_ == end_; }
  /// The next piece, never empty. Not to be called when done.
  std::string_view next();

 private:
  struct Char {
    CharKind kind;
    unsigned char bytes;
  };
  /// Where the longest run of a word's letters from some place on may end.
  struct Word {
    const char* with_lower;  // null: it has no letter that could be the small one
    const char* whole;       // null: not even one letter
  };

  Char look(const char* at) const;
  Char look_wide(const char* at) const;
  template <typename Wanted>
  const char* past(const char* at, Wanted wanted) const;
  const char* past_cased_word(const char* at, Char first) const;
  const char* past_plain_word(const char* at, Char first) const;
  Word cased_word(const char* at) const;
  const char* past_contraction(const char* at) const;
  const char* past_number(const char* at) const;
  const char* past_symbols(const char* at) const;
  const char* past_spaces(const char* at) const;
  const char* piece_end() const;

  Encoding encoding_;
  CharTable chars_;
  const char* at_;
  const char* end_;
};

}  // namespace purser
