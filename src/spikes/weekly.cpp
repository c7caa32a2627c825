// spikes/weekly.cpp — the weekdays' factors beside the running centre.
#include "spikes/weekly.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace purser {
namespace {

/// The weight of one more week. Where a weekday is off by more than a factor of two it is a half,
/// so that a weekly batch is known after two or three.
constexpr double kWeight = 0.3;
constexpr double kWeightFarOff = 0.5;
constexpr double kFarOff = 0.6931471805599453;
/// One day counts as five usual ones at most, so it moves its weekday by a factor of 2.2 at most.
constexpr double kClip = 1.6094379124341003;
/// What comes again on the weekday on which it came before is no outlier.
constexpr double kClipAgain = 7;
/// Without news a weekday goes back to being one like the others.
constexpr double kKept = 0.97;
/// A weekday is a busier one from a fifth more on; below, it is chance.
constexpr double kChance = 0.2;
constexpr double kThousandthsMax = 32'000;

}  // namespace

double Weekly::lift(int weekday) const {
  return static_cast<double>(thousandths_[static_cast<std::size_t>(weekday)]) / 1000;
}

void Weekly::learn(double log_value, int weekday) {
  const double used = typical_.seen() >= kDaysToUse ? lift(weekday) : 0;
  if (typical_.seen() >= kDaysToLearn) {
    const double error = std::clamp(log_value - typical_.log_centre() - lift(weekday), -kFarOff,
                                    lift(weekday) > kFarOff ? kClipAgain : kClip);
    const double weight = error > kFarOff ? kWeightFarOff : kWeight;
    const double learned = kKept * (lift(weekday) + weight * error) * 1000;
    thousandths_[static_cast<std::size_t>(weekday)] =
        static_cast<std::int16_t>(std::clamp(learned, -kThousandthsMax, kThousandthsMax));
  }
  typical_.learn(log_value - used);
}

double Weekly::usual(int weekday) const {
  if (typical_.seen() == 0) {
    return 0;
  }
  const double busier = typical_.seen() >= kDaysToUse ? std::max(0.0, lift(weekday) - kChance) : 0;
  return std::exp(typical_.log_centre() + busier);
}

}  // namespace purser
