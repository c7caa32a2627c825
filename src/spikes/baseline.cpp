// spikes/baseline.cpp — closing hours and days, and what they teach.
#include "spikes/baseline.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/invariant.hpp"

namespace purser {
namespace {

constexpr std::int64_t kHourSeconds = 3600;
constexpr std::int64_t kDaySeconds = 24 * kHourSeconds;
/// The weight of one more day in an hour's mean: two weeks or so are remembered.
constexpr float kHourWeight = 0.1F;
/// An hour is taken into the profile for at most this many of the busiest usual hour.
constexpr double kHourClip = 3.0;

constexpr std::uint32_t kDaysToCountWeeks = 2;

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

std::int64_t hour_of(std::int64_t seconds) {
  return floor_div(seconds, kHourSeconds);
}
std::int64_t day_of(std::int64_t seconds) {
  return floor_div(seconds, kDaySeconds);
}

int hour_of_day(std::int64_t hour) {
  return static_cast<int>(hour - floor_div(hour, kHoursADay) * kHoursADay);
}

/// 0 is Monday; 1970-01-01 was a Thursday.
int weekday_of(std::int64_t day) {
  return static_cast<int>(day + 3 - floor_div(day + 3, kDaysAWeek) * kDaysAWeek);
}

double share_gone(std::int64_t seconds, std::int64_t length) {
  return static_cast<double>(seconds - floor_div(seconds, length) * length) /
         static_cast<double>(length);
}

/// An hour without anything counts as a little, so that its first call is no infinite change: a
/// tenth of the busiest usual hour.
double little(const Course& course) {
  return 0.1 * std::exp(course.busiest_hour.typical().log_centre());
}

void learn_hour(Course& course, int hour) {
  float& mean = course.hour_of_day[static_cast<std::size_t>(hour)];
  const std::uint32_t days = course.busiest_hour.typical().seen();
  double carried = course.hour.current;
  if (days >= Typical::kTakenWhole) {
    carried = std::min(carried, kHourClip * std::exp(course.busiest_hour.typical().log_centre()));
    if (carried > 0) {
      const double slack = little(course);
      const double off = std::log((carried + slack) / (static_cast<double>(mean) + slack));
      course.off_profile_today = std::max(course.off_profile_today, static_cast<float>(off));
    }
  }
  const float weight = std::max(kHourWeight, 1.0F / (static_cast<float>(days) + 1));
  mean += weight * (static_cast<float>(carried) - mean);
}

void learn_day(Course& course, int weekday) {
  if (course.day.current > 0) {
    course.day_total.learn(std::log(course.day.current), weekday);
    course.busiest_hour.learn(std::log(course.busiest_hour_today), weekday);
    if (course.busiest_hour.typical().seen() > Typical::kTakenWhole + 1) {
      course.off_profile.learn(static_cast<double>(course.off_profile_today));
    }
  }
  course.busiest_hour_today = 0;
  course.off_profile_today = 0;
}

/// What counting `usual` things at random strays by (variance 1 / usual, and twice as much for the
/// few days it was measured on), taken out of what was measured.
double beyond_counting(Quantity quantity, double spread, double usual) {
  const double counting = quantity == Quantity::calls && usual > 0 ? 3 / usual : 0;
  return std::sqrt(std::max(0.0, spread * spread - counting));
}

}  // namespace

void Baseline::begin(std::int64_t seconds) {
  for (Course& each : courses_) {
    each.hour = {};
    each.day = {};
    each.busiest_hour_today = 0;
    each.off_profile_today = 0;
  }
  seconds_ = seconds;
}

Baseline::Moved Baseline::advance(Instant now) {
  const std::int64_t to = now.seconds();
  if (seconds_ == kNotBegun) {
    began_ = to;
  }
  if (seconds_ == kNotBegun || to < seconds_ - kStepBackSecondsMax) {
    begin(to);
    return Moved::to_another_hour;
  }
  const std::int64_t from = std::exchange(seconds_, std::max(seconds_, to));
  const std::int64_t first = hour_of(from);
  const std::int64_t last = hour_of(seconds_);
  if (first == last) {
    return Moved::within_hour;
  }
  const std::int64_t day = day_of(from);
  const std::int64_t today = day_of(seconds_);
  const std::int64_t day_end = (day + 1) * kHoursADay;
  for (std::int64_t hour = first; hour < std::min(last, day_end); ++hour) {
    end_hour(hour_of_day(hour));
    for (Course& each : courses_) {
      each.hour.step(1);
    }
  }
  if (today != day) {
    end_day(weekday_of(day));
    for (Course& each : courses_) {
      each.day.step(today - day);
      if (last > day_end) {
        each.hour.before = 0;
      }
    }
    for (std::int64_t hour = today * kHoursADay; hour < last; ++hour) {
      end_hour(hour_of_day(hour));
    }
  }
  return Moved::to_another_hour;
}

void Baseline::end_hour(int hour) {
  for (Course& each : courses_) {
    learn_hour(each, hour);
  }
}

void Baseline::end_day(int weekday) {
  const bool active =
      std::ranges::any_of(courses_, [](const Course& each) { return each.day.current > 0; });
  for (Course& each : courses_) {
    learn_day(each, weekday);
  }
  days_ += active ? 1 : 0;
}

std::uint32_t Baseline::days_of_past() const {
  if (days_ < kDaysToCountWeeks) {
    return days_;
  }
  const std::int64_t since = std::max<std::int64_t>(0, day_of(seconds_) - day_of(began_));
  return std::max(days_, static_cast<std::uint32_t>(since * 5 / kDaysAWeek));
}

void Baseline::add(const Load& load) {
  INVARIANT(seconds_ != kNotBegun, "advance() comes first");
  for (const Quantity quantity : kEveryQuantity) {
    const double amount = load.of(quantity);
    if (amount > 0) {
      Course& each = course(quantity);
      each.hour.current += amount;
      each.day.current += amount;
      each.busiest_hour_today = std::max(each.busiest_hour_today, last_hour(quantity));
    }
  }
}

double Baseline::last_hour(Quantity quantity) const {
  return course(quantity).hour.last(share_gone(seconds_, kHourSeconds));
}

double Baseline::last_day(Quantity quantity) const {
  return course(quantity).day.last(share_gone(seconds_, kDaySeconds));
}

double Baseline::usual_busy_hour(Quantity quantity) const {
  return course(quantity).busiest_hour.usual(weekday_of(day_of(seconds_)));
}

double Baseline::usual_day(Quantity quantity) const {
  return course(quantity).day_total.usual(weekday_of(day_of(seconds_)));
}

double Baseline::usual_now(Quantity quantity) const {
  const Course& each = course(quantity);
  if (each.busiest_hour.typical().seen() < kDaysForHourOfDay) {
    return 0;
  }
  // The last hour, sliding, reaches into the one before.
  const std::int64_t hour = hour_of(seconds_);
  const auto usual = [&](std::int64_t of) {
    return static_cast<double>(each.hour_of_day[static_cast<std::size_t>(hour_of_day(of))]);
  };
  return std::max(usual(hour), usual(hour - 1));
}

double Baseline::usual_now_at_most(Quantity quantity) const {
  const Course& each = course(quantity);
  if (each.busiest_hour.typical().seen() < kDaysForHourOfDay) {
    return 0;
  }
  return (usual_now(quantity) + little(each)) * std::exp(each.off_profile.log_centre());
}

double Baseline::hour_spread(Quantity quantity) const {
  return beyond_counting(quantity, course(quantity).busiest_hour.typical().spread(),
                         usual_busy_hour(quantity));
}

double Baseline::day_spread(Quantity quantity) const {
  return beyond_counting(quantity, course(quantity).day_total.typical().spread(),
                         usual_day(quantity));
}

}  // namespace purser
