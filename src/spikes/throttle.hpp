// spikes/throttle.hpp — so many calls an hour, evenly: the generic cell rate algorithm.
// Why not a window: a window lets everything through at its start and then nothing for long.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/instant.hpp"

namespace purser {

class Throttle {
 public:
  Throttle() = default;
  /// `at_once` calls may come together, at least one.
  Throttle(double calls_an_hour, double at_once)
      : gap_nanos_(static_cast<std::int64_t>(3.6e12 / std::max(calls_an_hour, 1e-3))),
        slack_nanos_(static_cast<std::int64_t>(static_cast<double>(gap_nanos_) *
                                               (std::max(at_once, 1.0) - 1))) {}

  /// Takes one call if it is in time; else says when one will be.
  std::optional<Instant> take(Instant now) {
    const std::int64_t early = next_nanos_ - now.nanos();
    if (early > slack_nanos_) {
      return Instant::from_nanos(next_nanos_ - slack_nanos_);
    }
    next_nanos_ = std::max(next_nanos_, now.nanos()) + gap_nanos_;
    return std::nullopt;
  }
  /// The same pace with no call taken yet.
  Throttle anew() const {
    Throttle fresh = *this;
    fresh.next_nanos_ = Throttle().next_nanos_;
    return fresh;
  }
  double calls_an_hour() const { return 3.6e12 / static_cast<double>(gap_nanos_); }

 private:
  std::int64_t gap_nanos_ = 1;
  std::int64_t slack_nanos_ = 0;
  std::int64_t next_nanos_ = INT64_MIN / 4;  // when the next one is due: long ago
};

}  // namespace purser
