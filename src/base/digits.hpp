// base/digits.hpp — whole numbers as decimal text, appended.
// Why: some thirty numbers are written on every call, and a format string is parsed for each.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string>

namespace purser {

/// Appends "-42".
inline void append_number(std::string& out, std::int64_t number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

/// Writes exactly `digits` decimal digits of `number` at `at`, zeros in front; returns the end.
/// Higher digits that do not fit are left out.
inline char* write_padded(char* at, std::uint64_t number, std::size_t digits) {
  for (std::size_t i = digits; i-- > 0; number /= 10) {
    at[i] = static_cast<char>('0' + number % 10);
  }
  return at + digits;
}

}  // namespace purser
