// limits/calendar.cpp — windows from wall clock to instants and back. The only file that knows the
// time zone library; its exceptions end here.
#include "limits/calendar.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/invariant.hpp"

namespace purser {
namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 86'400;
// No zone was ever more than a day and some hours away from UTC.
constexpr std::int64_t kAheadMax = 26 * kHour;
// Windows are told in nanoseconds, which end in 2262: a clock out here is wrong in any case.
constexpr std::int64_t kSecondMax = 9'000'000'000;  // the year 2255

std::int64_t floor_to(std::int64_t number, std::int64_t unit) {
  const std::int64_t rest = number % unit;
  return number - (rest < 0 ? rest + unit : rest);
}

// A window's start in the upper 40 bits, its length in the lower 24: 194 days are enough for all.
constexpr int kLengthBits = 24;
constexpr std::uint64_t kLengthMax = (std::uint64_t{1} << kLengthBits) - 1;

/// Which of its kind the date's day, week or month is, counted from about 1970.
std::int64_t ordinal(Window window, std::int64_t day) {
  if (window == Window::day) {
    return day;
  }
  if (window == Window::week) {  // day 0 was a Thursday
    return floor_to(day + 3, 7) / 7;
  }
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  return int{date.year()} * std::int64_t{12} + (unsigned{date.month()} - 1);
}

/// Its first day.
std::int64_t first_day(Window window, std::int64_t which) {
  if (window == Window::day) {
    return which;
  }
  if (window == Window::week) {
    return which * 7 - 3;
  }
  const std::int64_t year = floor_to(which, 12) / 12;
  const std::chrono::year_month_day first{
      std::chrono::year(static_cast<int>(year)),
      std::chrono::month(static_cast<unsigned>(which - year * 12 + 1)), std::chrono::day(1)};
  return std::chrono::sys_days(first).time_since_epoch().count();
}

}  // namespace

Calendar::Calendar()
    : periods_{{.begins = INT64_MIN, .ahead = 0}}, memory_(std::make_unique<Memory>()) {}

Result<Calendar> Calendar::of(const std::string& zone) {
  Calendar calendar;
  calendar.zone_ = zone;
  calendar.periods_.clear();
  try {
    const date::time_zone* const found = date::locate_zone(zone);
    date::sys_seconds at = date::sys_days(date::year(1970) / 1 / 1);
    const date::sys_seconds horizon = date::sys_days(date::year(2200) / 1 / 1);
    while (at < horizon) {
      const date::sys_info info = found->get_info(at);
      const std::int64_t begins = at.time_since_epoch().count();
      calendar.periods_.push_back(
          {.begins = calendar.periods_.empty() ? INT64_MIN : begins, .ahead = info.offset.count()});
      at = info.end;
    }
  } catch (const std::exception& error) {
    return fail(Fault::config, fmt::format("time zone {:?}: not in the system's database ({})",
                                           zone, error.what()));
  }
  return calendar;
}

std::size_t Calendar::period_at(std::int64_t second) const {
  const auto behind = std::ranges::upper_bound(periods_, second, {}, &Period::begins);
  return static_cast<std::size_t>(behind - periods_.begin()) - 1;
}

std::int64_t Calendar::end_of(std::size_t period) const {
  return period + 1 < periods_.size() ? periods_[period + 1].begins : INT64_MAX;
}

/// The first second at which the wall clock shows `wall` or later: midnight, the first of two
/// midnights, or the moment that skips over it.
std::int64_t Calendar::first_at(std::int64_t wall) const {
  std::size_t period = period_at(wall - kAheadMax);
  while (true) {
    const std::int64_t second = std::max(periods_[period].begins, wall - periods_[period].ahead);
    if (second < end_of(period)) {
      return second;
    }
    ++period;
  }
}

/// The minute or hour on the wall clock, cut where the clock is changed.
Calendar::Seconds Calendar::clock_window(std::int64_t length, std::int64_t second) const {
  const std::size_t period = period_at(second);
  const std::int64_t ahead = periods_[period].ahead;
  const std::int64_t starts = floor_to(second + ahead, length) - ahead;
  return {.starts = std::max(starts, periods_[period].begins),
          .ends = std::min(starts + length, end_of(period))};
}

Calendar::Seconds Calendar::date_window(Window window, std::int64_t second) const {
  const std::int64_t wall = second + periods_[period_at(second)].ahead;
  std::int64_t which = ordinal(window, floor_to(wall, kDay) / kDay);
  const auto start_of = [&](std::int64_t each) { return first_at(first_day(window, each) * kDay); };
  Seconds found{.starts = start_of(which), .ends = start_of(which + 1)};
  while (found.ends <= second) {  // a clock set back over midnight shows yesterday again
    ++which;
    found = {.starts = found.ends, .ends = start_of(which + 1)};
  }
  return found;
}

Bounds Calendar::bounds(Window window, Instant now) const {
  if (window == Window::lifetime) {
    return {.starts = Instant::from_nanos(INT64_MIN), .ends = Instant::never()};
  }
  const std::int64_t second = std::clamp(now.seconds(), -kSecondMax, kSecondMax);
  std::atomic<std::uint64_t>& memory = (*memory_)[static_cast<std::size_t>(window)];
  const std::uint64_t packed = memory.load(std::memory_order_relaxed);
  const std::int64_t last = static_cast<std::int64_t>(packed) >> kLengthBits;
  Seconds found{.starts = last, .ends = last + static_cast<std::int64_t>(packed & kLengthMax)};
  if (second < found.starts || second >= found.ends) {
    found = window == Window::minute ? clock_window(kMinute, second)
            : window == Window::hour ? clock_window(kHour, second)
                                     : date_window(window, second);
    const auto length = static_cast<std::uint64_t>(found.ends - found.starts);
    INVARIANT(found.starts <= second && second < found.ends && length <= kLengthMax,
              "a window contains the moment it was asked for");
    memory.store(static_cast<std::uint64_t>(found.starts) << kLengthBits | length,
                 std::memory_order_relaxed);
  }
  return {.starts = Instant::from_seconds(found.starts), .ends = Instant::from_seconds(found.ends)};
}

std::string Calendar::to_text(Instant at) const {
  const std::int64_t wall = at.seconds() + periods_[period_at(at.seconds())].ahead;
  const std::int64_t midnight = floor_to(wall, kDay);
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(midnight / kDay))};
  const std::int64_t minutes = (wall - midnight) / kMinute;
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} {}", int{date.year()}, unsigned{date.month()},
                     unsigned{date.day()}, minutes / 60, minutes % 60, zone_);
}

}  // namespace purser
