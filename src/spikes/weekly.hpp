// spikes/weekly.hpp — a day's usual, and by how much each weekday differs from it.
// Why apart from the centre: a batch that runs on Sundays is no news on the third Sunday, and still
// news on a Tuesday.
#pragma once

#include <array>
#include <cstdint>

#include "spikes/typical.hpp"

namespace purser {

inline constexpr int kDaysAWeek = 7;

/// 28 bytes.
class Weekly {
 public:
  /// Weekdays are told apart from the second week on; before, all that differs is the day's own.
  static constexpr std::uint32_t kDaysToLearn = 7;
  static constexpr std::uint32_t kDaysToUse = 10;

  /// `log_value` of an active day; weekday 0 is Monday.
  void learn(double log_value, int weekday);
  /// What such a day carries: more than usual if the weekday is a busier one, but not less if it is
  /// a quieter one: who works on a Sunday for once is no alert. Zero if nothing was learned.
  double usual(int weekday) const;

  const Typical& typical() const { return typical_; }

 private:
  double lift(int weekday) const;

  Typical typical_;                                     // weekday aside
  std::array<std::int16_t, kDaysAWeek> thousandths_{};  // log of each weekday against the others
};

}  // namespace purser
