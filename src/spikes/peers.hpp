// spikes/peers.hpp — what the busier subjects of a kind do in their busiest hour.
// Why: where keys carry ten thousand calls an hour, a new key that does the same is no alert.
#pragma once

#include <array>

#include "spikes/baseline.hpp"
#include "spikes/ceiling.hpp"
#include "spikes/load.hpp"

namespace purser {

/// A running nine-tenths quantile of the busy hours of all subjects.
class Peers {
 public:
  /// Once a day of each subject.
  void learn(const Baseline& baseline);
  /// Zero until enough days were learned.
  Amounts busy_hour() const;

 private:
  struct Quantile {
    float log_value = 0;
    std::uint32_t learned = 0;
  };
  double of(Quantity quantity) const;
  std::array<Quantile, kQuantities> quantiles_{};
};

}  // namespace purser
