// wire/json_scan.cpp — RFC 8259, byte by byte; as many at a time as a register holds inside
// strings.
#include "wire/json_scan.hpp"

#include <bit>
#include <charconv>
#include <cstring>

namespace purser {
namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}

/// As many bytes as are looked at together: most names fit, and long texts lose little.
constexpr std::ptrdiff_t kStep = 32;
using Bytes = unsigned char __attribute__((ext_vector_type(kStep)));
using Flags = bool __attribute__((ext_vector_type(kStep)));

/// A bit a byte: set where a string's plain run ends, at a quote, backslash or control character.
std::uint32_t special_bytes(const char* at) {
  Bytes bytes;
  std::memcpy(&bytes, at, sizeof(bytes));
  const auto special = (bytes == '"') | (bytes == '\\') | (bytes < ' ');
  return std::bit_cast<std::uint32_t>(__builtin_convertvector(special, Flags));
}

/// By the byte behind the backslash: how long the escape is; 0: none of JSON's.
constexpr auto kEscapeLengths = [] {
  std::array<std::uint8_t, 256> lengths{};
  for (const char c : std::string_view("\"\\/bfnrt")) {
    lengths[static_cast<unsigned char>(c)] = 2;
  }
  lengths['u'] = 6;
  return lengths;
}();

/// How long the escape is whose backslash is at `at`; 0 when it is none.
std::ptrdiff_t escape_length(const char* at, const char* end) {
  const std::ptrdiff_t length =
      end - at < 2 ? 0 : kEscapeLengths[static_cast<unsigned char>(at[1])];
  return length == 6 && !hex4(at + 2, end) ? 0 : length;
}

struct TextEnd {
  const char* at;  // its closing quote, or where it is wrong
  bool escaped;
};

/// From the first byte of a string on.
TextEnd text_end(const char* at, const char* end) {
  bool escaped = false;
  while (end - at >= kStep) {
    std::uint32_t special = special_bytes(at);
    std::ptrdiff_t next = kStep;
    while (special != 0) {
      const int place = std::countr_zero(special);
      const std::ptrdiff_t length = at[place] == '\\' ? escape_length(at + place, end) : 0;
      if (length == 0) {
        return {at + place, escaped};
      }
      escaped = true;
      if (place + length >= kStep) {
        next = place + length;
        break;
      }
      special &= ~std::uint32_t{0} << (place + length);
    }
    at += next;
  }
  while (at < end && *at != '"' && static_cast<unsigned char>(*at) >= ' ') {
    const std::ptrdiff_t length = *at == '\\' ? escape_length(at, end) : 1;
    if (length == 0) {
      break;
    }
    escaped = escaped || length > 1;
    at += length;
  }
  return {at, escaped};
}

/// Behind the number at `at`, by JSON's grammar; null when it is none.
const char* past_number(const char* at, const char* end) {
  const auto digits = [&] {
    const char* const first = at;
    while (at < end && digit(*at)) {
      ++at;
    }
    return at > first;
  };
  if (at < end && *at == '-') {
    ++at;
  }
  if (at < end && *at == '0') {
    ++at;
  } else if (!digits()) {
    return nullptr;
  }
  if (at < end && *at == '.') {
    ++at;
    if (!digits()) {
      return nullptr;
    }
  }
  if (at < end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at < end && (*at == '+' || *at == '-')) {
      ++at;
    }
    if (!digits()) {
      return nullptr;
    }
  }
  return at;
}

}  // namespace

std::optional<std::uint32_t> hex4(const char* at, const char* end) {
  if (end - at < 4) {
    return std::nullopt;
  }
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(at, at + 4, value, 16);
  if (error != std::errc{} || stop != at + 4) {
    return std::nullopt;
  }
  return value;
}

std::string_view to_string(JsonKind kind) {
  switch (kind) {
    case JsonKind::object:
      return "an object";
    case JsonKind::array:
      return "an array";
    case JsonKind::text:
      return "a string";
    case JsonKind::number:
      return "a number";
    case JsonKind::boolean:
      return "a boolean";
    case JsonKind::null:
      return "null";
    case JsonKind::nothing:
      break;
  }
  return "nothing";
}

std::optional<std::int64_t> whole_number(std::string_view number) {
  std::int64_t value = 0;
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, value);
  if (error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  return value;
}

bool JsonScan::expect(const char* what) {
  if (wrong_ == nullptr) {
    wrong_ = what;
  }
  return false;
}

void JsonScan::skip_space() {
  while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) {
    ++at_;
  }
}

JsonKind JsonScan::kind() {
  skip_space();
  if (wrong_ != nullptr || at_ == end_) {
    return JsonKind::nothing;
  }
  switch (*at_) {
    case '{':
      return JsonKind::object;
    case '[':
      return JsonKind::array;
    case '"':
      return JsonKind::text;
    case 't':
    case 'f':
      return JsonKind::boolean;
    case 'n':
      return JsonKind::null;
    default:
      return digit(*at_) || *at_ == '-' ? JsonKind::number : JsonKind::nothing;
  }
}

bool JsonScan::open(char bracket, bool object) {
  skip_space();
  if (wrong_ != nullptr || at_ == end_ || *at_ != bracket) {
    return expect(object ? "expected '{'" : "expected '['");
  }
  if (depth_ == kDepthMax) {
    return expect("expected fewer than 512 nested arrays and objects");
  }
  ++at_;
  ++depth_;
  const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
  std::uint64_t& word = objects_[depth_ / 64];
  word = object ? word | bit : word & ~bit;
  fresh_ = true;
  return true;
}

bool JsonScan::enter_object() {
  return open('{', true);
}

bool JsonScan::enter_array() {
  return open('[', false);
}

void JsonScan::close() {
  ++at_;
  --depth_;
  fresh_ = false;
}

bool JsonScan::member(JsonText& name) {
  skip_space();
  if (wrong_ != nullptr || at_ == end_) {
    return expect("expected '}'");
  }
  if (*at_ == '}') {
    close();
    return false;
  }
  if (!fresh_) {
    if (*at_ != ',') {
      return expect("expected ',' or '}'");
    }
    ++at_;
    skip_space();
  }
  if (!text(name)) {
    return false;
  }
  skip_space();
  if (at_ == end_ || *at_ != ':') {
    return expect("expected ':'");
  }
  ++at_;
  return true;
}

bool JsonScan::element() {
  skip_space();
  if (wrong_ != nullptr || at_ == end_) {
    return expect("expected ']'");
  }
  if (*at_ == ']') {
    close();
    return false;
  }
  if (fresh_) {
    return true;
  }
  if (*at_ != ',') {
    return expect("expected ',' or ']'");
  }
  ++at_;
  return true;
}

bool JsonScan::text(JsonText& out) {
  skip_space();
  if (wrong_ != nullptr || at_ == end_ || *at_ != '"') {
    return expect("expected '\"'");
  }
  const char* const first = at_ + 1;
  const auto [end, escaped] = text_end(first, end_);
  at_ = end;
  if (end == end_) {
    return expect("expected the string to end");
  }
  if (*end != '"') {
    return expect(*end == '\\' ? "expected a valid escape" : "expected no bare control character");
  }
  out = {.raw = std::string_view(first, static_cast<std::size_t>(end - first)), .escaped = escaped};
  ++at_;
  fresh_ = false;
  return true;
}

bool JsonScan::number(std::string_view& out) {
  skip_space();
  const char* const past = wrong_ != nullptr ? nullptr : past_number(at_, end_);
  if (past == nullptr) {
    return expect("expected a number");
  }
  out = std::string_view(at_, static_cast<std::size_t>(past - at_));
  at_ = past;
  fresh_ = false;
  return true;
}

bool JsonScan::literal(std::string_view word) {
  if (wrong_ != nullptr || !std::string_view(at_, end_).starts_with(word)) {
    return expect("expected true, false or null");
  }
  at_ += word.size();
  fresh_ = false;
  return true;
}

bool JsonScan::boolean(bool& out) {
  out = kind() == JsonKind::boolean && *at_ == 't';
  return literal(out ? "true" : "false");
}

bool JsonScan::scalar() {
  switch (kind()) {
    case JsonKind::text: {
      JsonText ignored;
      return text(ignored);
    }
    case JsonKind::number: {
      std::string_view ignored;
      return number(ignored);
    }
    case JsonKind::boolean: {
      bool ignored = false;
      return boolean(ignored);
    }
    case JsonKind::null:
      return literal("null");
    default:
      return expect("expected a value");
  }
}

std::string_view JsonScan::skip() {
  skip_space();
  const char* const first = at_;
  const std::size_t outside = depth_;
  JsonText name;
  do {
    const JsonKind next = kind();
    if (next == JsonKind::object) {
      enter_object();
    } else if (next == JsonKind::array) {
      enter_array();
    } else {
      scalar();
    }
    // Closes what ends here, until a value follows or we are out again.
    while (wrong_ == nullptr && depth_ > outside && !(in_object() ? member(name) : element())) {
    }
  } while (wrong_ == nullptr && depth_ > outside);
  return std::string_view(first, static_cast<std::size_t>(at_ - first));
}

bool JsonScan::finish() {
  skip_space();
  return wrong_ == nullptr && (at_ == end_ || expect("expected nothing more"));
}

}  // namespace purser
