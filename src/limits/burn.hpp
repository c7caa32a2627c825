// limits/burn.hpp — how fast money is being spent, against how fast it may be.
// Why several windows: five loud minutes in a quiet day are no danger, nor is a loud hour that is
// over. Only what is fast now and has been for a while will empty a budget before its time.
//
// Each window keeps sums that decay (by 1/e in its own length): constant memory, whatever the
// number of calls. The sums are estimates about amounts, kept in integers; none is ever posted.
// A meter begins cold: what was spent before it began, or before a restart, it does not know.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

#include "base/instant.hpp"
#include "base/strong.hpp"
#include "call/caller.hpp"
#include "ledger/treasury.hpp"
#include "limits/share.hpp"
#include "limits/window_bounds.hpp"

namespace purser {

/// How an account stands in its window.
struct Budget {
  Units used;  // posted: what is held has not been spent, and most of it will not be
  Units max;
  Bounds window;  // one that ends at Instant::never(): no rate is too fast
};

/// Used of the maximum; at most kWhole.
Share used_share(const Budget& budget);

/// One account's spending. A plain value: copy it out from under a lock.
class BurnMeter {
 public:
  static constexpr std::array<std::chrono::seconds, 3> kWindows{
      std::chrono::minutes(5), std::chrono::hours(1), std::chrono::hours(6)};

  /// Time does not run backwards here: an earlier `at` counts as the latest one seen.
  void add(Units spent, Priority priority, Instant at);

  /// How fast all but essential calls spend, as a share of what they may: the rate at which the
  /// budget would last exactly until its window ends, less what essential calls have been using.
  /// Above kWhole if and only if the projected spending of all exceeds the budget. Of the windows
  /// it is the lesser of the short one's and the greater of the two long ones'. At most kBurnMax.
  Share burn(const Budget& budget, Instant now) const;
  static constexpr Share kBurnMax{1'000'000'000};

  Instant last() const { return at_; }

 private:
  using Sum = unsigned __int128;  // fractions of a unit: a call is one, and its sum decays too
  struct Sums {
    Sum all = 0;
    Sum essential = 0;
  };
  using Windows = std::array<Sums, kWindows.size()>;
  Windows decayed(std::int64_t seconds) const;
  Share rate(std::size_t window, Sum sum, const Budget& budget, Instant now) const;

  Windows windows_{};
  Instant began_ = Instant::never();
  Instant at_;  // what the sums have decayed to, in whole seconds from began_
};

/// The meters of many accounts in bounded memory: who has been quiet for longest is forgotten
/// first.
class BurnMeters {
 public:
  /// Room for about so many accounts; at least kWays.
  explicit BurnMeters(std::size_t accounts);
  void add(const AccountKey& account, Units spent, Priority priority, Instant at);
  /// A cold one for an account that is not known.
  BurnMeter find(const AccountKey& account) const;

  static constexpr std::size_t kWays = 4;  // places an account may stand in

 private:
  struct Slot {
    AccountKey account;
    BurnMeter meter;
    bool taken = false;
  };
  std::size_t first_slot(const AccountKey& account) const;
  std::vector<Slot> slots_;
};

}  // namespace purser
