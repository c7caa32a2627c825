// call/tokenizer_pieces.cpp — the rules of tokenizer_pieces.hpp, in the order they are tried.
#include "call/tokenizer_pieces.hpp"

#include <array>

namespace purser {
namespace {

constexpr bool is_line(char c) {
  return c == '\r' || c == '\n';
}

constexpr auto kAscii = [] {
  std::array<CharKind, 128> kinds{};
  for (std::size_t c = 0; c < kinds.size(); ++c) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    kinds[c] = c >= 'a' && c <= 'z'   ? CharKind::lower
               : c >= 'A' && c <= 'Z' ? CharKind::upper
               : c >= '0' && c <= '9' ? CharKind::number
               : space                ? CharKind::space
                                      : CharKind::symbol;
  }
  return kinds;
}();

constexpr unsigned bit(CharKind kind) {
  return 1U << static_cast<unsigned>(kind);
}
constexpr bool among(CharKind kind, unsigned kinds) {
  return (bit(kind) & kinds) != 0;
}
constexpr unsigned kSymbols = bit(CharKind::symbol) | bit(CharKind::mark);
constexpr unsigned kLetters = bit(CharKind::upper) | bit(CharKind::lower) | bit(CharKind::letter);
/// Neither capital nor small, so taken as either.
constexpr unsigned kCaseless = bit(CharKind::letter) | bit(CharKind::mark);
constexpr unsigned kBeginsWord = bit(CharKind::upper) | kCaseless;
constexpr unsigned kEndsWord = bit(CharKind::lower) | kCaseless;
constexpr unsigned kBeforeWord = kSymbols | bit(CharKind::space);

}  // namespace

Pieces::Char Pieces::look(const char* at) const {
  const auto byte = static_cast<unsigned char>(*at);
  return byte < 0x80 ? Char{kAscii[byte], 1} : look_wide(at);
}

/// A character beyond ASCII; a byte that begins none is a symbol.
Pieces::Char Pieces::look_wide(const char* at) const {
  const auto byte = [at](std::size_t i) { return static_cast<unsigned char>(at[i]); };
  const unsigned char first = byte(0);
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  constexpr Char kStray{CharKind::symbol, 1};
  if (first < 0xC2 || first > 0xF4 || static_cast<std::size_t>(end_ - at) < bytes) {
    return kStray;
  }
  std::uint32_t point = first & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return kStray;
    }
    point = point << 6 | (byte(i) & 0x3FU);
  }
  // Too long for what it says, or no code point at all.
  if (point < (bytes == 4 ? 0x10000U : bytes == 3 ? 0x800U : 0x80U) || point > 0x10FFFF) {
    return kStray;
  }
  return {chars_[point], static_cast<unsigned char>(bytes)};
}

/// Behind the characters from `at` on whose kind is wanted.
template <typename Wanted>
const char* Pieces::past(const char* at, Wanted wanted) const {
  while (at < end_) {
    const Char next = look(at);
    if (!wanted(next.kind)) {
      break;
    }
    at += next.bytes;
  }
  return at;
}

Pieces::Word Pieces::cased_word(const char* at) const {
  const char* const begin = at;
  const char* behind_caseless = nullptr;
  while (at < end_) {
    const Char next = look(at);
    if (!among(next.kind, kBeginsWord)) {
      break;
    }
    at += next.bytes;
    if (among(next.kind, kCaseless)) {
      behind_caseless = at;
    }
  }
  const char* const small = past(at, [](CharKind kind) { return among(kind, kEndsWord); });
  // With no small letter behind the run, its last caseless one takes that place.
  return {.with_lower = small > at ? small : behind_caseless,
          .whole = small > begin ? small : nullptr};
}

/// Behind 's 't 're 've 'm 'll 'd; `at` when there is none.
const char* Pieces::past_contraction(const char* at) const {
  if (end_ - at < 2 || *at != '\'') {
    return at;
  }
  const auto small = [&](std::ptrdiff_t i) {
    return end_ - at > i ? static_cast<unsigned char>(at[i]) | 0x20U : 0U;
  };
  const unsigned first = small(1);
  const unsigned second = small(2);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') {
    return at + 2;
  }
  if (((first == 'r' || first == 'v') && second == 'e') || (first == 'l' && second == 'l')) {
    return at + 3;
  }
  // U+017F, the long s, is an s in another case.
  if (std::string_view(at + 1, end_).starts_with("\xC5\xBF")) {
    return at + 3;
  }
  return at;
}

/// o200k_base. `at` when no word begins here.
const char* Pieces::past_cased_word(const char* at, Char first) const {
  if (among(first.kind, kBeforeWord) && !is_line(*at)) {
    const Word behind = cased_word(at + first.bytes);
    if (behind.with_lower != nullptr) {
      return past_contraction(behind.with_lower);
    }
    if (first.kind != CharKind::mark) {
      return behind.whole != nullptr ? past_contraction(behind.whole) : at;
    }
  }
  if (!among(first.kind, kLetters | bit(CharKind::mark))) {
    return at;
  }
  const Word word = cased_word(at);
  return past_contraction(word.with_lower != nullptr ? word.with_lower : word.whole);
}

/// cl100k_base. `at` when no word begins here.
const char* Pieces::past_plain_word(const char* at, Char first) const {
  const char* letters = at;
  if (among(first.kind, kBeforeWord) && !is_line(*at)) {
    letters += first.bytes;
  }
  const char* const behind = past(letters, [](CharKind kind) { return among(kind, kLetters); });
  return behind > letters ? behind : at;
}

const char* Pieces::past_number(const char* at) const {
  int left = 3;
  return past(at, [&](CharKind kind) { return kind == CharKind::number && left-- > 0; });
}

/// `at` when there are none.
const char* Pieces::past_symbols(const char* at) const {
  const char* const first = *at == ' ' ? at + 1 : at;
  const char* behind = past(first, [](CharKind kind) { return among(kind, kSymbols); });
  if (behind == first) {
    return at;
  }
  const bool slashes = encoding_ == Encoding::o200k_base;
  while (behind < end_ && (is_line(*behind) || (slashes && *behind == '/'))) {
    ++behind;
  }
  return behind;
}

const char* Pieces::past_spaces(const char* at) const {
  const char* const begin = at;
  const char* last = at;  // where the last of them begins
  const char* behind_line = nullptr;
  while (at < end_) {
    const Char next = look(at);
    if (next.kind != CharKind::space) {
      break;
    }
    last = at;
    at += next.bytes;
    if (is_line(*last)) {
      behind_line = at;
    }
  }
  if (behind_line != nullptr) {
    return behind_line;
  }
  return at == end_ || last == begin ? at : last;
}

const char* Pieces::piece_end() const {
  const Char first = look(at_);
  const bool cased = encoding_ == Encoding::o200k_base;
  if (!cased) {
    if (const char* const behind = past_contraction(at_); behind > at_) {
      return behind;
    }
  }
  if (first.kind == CharKind::number) {
    return past_number(at_);
  }
  const char* const word = cased ? past_cased_word(at_, first) : past_plain_word(at_, first);
  if (word > at_) {
    return word;
  }
  if (const char* const symbols = past_symbols(at_); symbols > at_) {
    return symbols;
  }
  return past_spaces(at_);
}

std::string_view Pieces::next() {
  const char* const begin = at_;
  at_ = piece_end();
  return {begin, static_cast<std::size_t>(at_ - begin)};
}

}  // namespace purser
