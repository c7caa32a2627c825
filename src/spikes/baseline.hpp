// spikes/baseline.hpp — what one subject usually does in an hour and in a day, in constant memory.
// Why days it was active, only: a weekend off or a holiday says nothing about a working day, so the
// Monday after is measured against the working days before. Days are UTC.
#pragma once

#include <array>
#include <cstdint>

#include "base/instant.hpp"
#include "spikes/load.hpp"
#include "spikes/typical.hpp"
#include "spikes/weekly.hpp"

namespace purser {

inline constexpr int kHoursADay = 24;

/// Two neighbouring buckets of time, which tell what came in the last bucket's length, sliding: the
/// one before counts by the share of it that is still inside.
struct Sliding {
  double current = 0;
  double before = 0;
  double last(double share_gone) const { return current + before * (1 - share_gone); }
  void step(std::int64_t buckets) {
    before = buckets == 1 ? current : 0;
    current = 0;
  }
};

/// One quantity's past and present: 208 bytes.
struct Course {
  // Now: what is counted, before it is learned.
  Sliding hour;
  Sliding day;
  double busiest_hour_today = 0;
  /// log of the busiest hour against its place in the profile, today.
  float off_profile_today = 0;
  // The past.
  Weekly busiest_hour;  // of a day
  Weekly day_total;
  Typical off_profile;                          // how far a day's busiest hour leaves the profile
  std::array<float, kHoursADay> hour_of_day{};  // the mean at that hour of an active day, clipped
};

class Baseline {
 public:
  /// Hours of the day tell something from this many days on.
  static constexpr std::uint32_t kDaysForHourOfDay = 7;
  /// A clock that steps back less than this stands still; if more, the windows begin anew there.
  static constexpr std::int64_t kStepBackSecondsMax = 3600;

  enum class Moved : std::uint8_t { within_hour, to_another_hour };
  /// Brings the windows to `now`; hours and days that have ended are learned.
  Moved advance(Instant now);
  /// Adds to the windows. advance(now) comes first.
  void add(const Load& load);

  /// What came in the last hour, and in the last 24.
  double last_hour(Quantity quantity) const;
  double last_day(Quantity quantity) const;

  /// What the busiest hour of a usual day carries, and a usual day; on the weekday it is now if
  /// that is a busier one. Zero before the first day has ended.
  double usual_busy_hour(Quantity quantity) const;
  double usual_day(Quantity quantity) const;
  /// What this hour of the day usually carries, and the most that a usual day strays from that: by
  /// these an hour is out of its place although no larger than others. Zero before there is
  /// history.
  double usual_now(Quantity quantity) const;
  double usual_now_at_most(Quantity quantity) const;
  /// Standard deviations of the log of a day's busiest hour, and of a day's total, from their
  /// usual, without what counting alone explains.
  double hour_spread(Quantity quantity) const;
  double day_spread(Quantity quantity) const;

  /// Days that have ended and on which it was active.
  std::uint32_t days() const { return days_; }
  /// How many days' past it has: those, or five for every week since it began, if it was active on
  /// two days at least. Who comes twice a week has a past after a week, too.
  std::uint32_t days_of_past() const;
  /// The time it is brought to; not before any earlier one, but for large steps back.
  std::int64_t seconds() const { return seconds_; }

 private:
  Course& course(Quantity quantity) { return courses_[static_cast<std::size_t>(quantity)]; }
  const Course& course(Quantity quantity) const {
    return courses_[static_cast<std::size_t>(quantity)];
  }
  void begin(std::int64_t seconds);
  void end_hour(int hour_of_day);
  void end_day(int weekday);

  std::array<Course, kQuantities> courses_;
  std::int64_t seconds_ = kNotBegun;
  std::int64_t began_ = 0;
  std::uint32_t days_ = 0;
  static constexpr std::int64_t kNotBegun = INT64_MIN;
};

// Twenty thousand subjects are to cost 20 MB, with what Spikes keeps of each besides.
static_assert(sizeof(Baseline) <= 648);

}  // namespace purser
