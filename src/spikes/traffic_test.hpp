// spikes/traffic_test.hpp — subjects as they are met, drawn from a seed: for the tests of spikes/.
#pragma once

#include <cmath>
#include <functional>

#include "base/instant.hpp"
#include "base/seed.hpp"
#include "spikes/spikes.hpp"

namespace purser {

inline constexpr std::int64_t kHour = 3600;
inline constexpr std::int64_t kDay = 24 * kHour;
/// A Monday, 00:00 UTC.
inline constexpr std::int64_t kMonday = 1'793'577'600;

/// Calls an hour at a second since kMonday.
using CallsAnHour = std::function<double(std::int64_t)>;

/// Calls at random moments, at a rate that changes with the time; in bursts of `together` if
/// wanted.
class Traffic {
 public:
  Traffic(std::uint64_t seed, CallsAnHour rate, double rate_max, int together = 1)
      : seed_(seed), rate_(std::move(rate)), rate_max_(rate_max), together_(together) {}

  /// Calls `each(second since kMonday)` for every call in [from, to).
  void run(std::int64_t from, std::int64_t to, const std::function<void(double)>& each) {
    double at = static_cast<double>(from);
    while (true) {
      at += -std::log(1 - seed_.unit()) * 3600 * together_ / rate_max_;
      if (at >= static_cast<double>(to)) {
        return;
      }
      if (seed_.unit() * rate_max_ < rate_(static_cast<std::int64_t>(at))) {
        for (int i = 0; i < together_; ++i) {
          each(at + i * 8);
        }
      }
    }
  }

 private:
  Seed seed_;
  CallsAnHour rate_;
  double rate_max_;
  int together_;
};

inline Instant at(double second) {
  return Instant::from_nanos(kMonday * 1'000'000'000 + static_cast<std::int64_t>(second * 1e9));
}

}  // namespace purser
