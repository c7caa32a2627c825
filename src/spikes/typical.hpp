// spikes/typical.hpp — where a positive quantity usually lies, and how far it strays.
// Why on the log scale and clipped: traffic grows and varies by factors, and one bad day must not
// become the new normal. An outlier moves the centre by a bounded factor, however large it is.
#pragma once

#include <cstdint>

namespace purser {

/// A running centre and spread of log(value), Huber style: steps are clipped. 12 bytes.
class Typical {
 public:
  /// Up to here larger values are taken whole, by halves: nothing is known yet that they could be
  /// outliers of. Smaller ones never: who begins on a Friday has a quiet second day.
  static constexpr std::uint32_t kTakenWhole = 5;
  /// The weight of one more value; about the last five count. Slower would lag behind a subject
  /// that doubles every week (by a factor of 2.4 at this weight), faster would forget a week.
  static constexpr double kWeight = 0.2;
  /// No value pulls up by more than a tripled one would, or down by more than a halved one: one day
  /// moves the centre by at most 3^0.2 = 1.25, or 0.87.
  static constexpr double kClipUp = 1.0986122886681098;
  static constexpr double kClipDown = 0.6931471805599453;
  /// A value below half of the usual is a weekend, until it is the third in a row.
  static constexpr std::uint16_t kLowBelieved = 3;
  static constexpr double kWeightOfLow = 0.05;
  /// Spread before anything is known: a factor of 1.35 either way.
  static constexpr float kSpreadAtFirst = 0.3F;

  /// `log_value` is log of a value above zero.
  void learn(double log_value);

  double log_centre() const { return static_cast<double>(log_centre_); }
  double spread() const { return static_cast<double>(spread_); }
  std::uint32_t seen() const { return seen_; }

 private:
  float log_centre_ = 0;
  float spread_ = kSpreadAtFirst;
  std::uint16_t seen_ = 0;  // stays at its largest
  std::uint16_t low_in_a_row_ = 0;
};

}  // namespace purser
