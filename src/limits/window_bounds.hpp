// limits/window_bounds.hpp — from when to when a window reaches.
#pragma once

#include "base/instant.hpp"

namespace purser {

/// starts ≤ t < ends.
struct Bounds {
  Instant starts;
  Instant ends;
  friend constexpr bool operator==(Bounds, Bounds) = default;
};

}  // namespace purser
