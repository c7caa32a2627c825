// wire/json_unescape.cpp — what an escaped string means; only for the few texts that are kept.
#include <cstring>

#include "wire/json_scan.hpp"

namespace purser {
namespace {

void append_utf8(std::string& out, std::uint32_t point) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | point >> 6);
    byte(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    byte(0xE0 | point >> 12);
    byte(0x80 | (point >> 6 & 0x3F));
    byte(0x80 | (point & 0x3F));
  } else {
    byte(0xF0 | point >> 18);
    byte(0x80 | (point >> 12 & 0x3F));
    byte(0x80 | (point >> 6 & 0x3F));
    byte(0x80 | (point & 0x3F));
  }
}

/// The code point of the \u escape at `at` (a pair of surrogates is one), which moves behind it.
std::uint32_t take_code_point(const char*& at, const char* end) {
  const std::uint32_t unit = hex4(at + 2, end).value_or(0xFFFD);
  at += 6;
  if (unit < 0xD800 || unit > 0xDFFF) {
    return unit;
  }
  if (unit < 0xDC00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
    const std::uint32_t low = hex4(at + 2, end).value_or(0);
    if (low >= 0xDC00 && low <= 0xDFFF) {
      at += 6;
      return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }
  }
  return 0xFFFD;
}

char short_escape(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;
  }
}

}  // namespace

void append_unescaped(std::string& out, JsonText text) {
  if (!text.escaped) {
    out += text.raw;
    return;
  }
  const char* at = text.raw.data();
  const char* const end = at + text.raw.size();
  while (at < end) {
    const auto* found =
        static_cast<const char*>(std::memchr(at, '\\', static_cast<std::size_t>(end - at)));
    const char* const stop = found == nullptr ? end : found;
    out.append(at, stop);
    at = stop;
    if (end - at < 2) {
      return;
    }
    if (at[1] == 'u') {
      append_utf8(out, take_code_point(at, end));
    } else {
      out += short_escape(at[1]);
      at += 2;
    }
  }
}

std::size_t unescaped_size(JsonText text) {
  if (!text.escaped) {
    return text.raw.size();
  }
  const char* at = text.raw.data();
  const char* const end = at + text.raw.size();
  std::size_t size = 0;
  while (at < end) {
    if (*at != '\\') {
      ++at;
      ++size;
    } else if (end - at >= 2 && at[1] == 'u') {
      const std::uint32_t point = take_code_point(at, end);
      size += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    } else {
      at += 2;
      ++size;
    }
  }
  return size;
}

bool escaped_equals(JsonText text, std::string_view plain) {
  // An escape is at most six bytes for one: a longer text cannot be equal, so it is not unfolded.
  if (text.raw.size() > plain.size() * 6) {
    return false;
  }
  std::string unescaped;
  append_unescaped(unescaped, text);
  return unescaped == plain;
}

}  // namespace purser
