// call/told_pace.hpp — what a provider's answer says about how fast it may be asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace purser {

enum class Pace : std::uint8_t {
  fine,       // nothing was said, or something is left
  exhausted,  // it answered, and nothing is left for now
  too_fast,   // it refused the call, and will take it later
  no_money,   // it refused the call for a spend cap: waiting does not help
};

struct ToldPace {
  Pace pace = Pace::fine;
  /// How long to wait, when it says so. Not bounded: whoever waits has a bound of its own.
  std::optional<std::chrono::nanoseconds> wait;
};

}  // namespace purser
