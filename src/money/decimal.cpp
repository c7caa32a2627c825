// money/decimal.cpp — a mantissa, the place of its point, an exponent; no float in between.
#include "money/decimal.hpp"

#include <charconv>

namespace purser {
namespace {

constexpr int kDigitsMax = 18;  // what fits an int64 whatever the digits
constexpr int kExponentMax = 100;
constexpr std::size_t kTextMax = 100;

struct Mantissa {
  std::int64_t value = 0;
  int exponent = 0;  // of ten
};

/// The digits up to an exponent, without the zeros at either end.
std::optional<Mantissa> read_mantissa(std::string_view text) {
  if (text.empty() || text.size() > kTextMax) {
    return std::nullopt;
  }
  Mantissa mantissa;
  bool whole = true;
  int digits = 0;
  int zeros = 0;  // seen, but not yet known to be followed by another digit
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && whole && i > 0 && i + 1 < text.size()) {
      whole = false;
      continue;
    }
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    mantissa.exponent -= whole ? 0 : 1;
    if (c == '0') {
      ++zeros;
      continue;
    }
    digits += mantissa.value == 0 ? 1 : zeros + 1;
    if (digits > kDigitsMax) {
      return std::nullopt;
    }
    for (; mantissa.value != 0 && zeros > 0; --zeros) {
      mantissa.value *= 10;
    }
    zeros = 0;
    mantissa.value = mantissa.value * 10 + (c - '0');
  }
  mantissa.exponent += zeros;
  return mantissa;
}

std::optional<int> read_exponent(std::string_view text) {
  text.remove_prefix(text.starts_with('+') ? 1 : 0);
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = read.ec == std::errc{} && read.ptr == text.data() + text.size();
  return whole && value >= -kExponentMax && value <= kExponentMax ? std::optional(value)
                                                                  : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> exact_decimal(std::string_view text, int shift) {
  const std::size_t e = text.find_first_of("eE");
  auto mantissa = read_mantissa(text.substr(0, e));
  const auto exponent =
      e == std::string_view::npos ? std::optional(0) : read_exponent(text.substr(e + 1));
  if (!mantissa || !exponent) {
    return std::nullopt;
  }
  if (mantissa->value == 0) {
    return 0;
  }
  const int places = mantissa->exponent + *exponent + shift;
  if (places < 0) {  // its last digit is not a zero, so it is not whole
    return std::nullopt;
  }
  std::int64_t value = mantissa->value;
  for (int i = 0; i < places; ++i) {
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value)) {
      return std::nullopt;
    }
  }
  return value;
}

std::string decimal_text(std::int64_t value, int places) {
  std::string digits = std::to_string(value);
  const auto wanted = static_cast<std::size_t>(places);
  if (digits.size() <= wanted) {
    digits.insert(0, wanted + 1 - digits.size(), '0');
  }
  digits.insert(digits.size() - wanted, ".");
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) {
    digits.pop_back();
  }
  return digits;
}

}  // namespace purser
