// call/prompt_text.cpp — a walk over JSON that is known to be sound: no byte is judged, none
// copied.
#include "call/prompt_text.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace purser {
namespace {

/// Deeper values are counted by their bytes; wire/ refuses them anyway.
constexpr int kDepthMax = 512;
/// For the punctuation around a member's name and value.
constexpr std::int64_t kMemberTokens = 2;

struct JsonPiece {
  std::string_view raw;  // of a string: what stands between the quotes
  bool escaped = false;
};

/// A position in JSON. Every verb ends at the end of the text, whatever stands there.
class Walk {
 public:
  explicit Walk(std::string_view json) : at_(json.data()), end_(at_ + json.size()) {}

  const char* at() const { return at_; }
  /// The next byte that is neither white space nor a comma or colon; 0 at the end.
  char peek() {
    while (at_ < end_ && std::strchr(" \t\r\n,:", *at_) != nullptr) {
      ++at_;
    }
    return at_ < end_ ? *at_ : '\0';
  }
  /// Takes the byte that peek() showed.
  void take() { at_ += at_ < end_ ? 1 : 0; }

  JsonPiece text() {
    take();
    const char* const begin = at_;
    const char* quote = begin;  // not before the next one: looked for once each
    bool escaped = false;
    while (at_ < end_ && *at_ != '"') {
      quote = at_ > quote || quote == begin ? find('"', end_) : quote;
      const char* const slash = find('\\', quote);
      escaped = escaped || slash != quote;
      at_ = slash == quote ? quote : slash + std::min<std::ptrdiff_t>(2, end_ - slash);
    }
    const JsonPiece found{{begin, static_cast<std::size_t>(at_ - begin)}, escaped};
    take();
    return found;
  }

  /// A number or a word.
  std::string_view scalar() {
    const char* const begin = at_;
    while (at_ < end_ && std::strchr(" \t\r\n,:[]{}\"", *at_) == nullptr) {
      ++at_;
    }
    if (at_ == begin) {
      take();  // a stray bracket: only unsound JSON has one
    }
    return {begin, static_cast<std::size_t>(at_ - begin)};
  }

  std::string_view skip() {
    const char first = peek();
    const char* const begin = at_;
    if (first == '"') {
      text();
    } else if (first != '{' && first != '[') {
      scalar();
    } else {
      skip_container();
    }
    return {begin, static_cast<std::size_t>(at_ - begin)};
  }

 private:
  /// The next such byte, or `end`.
  const char* find(char wanted, const char* end) const {
    const void* found = std::memchr(at_, wanted, static_cast<std::size_t>(end - at_));
    return found == nullptr ? end : static_cast<const char*>(found);
  }

  void skip_container() {
    std::int64_t depth = 0;
    do {
      if (*at_ == '"') {
        text();
        continue;
      }
      depth += *at_ == '{' || *at_ == '[' ? 1 : *at_ == '}' || *at_ == ']' ? -1 : 0;
      ++at_;
    } while (at_ < end_ && depth > 0);
  }

  const char* at_;
  const char* end_;
};

int hex_digit(char c) {
  return c >= '0' && c <= '9'                     ? c - '0'
         : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                  : -1;
}

/// The four hexadecimal digits behind "\u"; nothing when they are not there.
std::optional<std::uint32_t> unit_at(std::string_view raw, std::size_t at) {
  if (raw.size() < at + 6 || raw[at] != '\\' || raw[at + 1] != 'u') {
    return std::nullopt;
  }
  std::uint32_t unit = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const int digit = hex_digit(raw[i]);
    if (digit < 0) {
      return std::nullopt;
    }
    unit = unit << 4 | static_cast<std::uint32_t>(digit);
  }
  return unit;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto last = [&](unsigned shift) {
    out += static_cast<char>(0x80 | (point >> shift & 0x3F));
  };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    last(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12);
    last(6);
    last(0);
  } else {
    out += static_cast<char>(0xF0 | point >> 18);
    last(12);
    last(6);
    last(0);
  }
}

/// Appends what the escape at `at` means; how many bytes it was.
std::size_t append_escape(std::string& out, std::string_view raw, std::size_t at) {
  if (raw.size() < at + 2) {
    return 1;
  }
  if (const auto high = unit_at(raw, at)) {
    const auto low = unit_at(raw, at + 6);
    if (*high >= 0xD800 && *high < 0xDC00 && low && *low >= 0xDC00 && *low < 0xE000) {
      append_utf8(out, 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00));
      return 12;
    }
    append_utf8(out, *high >= 0xD800 && *high < 0xE000 ? 0xFFFD : *high);
    return 6;
  }
  constexpr std::string_view kLetters = "bfnrt";
  constexpr std::string_view kMeanings = "\b\f\n\r\t";
  const std::size_t letter = kLetters.find(raw[at + 1]);
  out += letter == std::string_view::npos ? raw[at + 1] : kMeanings[letter];
  return 2;
}

std::string_view unescaped(JsonPiece piece, std::string& scratch) {
  if (!piece.escaped) {
    return piece.raw;
  }
  scratch.clear();
  for (std::size_t at = 0; at < piece.raw.size();) {
    const std::size_t slash = std::min(piece.raw.find('\\', at), piece.raw.size());
    scratch.append(piece.raw, at, slash - at);
    at = slash;
    if (at < piece.raw.size()) {
      at += append_escape(scratch, piece.raw, at);
    }
  }
  return scratch;
}

/// Content parts that are media, and the members that hold them. What is in neither list is text.
constexpr std::array<std::string_view, 8> kMediaParts{"image",        "image_url", "input_audio",
                                                      "audio_url",    "file",      "document",
                                                      "document_url", "video_url"};
constexpr std::array<std::string_view, 7> kMediumMembers{
    "source", "image_url", "image", "input_audio", "audio_url", "file", "video_url"};
constexpr std::array<std::string_view, 3> kInlineMembers{"data", "url", "file_data"};
/// Gemini's parts say by their member what they are.
constexpr std::array<std::string_view, 2> kInlineParts{"inlineData", "inline_data"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

/// The text of the member "type" of the object that begins at `walk`.
std::string_view type_of(Walk walk) {
  walk.take();
  while (walk.peek() == '"') {
    const JsonPiece name = walk.text();
    if (name.raw == "type" && walk.peek() == '"') {
      return walk.text().raw;
    }
    walk.peek();
    walk.skip();
  }
  return {};
}

class TextCount {
 public:
  TextCount(const Tokenizer& tokenizer, std::string_view json, std::string& scratch)
      : tokenizer_(tokenizer), walk_(json), scratch_(scratch) {}

  std::int64_t tokens() const { return tokens_; }

  void value(Place place, int depth = 0) {
    const char first = walk_.peek();
    if (first == '"') {
      count(walk_.text());
    } else if (depth == kDepthMax) {
      tokens_ += static_cast<std::int64_t>(walk_.skip().size());
    } else if (first == '{') {
      object(place, depth);
    } else if (first == '[') {
      array(place, depth);
    } else {
      count({walk_.scalar()});
    }
  }

 private:
  void count(JsonPiece piece) { tokens_ += tokenizer_.count(unescaped(piece, scratch_)).count(); }

  void array(Place place, int depth) {
    walk_.take();
    while (!closes(']')) {
      value(place == Place::content ? Place::part : Place::elsewhere, depth + 1);
    }
  }

  void object(Place place, int depth) {
    const bool media = place == Place::part && is_one_of(type_of(walk_), kMediaParts);
    walk_.take();
    while (!closes('}')) {
      const JsonPiece name = walk_.text();
      count(name);
      tokens_ += kMemberTokens;
      walk_.peek();
      if ((media && is_one_of(name.raw, kMediumMembers)) ||
          (place >= Place::content && is_one_of(name.raw, kInlineParts))) {
        medium(depth + 1);
      } else if (place != Place::elsewhere && (name.raw == "content" || name.raw == "parts")) {
        value(Place::content, depth + 1);
      } else {
        value(Place::elsewhere, depth + 1);
      }
    }
  }

  /// The member that holds a medium: "data:…" itself, or an object with the bytes inside.
  void medium(int depth) {
    if (walk_.peek() == '"') {
      walk_.skip();
      return;
    }
    if (walk_.peek() != '{') {
      return value(Place::elsewhere, depth);
    }
    const std::string_view type = type_of(walk_);
    if (type == "text" || type == "content") {  // a document in plain words
      return object(Place::message, depth);
    }
    walk_.take();
    while (!closes('}')) {
      const JsonPiece name = walk_.text();
      if (is_one_of(name.raw, kInlineMembers) && walk_.peek() == '"') {
        walk_.skip();
      } else {
        value(Place::elsewhere, depth + 1);
      }
    }
  }

  /// True, and past it, when the container ends here.
  bool closes(char bracket) {
    const char next = walk_.peek();
    if (next == bracket || next == '\0') {
      walk_.take();
      return true;
    }
    return false;
  }

  const Tokenizer& tokenizer_;
  Walk walk_;
  std::string& scratch_;
  std::int64_t tokens_ = 0;
};

}  // namespace

PromptUnits::PromptUnits(std::string_view body) : at_(body.data()), end_(at_ + body.size()) {
  Walk walk(body);
  if (walk.peek() == '{') {
    walk.take();
  }
  at_ = walk.at();
}

std::optional<PromptUnit> PromptUnits::next() {
  Walk walk({at_, static_cast<std::size_t>(end_ - at_)});
  while (true) {
    const char first = walk.peek();
    if (first == '\0' || (first == '}' && !in_array_)) {
      at_ = end_;
      return std::nullopt;
    }
    if (in_array_) {
      if (first != ']') {
        break;
      }
      walk.take();
      in_array_ = false;
      continue;
    }
    const std::string_view name = walk.text().raw;
    place_ = name == "messages" || name == "contents" ? Place::message
             : name == "system"                       ? Place::part
                                                      : Place::elsewhere;
    in_array_ = walk.peek() == '[';
    if (!in_array_) {
      break;
    }
    walk.take();
  }
  const std::string_view json = walk.skip();
  at_ = walk.at();
  return PromptUnit{.json = json, .place = place_};
}

Tokens count_text(const Tokenizer& tokenizer, PromptUnit unit, std::string& scratch) {
  TextCount count(tokenizer, unit.json, scratch);
  count.value(unit.place);
  return Tokens(count.tokens());
}

}  // namespace purser
