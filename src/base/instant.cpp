// base/instant.cpp — instants as text, both ways.
#include "base/instant.hpp"

#include <array>
#include <charconv>

#include "base/digits.hpp"

namespace purser {
namespace {

using Days = std::chrono::sys_days;

/// Takes `digits` decimal digits off the front of `text`; nothing when they are not there.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) {
    return std::nullopt;
  }
  int number = 0;
  const char* const end = text.data() + digits;
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end || number < 0) {
    return std::nullopt;
  }
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

std::optional<Days> take_date(std::string_view& text) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, '-')) {
    return std::nullopt;
  }
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) {
    return std::nullopt;
  }
  const auto day = take_number(text, 2);
  if (!day) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  // Outside these years nanoseconds do not fit 64 bits.
  if (!date.ok() || *year < 1700 || *year > 2200) {
    return std::nullopt;
  }
  return Days(date);
}

/// A fraction of a second in nanoseconds; digits past the ninth are dropped.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  std::int64_t nanos = 0;
  std::int64_t unit = 100'000'000;
  std::size_t digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    nanos += (text.front() - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
    ++digits;
  }
  return digits == 0 ? std::nullopt : std::optional(nanos);
}

/// "Z" or "+hh:mm": how many seconds the local time is ahead of UTC.
std::optional<std::int64_t> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) {
    return 0;
  }
  const bool ahead = !text.empty() && text.front() == '+';
  if (!ahead && (text.empty() || text.front() != '-')) {
    return std::nullopt;
  }
  text.remove_prefix(1);
  const auto hours = take_number(text, 2);
  if (!hours || !take(text, ':')) {
    return std::nullopt;
  }
  const auto minutes = take_number(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) {
    return std::nullopt;
  }
  const std::int64_t seconds = *hours * 3600 + *minutes * 60;
  return ahead ? seconds : -seconds;
}

}  // namespace

void append_rfc3339(std::string& out, Instant at) {
  using namespace std::chrono;
  const std::int64_t seconds_since = at.seconds();
  const sys_days day = floor<days>(sys_seconds(seconds(seconds_since)));
  const year_month_day date{day};
  const auto clock = static_cast<std::uint64_t>(
      seconds_since - duration_cast<seconds>(day.time_since_epoch()).count());
  const auto millis =
      static_cast<std::uint64_t>((at.nanos() - seconds_since * 1'000'000'000) / 1'000'000);
  std::array<char, 24> text;
  char* end = write_padded(text.data(), static_cast<std::uint64_t>(int(date.year())), 4);
  const auto part = [&end](char separator, std::uint64_t number, std::size_t digits) {
    *end++ = separator;
    end = write_padded(end, number, digits);
  };
  part('-', unsigned(date.month()), 2);
  part('-', unsigned(date.day()), 2);
  part('T', clock / 3600, 2);
  part(':', clock / 60 % 60, 2);
  part(':', clock % 60, 2);
  part('.', millis, 3);
  *end++ = 'Z';
  out.append(text.data(), end);
}

std::string to_rfc3339(Instant at) {
  std::string text;
  append_rfc3339(text, at);
  return text;
}

std::optional<Instant> parse_rfc3339(std::string_view text) {
  const auto date = take_date(text);
  if (!date) {
    return std::nullopt;
  }
  const std::int64_t midnight = date->time_since_epoch().count() * std::int64_t{86'400};
  if (text.empty()) {
    return Instant::from_seconds(midnight);
  }
  if (!take(text, 'T') && !take(text, ' ')) {
    return std::nullopt;
  }
  const auto hours = take_number(text, 2);
  if (!hours || !take(text, ':')) {
    return std::nullopt;
  }
  const auto minutes = take_number(text, 2);
  if (!minutes || !take(text, ':')) {
    return std::nullopt;
  }
  const auto seconds = take_number(text, 2);
  if (!seconds || *hours > 23 || *minutes > 59 || *seconds > 60) {
    return std::nullopt;
  }
  std::int64_t nanos = 0;
  if (take(text, '.')) {
    const auto fraction = take_fraction(text);
    if (!fraction) {
      return std::nullopt;
    }
    nanos = *fraction;
  }
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) {
    return std::nullopt;
  }
  const std::int64_t local = midnight + *hours * 3600 + *minutes * 60 + *seconds;
  return Instant::from_nanos((local - *offset) * 1'000'000'000 + nanos);
}

}  // namespace purser
