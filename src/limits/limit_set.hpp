// limits/limit_set.hpp — all limits of a configuration, made ready to be asked on every call:
// which accounts does this one touch, and how much may they hold for this caller?
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "limits/calendar.hpp"
#include "limits/match_index.hpp"
#include "limits/rule.hpp"
#include "limits/touches.hpp"

namespace purser {

inline constexpr std::size_t kLimitsMax = kMatchesMax;

/// A rolling window is this many pieces and the one under way: it forgets a piece at a time, never
/// too early.
inline constexpr std::size_t kRollingPieces = 24;

/// Whether limits bind this caller.
enum class Control : std::uint8_t {
  enforce,
  observe,  // metered and told of, never blocked
};

class LimitSet {
 public:
  /// Nothing is limited; the time zone is UTC.
  LimitSet();
  /// Error (config), naming the limit: two of one name, no maximum, a negative one, an unknown
  /// placeholder in a message, an unknown time zone, a tier that inherits from itself, more than
  /// kNeedsMax accounts for one call.
  static Result<LimitSet> compile(std::vector<Limit> limits, const std::string& zone,
                                  const std::vector<Tier>& tiers = {});

  /// What a call touches at `now`, into `out` (cleared first); units of needs and draws are zero.
  /// Allocates nothing but for rolling windows.
  void touch(const Facts& facts, Instant now, Control control, Touches& out) const;

  /// Some limit does something before it is used up, or only says what it would do: for a caller
  /// under `control`, a call is worth judging before it is held.
  bool judges(Control control) const;

  std::span<const Limit> limits() const;
  const Calendar& calendar() const;

 private:
  struct Rules;
  explicit LimitSet(std::shared_ptr<const Rules> rules);
  std::shared_ptr<const Rules> rules_;
};

/// What is odd in a set of limits though it can be followed, a sentence each: a rule that can never
/// match, one that always denies.
std::vector<std::string> doubts(std::span<const Limit> limits, const std::vector<Tier>& tiers);

}  // namespace purser
