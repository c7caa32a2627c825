// spikes/typical.cpp — one step of the clipped running centre and spread.
#include "spikes/typical.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/invariant.hpp"

namespace purser {
namespace {

// Of a normal variable the mean absolute deviation is 0.798 standard deviations.
constexpr double kDeviationsPerMeanAbsolute = 1.2533;
constexpr double kSpreadClip = 3.0;
constexpr double kSpreadWeight = 0.1;
constexpr double kUnbounded = 1e9;
constexpr double kEarlyWeightUp = 0.5;

}  // namespace

void Typical::learn(double log_value) {
  INVARIANT(std::isfinite(log_value), "only values above zero have a place on the log scale");
  if (seen_ == 0) {
    log_centre_ = static_cast<float>(log_value);
    seen_ = 1;
    return;
  }
  const double error =
      std::clamp(log_value - log_centre(), -kClipDown, seen_ < kTakenWhole ? kUnbounded : kClipUp);
  double weight = std::max(kWeight, 1.0 / (static_cast<double>(seen_) + 1));
  if (seen_ >= kTakenWhole) {
    const double deviation = std::abs(error) * kDeviationsPerMeanAbsolute;
    const double most = kSpreadClip * std::max(spread(), 0.1);
    spread_ += static_cast<float>(kSpreadWeight * (std::min(deviation, most) - spread()));
  } else {
    weight = error > 0 ? kEarlyWeightUp : kWeight;
  }
  const int low = error > -kClipDown ? 0 : std::min<int>(low_in_a_row_ + 1, kLowBelieved);
  low_in_a_row_ = static_cast<std::uint16_t>(low);
  if (low > 0 && low < kLowBelieved) {
    weight = kWeightOfLow;
  }
  log_centre_ += static_cast<float>(weight * error);
  if (seen_ < std::numeric_limits<std::uint16_t>::max()) {
    ++seen_;
  }
}

}  // namespace purser
