// base/json_text.cpp — escaping, and nothing else.
#include "base/json_text.hpp"

#include <cstring>

#include "base/digits.hpp"

namespace purser {
namespace {

/// Length of the well-formed UTF-8 sequence at the front of `text` (RFC 3629), 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xC2 && lead <= 0xDF) {
    return continues(1) ? 2 : 0;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!continues(1) || !continues(2) || (lead == 0xE0 && byte(1) < 0xA0) ||
        (lead == 0xED && byte(1) > 0x9F)) {
      return 0;
    }
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3) || (lead == 0xF0 && byte(1) < 0x90) ||
        (lead == 0xF4 && byte(1) > 0x8F)) {
      return 0;
    }
    return 4;
  }
  return 0;
}

void append_escaped(std::string& out, char control) {
  switch (control) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  static constexpr char kHex[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(control);
  out += "\\u00";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

bool plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\';
}

/// Not zero exactly when one of the eight bytes is not plain (Bit Twiddling Hacks, "Determine if a
/// word has a zero byte" and "a byte less than n"; a carry reaches only bytes behind a hit).
std::uint64_t not_plain(std::uint64_t word) {
  constexpr std::uint64_t kOnes = ~std::uint64_t{0} / 255;
  constexpr std::uint64_t kHigh = kOnes * 0x80;
  const auto is_zero = [&](std::uint64_t bytes) { return (bytes - kOnes) & ~bytes; };
  return ((word - kOnes * 0x20) | is_zero(word ^ (kOnes * '"')) | is_zero(word ^ (kOnes * '\\')) |
          is_zero(word ^ (kOnes * 0x7F)) | word) &
         kHigh;
}

/// How many bytes at the front of `text` need no escape.
std::size_t plain_run(std::string_view text) {
  std::size_t at = 0;
  for (std::uint64_t word = 0; at + sizeof(word) <= text.size(); at += sizeof(word)) {
    std::memcpy(&word, text.data() + at, sizeof(word));
    if (not_plain(word) != 0) {
      break;
    }
  }
  while (at < text.size() && plain(text[at])) {
    ++at;
  }
  return at;
}

/// Appends the three parts with one look at the capacity.
void append_parts(std::string& out, std::string_view before, std::string_view text,
                  std::string_view after) {
  const std::size_t old = out.size();
  const std::size_t size = old + before.size() + text.size() + after.size();
  out.resize_and_overwrite(size, [&](char* bytes, std::size_t) {
    char* at = bytes + old;
    for (const std::string_view part : {before, text, after}) {
      if (!part.empty()) {
        std::memcpy(at, part.data(), part.size());
        at += part.size();
      }
    }
    return size;
  });
}

void append_with_escapes(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t run = plain_run(text);
    out.append(text.substr(0, run));
    text.remove_prefix(run);
    if (text.empty()) {
      break;
    }
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      append_escaped(out, text.front());
      text.remove_prefix(1);
      continue;
    }
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    } else {
      out.append(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (plain_run(text) == text.size()) {
    return append_parts(out, "\"", text, "\"");
  }
  out += '"';
  append_with_escapes(out, text);
  out += '"';
}

void JsonObject::key(std::string_view name) {
  if (!std::exchange(first_, false)) {
    out_ += ',';
  }
  append_json_string(out_, name);
  out_ += ':';
}

JsonObject& JsonObject::text_behind(std::string_view name, std::string_view value) {
  if (plain_run(value) == value.size()) {
    append_parts(out_, with_comma(name), value, "\"");
  } else {
    out_ += with_comma(name);
    append_with_escapes(out_, value);
    out_ += '"';
  }
  return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  key(name);
  append_json_string(out_, value);
  return *this;
}

JsonObject& JsonObject::number(std::string_view name, std::int64_t value) {
  key(name);
  append_number(out_, value);
  return *this;
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  key(name);
  out_ += json;
  return *this;
}

JsonObject& JsonObject::boolean(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

}  // namespace purser
