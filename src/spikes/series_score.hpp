// spikes/series_score.hpp — how far a value of a plain series is out of line, between 0 and 1.
// Why records: series differ in how wild they are, so no fixed number of standard deviations suits
// two of them. A view of the series (below) says how far a value is off; its score says how that
// compares with the furthest it has ever been off. So one threshold serves every series.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/instant.hpp"

namespace purser {

/// A running mean and variance. Each value weighs 1/n until that is less than 1/memory; pulls
/// beyond so many standard deviations are clipped, so that an outlier does not make its like
/// normal.
struct Running {
  float mean = 0;
  float variance = 0;
  std::uint32_t seen = 0;
  void learn(double value, double memory, double clip);
  double deviation() const;
};

/// Feed it a series in the order of time; memory is constant.
class SeriesScore {
 public:
  /// From here on a value is more out of line than any before, by some view.
  static constexpr double kRecord = 0.5;

  /// Zero while too little is known. What is no number, or 1e18 and more, scores zero and is not
  /// learned.
  double see(Instant at, double value);

 private:
  /// Each looks at the same value in another way.
  enum View : std::uint8_t {
    level,       // the value against all values
    step,        // its change against all changes
    spread,      // how the last few scatter against how they usually do: a flat line, a flutter
    hour_mean,   // the mean of the last few against this hour of the day
    hour_value,  // the value against this hour of the day
  };
  static constexpr std::size_t kViews = 5;
  static constexpr std::size_t kRecent = 6;
  static constexpr std::size_t kHours = 24;

  struct Recent {
    double mean = 0;
    double deviation = 0;
  };
  Recent recent() const;
  std::size_t hour_of(Instant at);
  void learn(double value, double log_spread, std::size_t hour);
  double against_records(const std::array<double, kViews>& off);
  double once(double off);

  std::uint64_t seen_ = 0;
  double last_ = 0;
  std::array<double, kRecent> ring_{};
  Running values_;
  float step_square_ = 0;  // mean square of changes
  Running log_spreads_;
  std::array<Running, 2 * kHours> hours_{};  // of workdays, then of weekends
  std::array<float, kViews> records_{};
  std::uint64_t told_at_ = 0;  // the row at which it last was beyond a record, and how far
  double told_ = 0;
};

static_assert(sizeof(SeriesScore) <= 768);

}  // namespace purser
