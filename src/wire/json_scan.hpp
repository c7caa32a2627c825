// wire/json_scan.hpp — a cursor over one JSON text: every byte checked, nothing copied or built.
// Why not a tree: a request is read for some twenty members and edited in two, so what we need of
// it are positions. And a cursor that checks all of RFC 8259 on its way leaves no text that we
// read in one way and the provider's parser in another.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace purser {

enum class JsonKind : std::uint8_t { object, array, text, number, boolean, null, nothing };

/// "a string", "an object", … for messages.
std::string_view to_string(JsonKind kind);

/// A string as it stands between its quotes.
struct JsonText {
  std::string_view raw;
  bool escaped = false;  // holds a backslash, so `raw` is not yet the text
};

/// The value of the four hexadecimal digits at `at`; nothing when they are not.
std::optional<std::uint32_t> hex4(const char* at, const char* end);
/// What `text` means, appended; a lone surrogate becomes U+FFFD.
void append_unescaped(std::string& out, JsonText text);
/// How many bytes append_unescaped would append.
std::size_t unescaped_size(JsonText text);
bool escaped_equals(JsonText text, std::string_view plain);
inline bool operator==(JsonText text, std::string_view plain) {
  return text.escaped ? escaped_equals(text, plain) : text.raw == plain;
}

/// The value of a JSON number that is a whole number without fraction or exponent.
std::optional<std::int64_t> whole_number(std::string_view number);

/// After a mistake every verb fails, kind() is `nothing` and wrong() says what was expected: so
/// callers loop without asking each time and look once, at the end.
class JsonScan {
 public:
  /// Deeper than any schema or conversation; it only bounds what a hostile body may cost.
  static constexpr std::size_t kDepthMax = 512;

  explicit JsonScan(std::string_view text)
      : at_(text.data()), begin_(at_), end_(at_ + text.size()) {}

  /// What comes next, without taking it.
  JsonKind kind();
  bool enter_object();
  bool enter_array();
  /// The next member's name, its value to be taken next; false behind the last one.
  bool member(JsonText& name);
  /// True when another element is to be taken; false behind the last one.
  bool element();
  bool text(JsonText& out);
  bool number(std::string_view& out);
  bool boolean(bool& out);
  /// Takes any value whole; its bytes.
  std::string_view skip();
  /// True when nothing but white space is left.
  bool finish();

  std::size_t at() const { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t depth() const { return depth_; }
  /// Null, or what was expected at at().
  const char* wrong() const { return wrong_; }

 private:
  bool expect(const char* what);
  void skip_space();
  bool open(char bracket, bool object);
  void close();
  bool literal(std::string_view word);
  bool scalar();
  bool in_object() const { return (objects_[depth_ / 64] >> (depth_ % 64) & 1) != 0; }

  const char* at_;
  const char* begin_;
  const char* end_;
  const char* wrong_ = nullptr;
  std::size_t depth_ = 0;
  bool fresh_ = true;                                        // nothing was taken yet at this depth
  std::array<std::uint64_t, kDepthMax / 64 + 1> objects_{};  // a bit a depth: object, else array
};

}  // namespace purser
