// limits/judge.hpp — what limits want of a call before it is held: thresholds on the way to their
// maxima, in order, and what observed limits would have done. Pure: the caller brings standings.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "call/caller.hpp"
#include "limits/touches.hpp"

namespace purser {

/// A threshold that a touched account has passed.
struct Passed {
  std::size_t need = 0;  // index into the touches
  const Threshold* threshold = nullptr;
};

/// What is to be done with the call. Where several limits say the same, the first that was reached
/// by the largest share of its threshold counts.
struct Judgement {
  std::optional<Passed> deny;       // by a threshold (deny, or essential_only for the others)
  std::optional<Passed> downgrade;  // to its models
  std::optional<Passed> land;
  /// What observed limits would have done: "deny daily", "downgrade monthly".
  std::vector<std::string> would;
};

/// `standings[i]` is the i-th need's account as the treasury gave it, before this call is held;
/// the needs' units say what it asks for. Calls and turns count this one in: the last allowed one
/// is the one that fills the account. Money and tokens count what is used and held already.
Judgement judge(const Touches& touches, std::span<const Standing> standings, Priority priority);

/// The highest threshold of action `alert` at or below `share`; null when there is none.
const Threshold* alert_of(const Limit& limit, Share share);

/// posted + held of a maximum, in millionths; a maximum of nothing is used up.
Share share_of(const Standing& standing);

}  // namespace purser
