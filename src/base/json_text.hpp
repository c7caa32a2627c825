// base/json_text.hpp — JSON written by appending, for lines and headers on the hot path.
// Why: a log line a call must not build a tree of values. Whatever is read goes through simdjson.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/digits.hpp"

namespace purser {

/// Appends `text` as a JSON string with its quotes. Control characters are escaped, bytes that are
/// not UTF-8 become U+FFFD, so that what we write can always be read.
void append_json_string(std::string& out, std::string_view text);

/// A member's name that is known when we compile, ready to be written: ,"name":"
template <std::size_t size>
struct JsonName {
  consteval JsonName(const char (&name)[size]) {  // implicit: a literal is a name
    char* at = written;
    *at++ = ',';
    *at++ = '"';
    for (std::size_t i = 0; i + 1 < size; ++i) {
      if (name[i] < ' ' || name[i] > '~' || name[i] == '"' || name[i] == '\\') {
        throw "a name that needs an escape is no literal of ours";
      }
      *at++ = name[i];
    }
    *at++ = '"';
    *at++ = ':';
    *at++ = '"';
  }
  constexpr std::string_view before_text() const { return {written, sizeof(written)}; }
  constexpr std::string_view before_value() const { return {written, sizeof(written) - 1}; }
  char written[size + 4];
};

/// One flat JSON object, member by member, in call order. `finish()` closes it.
/// Where a line is written on every call, names are given as text<"name">(value).
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  template <JsonName name>
  JsonObject& text(std::string_view value) {
    return text_behind(name.before_text(), value);
  }
  template <JsonName name>
  JsonObject& number(std::int64_t value) {
    append_number(this->value<name>(), value);
    return *this;
  }
  template <JsonName name>
  JsonObject& boolean(bool value) {
    this->value<name>() += value ? "true" : "false";
    return *this;
  }
  /// A member whose value the caller appends, as JSON, to what this returns.
  template <JsonName name>
  std::string& value() {
    return out_.append(with_comma(name.before_value()));
  }
  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& number(std::string_view name, std::int64_t value);
  /// A member whose value is already JSON.
  JsonObject& raw(std::string_view name, std::string_view json);
  JsonObject& boolean(std::string_view name, bool value);
  void finish() { out_ += '}'; }

 private:
  JsonObject& text_behind(std::string_view name, std::string_view value);
  std::string_view with_comma(std::string_view name) {
    return name.substr(std::exchange(first_, false) ? 1 : 0);
  }
  void key(std::string_view name);
  std::string& out_;
  bool first_ = true;
};

}  // namespace purser
