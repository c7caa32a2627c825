// base/instant.cpp — instants as text, both ways.
#include "base/instant.hpp"

#include <fmt/format.h>

#include <charconv>

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

std::string to_rfc3339(Instant at) {
  using namespace std::chrono;
  const sys_seconds whole{seconds(at.seconds())};
  const auto date_part = floor<days>(whole);
  const year_month_day date{date_part};
  const hh_mm_ss clock{whole - date_part};
  const auto millis = (at.nanos() - at.seconds() * 1'000'000'000) / 1'000'000;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()),
                     unsigned(date.month()), unsigned(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), millis);
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
