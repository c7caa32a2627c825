// limits/shed.hpp — who goes without as a budget runs out: background first, then normal, and
// essential never before the money is gone.
// Why by chance: a budget that shut a door at 90 % would serve everybody and then nobody. A chance
// that grows with what is used, and with how fast, lets through what the rest of the window can
// carry.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "call/caller.hpp"
#include "limits/burn.hpp"

namespace purser {

/// The used share at which calls of a priority begin to be shed. They are shed wholly at the start
/// of the next one, normal ones at 100 %.
struct ShedRule {
  Share background{700'000};
  Share normal{900'000};
  friend constexpr bool operator==(const ShedRule&, const ShedRule&) = default;
};
/// Error (config) when a ramp would be a cliff: each is at least 1 % wide.
Result<void> check(const ShedRule& rule);

/// The chance that a call is shed. Nothing while `burn` is at most kWhole: the budget will last.
/// Above it, steeper the faster it burns: at one and a half times what may be spent the ramp is as
/// the rule says, at three times and more it is four times as steep.
Share shed_chance(const ShedRule& rule, Priority priority, Share used, Share burn);

struct Shed {
  enum class Verdict : std::uint8_t { keep, shed };
  Verdict verdict = Verdict::keep;
  Share chance;
  Share used;
  Share burn;
};

/// Decides about one call. `draw` is any 64 bits that are evenly spread; the same draw is shed at
/// every greater chance too. Take it from the session where there is one, so that a session under
/// way is not stopped by one unlucky turn of many.
Shed decide(const ShedRule& rule, const Budget& budget, const BurnMeter& meter, Priority priority,
            Instant now, std::uint64_t draw);
std::uint64_t shed_draw(std::string_view session_or_call);

/// "82 % is used, and at 3.2 times the rate that would last; background calls are shed first".
std::string to_text(const Shed& shed, Priority priority);

}  // namespace purser
