// alerts/episode.hpp — what is told of something that fires again and again until it stops.
//
//        fires: told            fires within `repeat`: counted
//   ○ ───────────────▶ firing ◀──────────────────────────────┐
//   ▲                     │ │ ─────────────────────────────┘
//   │ recovers: told      │ fires later, or worse: told again
//   └─────────────────────┘
//
// Invariants, tested with random histories:
//   A1  a recovery is told exactly when the last thing told of its key was that it fires;
//   A2  every firing is in a count: the last of an episode is the number of them;
//   A3  severity never falls within an episode, so whoever was told hears the end too.
#pragma once

#include <optional>

#include "alerts/alert.hpp"

namespace purser {

struct Decision {
  enum class What : std::uint8_t {
    nothing,  // a recovery of what did not fire
    count,    // known: only its count and last moment change
    tell,     // new to everybody
  };
  What what = What::nothing;
  Alert alert;  // as it is to be kept
};

/// `last` is what was last kept of this key. Its `at` is when it was told.
Decision on_fire(const std::optional<Alert>& last, Alert raised, std::chrono::nanoseconds repeat);
Decision on_recover(const std::optional<Alert>& last, Instant at);

}  // namespace purser
