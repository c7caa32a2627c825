// limits/limit_set.hpp — all limits of a configuration, made ready to be asked on every call:
// which accounts does this one touch?
//
// Every condition is turned around when the set is made: for each label, which limits does a value
// let through? A call then looks its labels up and cuts the answers, a bit for each limit; what is
// left are the limits it touches, however many there are.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "call/caller.hpp"
#include "ledger/treasury.hpp"
#include "limits/calendar.hpp"
#include "limits/rule.hpp"

namespace purser {

inline constexpr std::size_t kLimitsMax = 256;  // each costs every call a bit

/// One account a call touches. Lives as long as the LimitSet and the Caller it came from.
struct Touched {
  const Limit* limit = nullptr;
  Measure measure = Measure::usd;
  std::string_view subject;  // whose account: the caller's label; empty for Per::all
  Instant starts;            // of the window; its end is in the need
};

/// The accounts a call touches, side by side with what it needs from each.
class Touches {
 public:
  void clear() { count_ = 0; }
  void add(const Touched& touched, const Need& need);
  std::span<const Touched> list() const { return {touched_.data(), count_}; }
  std::span<const Need> needs() const { return {needs_.data(), count_}; }
  std::span<Need> needs() { return {needs_.data(), count_}; }
  std::size_t size() const { return count_; }

 private:
  std::array<Touched, kNeedsMax> touched_;
  std::array<Need, kNeedsMax> needs_;
  std::size_t count_ = 0;
};

class LimitSet {
 public:
  /// Nothing is limited; the time zone is UTC.
  LimitSet();
  /// Error (config), naming the limit: two of one name, no maximum, a negative one, an unknown
  /// placeholder in a message, an unknown time zone, more than kNeedsMax accounts for one call.
  static Result<LimitSet> compile(std::vector<Limit> limits, const std::string& zone);

  /// The accounts a call touches at `now`, into `out` (cleared first); units of the needs are zero.
  /// Allocates nothing. Of two tags with one name, the first counts.
  void touch(const Caller& caller, std::string_view provider, std::string_view model, Instant now,
             Touches& out) const;

  std::span<const Limit> limits() const;
  const Calendar& calendar() const;

 private:
  struct Rules;
  explicit LimitSet(std::shared_ptr<const Rules> rules);
  std::shared_ptr<const Rules> rules_;
};

}  // namespace purser
