// base/json_text.hpp — JSON written by appending, for lines and headers on the hot path.
// Why: a log line a call must not build a tree of values. Whatever is read goes through simdjson.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace purser {

/// Appends `text` as a JSON string with its quotes. Control characters are escaped, bytes that are
/// not UTF-8 become U+FFFD, so that what we write can always be read.
void append_json_string(std::string& out, std::string_view text);

/// One flat JSON object, member by member, in call order. `finish()` closes it.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& number(std::string_view name, std::int64_t value);
  /// A member whose value is already JSON.
  JsonObject& raw(std::string_view name, std::string_view json);
  JsonObject& boolean(std::string_view name, bool value);
  void finish() { out_ += '}'; }

 private:
  void key(std::string_view name);
  std::string& out_;
  bool first_ = true;
};

}  // namespace purser
