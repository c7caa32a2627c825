// money/amount.cpp — dollars as text, exactly, both ways.
#include "money/amount.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/digits.hpp"

namespace purser {
namespace {

constexpr std::int64_t kNanosPerDollar = 1'000'000'000;
constexpr std::size_t kDecimals = 9;
constexpr std::int64_t kDollarsMax = 9'000'000'000;

std::uint64_t magnitude(std::int64_t nanos) {
  return nanos < 0 ? 0 - static_cast<std::uint64_t>(nanos) : static_cast<std::uint64_t>(nanos);
}

}  // namespace

void append_exact_dollars(std::string& out, Amount amount) {
  const std::uint64_t nanos = magnitude(amount.nanos());
  if (amount.nanos() < 0) {
    out += '-';
  }
  append_number(out, static_cast<std::int64_t>(nanos / kNanosPerDollar));
  std::array<char, kDecimals + 1> decimals;
  decimals[0] = '.';
  write_padded(decimals.data() + 1, nanos % kNanosPerDollar, kDecimals);
  out.append(decimals.data(), decimals.size());
}

std::string to_exact_dollars(Amount amount) {
  std::string text;
  append_exact_dollars(text, amount);
  return text;
}

std::string to_dollars(Amount amount) {
  std::string text = to_exact_dollars(amount);
  while (text.ends_with('0') && text[text.size() - 3] != '.') {
    text.pop_back();
  }
  return text.starts_with('-') ? "-$" + text.substr(1) : "$" + text;
}

Result<Amount> parse_dollars(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(Fault::config, fmt::format("'{}' {}; expected US dollars like 2.00", text, why));
  };
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  rest.remove_prefix(negative ? 1 : 0);
  rest.remove_prefix(rest.starts_with('$') ? 1 : 0);
  const std::size_t point = rest.find('.');
  const std::string_view whole = rest.substr(0, point);
  const std::string_view decimals =
      point == std::string_view::npos ? std::string_view{} : rest.substr(point + 1);
  const auto digits = [](std::string_view part) {
    return part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (whole.empty() || !digits(whole) || !digits(decimals) ||
      (point != std::string_view::npos && decimals.empty())) {
    return wrong("is not an amount");
  }
  if (decimals.size() > kDecimals) {
    return wrong("has more than nine decimals");
  }
  std::int64_t dollars = 0;
  if (std::from_chars(whole.data(), whole.data() + whole.size(), dollars).ec != std::errc{} ||
      dollars >= kDollarsMax) {
    return wrong("is too large");
  }
  std::int64_t nanos = 0;
  for (std::size_t i = 0; i < kDecimals; ++i) {
    nanos = nanos * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  }
  const std::int64_t total = dollars * kNanosPerDollar + nanos;
  return Amount::from_nanos(negative ? -total : total);
}

}  // namespace purser
