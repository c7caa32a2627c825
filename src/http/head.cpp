// http/head.cpp — RFC 9112 §2 to §7, without what it only tolerates.
#include "http/head.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace purser {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

using Characters = std::array<bool, 256>;

/// RFC 9110 §5.6.2: what a method or a field's name may consist of.
constexpr Characters kToken = [] {
  Characters token{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    token[static_cast<unsigned char>(c)] = true;
  }
  return token;
}();

/// RFC 9112 §3.2, as far as bytes go: visible ASCII.
constexpr Characters kTarget = [] {
  Characters target{};
  std::fill(target.begin() + '!', target.begin() + 0x7F, true);
  return target;
}();

/// Every byte is one of these. Without an early end: good heads are what there is to read.
bool consists_of(const Characters& characters, std::string_view text) {
  bool all = true;
  for (const char c : text) {
    all &= characters[static_cast<unsigned char>(c)];
  }
  return all;
}

bool is_token(std::string_view text) {
  return !text.empty() && consists_of(kToken, text);
}

/// RFC 9110 §5.5: what a field's value may consist of: no control character but a tab. Most of a
/// head is values, so this is arithmetic that compilers turn into sixteen bytes at a time.
bool is_field_text(std::string_view text) {
  unsigned char bad = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    bad |= static_cast<unsigned char>((byte < ' ') & (byte != '\t')) |
           static_cast<unsigned char>(byte == 0x7F);
  }
  return bad == 0;
}

bool is_target(std::string_view text) {
  return !text.empty() && consists_of(kTarget, text);
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

/// Takes a line off the front. A bare CR or LF inside is found by whoever reads the line.
std::string_view take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find(kLineEnd);
  const std::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + kLineEnd.size());
  return line;
}

/// "HTTP/1.0" → 0, "HTTP/1.1" → 1, anything else → -1.
int minor_version(std::string_view version) {
  if (version.size() != 8 || !version.starts_with("HTTP/1.")) {
    return -1;
  }
  return version[7] == '0' ? 0 : version[7] == '1' ? 1 : -1;
}

/// Reads the fields of one message, and what they say about it.
class FieldReader {
 public:
  FieldReader(Fault sender, std::vector<Field>& fields) : sender_(sender), fields_(fields) {
    fields_.clear();
  }
  /// `lines`: up to and without the empty one.
  Result<void> read(std::string_view lines);
  /// Fills framing, length and keep_alive of a message of HTTP/1.`minor`.
  Result<void> frame(Head& head, int minor) const;

 private:
  Result<void> read_field(std::string_view line);
  Result<void> note(const Field& field);
  std::unexpected<Error> wrong(std::string_view what) const {
    return fail(sender_, "not a valid HTTP/1.1 header: " + std::string(what));
  }

  Fault sender_;
  std::vector<Field>& fields_;
  bool chunked_ = false;
  bool has_length_ = false;
  bool close_ = false;
  bool keep_ = false;
  std::uint64_t length_ = 0;
};

Result<void> FieldReader::read(std::string_view lines) {
  while (!lines.empty()) {
    if (auto field = read_field(take_line(lines)); !field) {
      return field;
    }
  }
  return {};
}

Result<void> FieldReader::read_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (colon == std::string_view::npos || !is_token(name)) {
    return wrong("a field must be like Name: value");
  }
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_field_text(value)) {
    return wrong("a field's value has a control character");
  }
  if (fields_.size() == kFieldsMax) {
    return wrong("it has more than 128 fields");
  }
  fields_.push_back({.known = known_name(name), .name = name, .value = value});
  return fields_.back().known == FieldName::unknown ? Result<void>{} : note(fields_.back());
}

Result<void> FieldReader::note(const Field& field) {
  switch (field.known) {
    case FieldName::content_length: {
      const char* const end = field.value.data() + field.value.size();
      const auto [stop, error] = std::from_chars(field.value.data(), end, length_);
      // Doubled ones are refused even when they agree: who reads the first, who the last?
      if (has_length_ || error != std::errc{} || stop != end) {
        return wrong("Content-Length must be one number");
      }
      has_length_ = true;
      return {};
    }
    case FieldName::transfer_encoding:
      // Another coding would leave the two sides with different ideas of the body's end.
      if (chunked_ || !same_name(field.value, "chunked")) {
        return wrong("only Transfer-Encoding: chunked is supported");
      }
      chunked_ = true;
      return {};
    case FieldName::connection:
      for (std::string_view rest = field.value; !rest.empty();) {
        const std::size_t comma = rest.find(',');
        const std::string_view option = trimmed(rest.substr(0, comma));
        close_ = close_ || same_name(option, "close");
        keep_ = keep_ || same_name(option, "keep-alive");
        rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
      }
      return {};
    default:
      return {};
  }
}

Result<void> FieldReader::frame(Head& head, int minor) const {
  if (chunked_ && (has_length_ || minor == 0)) {
    return wrong("Transfer-Encoding: chunked beside Content-Length or in HTTP/1.0");
  }
  head.keep_alive = !close_ && (minor == 1 || keep_);
  head.length = length_;
  head.framing = chunked_      ? Framing::chunked
                 : length_ > 0 ? Framing::length
                 : has_length_ ? Framing::none
                               : Framing::until_close;
  return {};
}

}  // namespace

std::size_t head_length(std::string_view bytes, std::size_t& searched) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::size_t end = bytes.find(kEnd, searched);
  if (end == std::string_view::npos) {
    searched = bytes.size() < kEnd.size() ? 0 : bytes.size() - (kEnd.size() - 1);
    return 0;
  }
  return end + kEnd.size();
}

Result<Head> read_request_head(std::string_view bytes, std::vector<Field>& fields) {
  bytes.remove_suffix(kLineEnd.size());
  const std::string_view line = take_line(bytes);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  const int minor = last == std::string_view::npos ? -1 : minor_version(line.substr(last + 1));
  Head head;
  head.method = line.substr(0, first);
  if (minor >= 0 && first < last) {
    head.target = line.substr(first + 1, last - first - 1);
  }
  if (!is_token(head.method) || !is_target(head.target)) {
    return fail(Fault::client,
                "not a valid HTTP/1.1 request: its first line must be like "
                "POST /v1/chat/completions HTTP/1.1");
  }
  FieldReader reader(Fault::client, fields);
  if (auto read = reader.read(bytes); !read) {
    return std::unexpected(read.error());
  }
  if (auto framed = reader.frame(head, minor); !framed) {
    return std::unexpected(framed.error());
  }
  if (head.framing == Framing::until_close) {
    head.framing = Framing::none;  // a request without a length has no body
  }
  return head;
}

Result<Head> read_response_head(std::string_view bytes, std::vector<Field>& fields) {
  bytes.remove_suffix(kLineEnd.size());
  const std::string_view line = take_line(bytes);
  const int minor = minor_version(line.substr(0, 8));
  const std::string_view code = line.size() < 12 ? std::string_view{} : line.substr(9, 3);
  Head head;
  const auto [stop, error] = std::from_chars(code.data(), code.data() + code.size(), head.status);
  const bool spaced = line.size() >= 12 && line[8] == ' ' && (line.size() == 12 || line[12] == ' ');
  if (minor < 0 || !spaced || error != std::errc{} || stop != code.data() + code.size() ||
      head.status < 100 || !is_field_text(line)) {
    return fail(Fault::upstream,
                "not a valid HTTP/1.1 answer: its first line must be like "
                "HTTP/1.1 200 OK");
  }
  FieldReader reader(Fault::upstream, fields);
  if (auto read = reader.read(bytes); !read) {
    return std::unexpected(read.error());
  }
  if (auto framed = reader.frame(head, minor); !framed) {
    return std::unexpected(framed.error());
  }
  if (head.status / 100 == 1 || head.status == 204 || head.status == 304) {
    head.framing = Framing::none;
  }
  return head;
}

}  // namespace purser
