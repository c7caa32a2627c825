// ledger/treasury.hpp — the accounts, and the only verbs that move them.
//
//            hold ok                 settle / release
//   (none) ───────────▶ held ─────────────────────────────▶ ended
//      │ hold refused
//      └──────────────▶ nothing has moved, in any account
//
// Invariants (docs/invariants.md):
//   T1  for every account: posted ≥ 0, held ≥ 0, and a hold leaves posted + held ≤ max;
//   T2  a hold moves every account it names or none;
//   T3  a hold ends exactly once; ending it takes exactly what it held out of `held`;
//   T4  an account's window is part of its name: a reset opens another account, it moves nothing;
//   T5  what is away is read back before it is held: an account that left memory comes back with
//       exactly what the books say, and never as a new one.
//
//            open                 retire (nothing is held, the books say the same)
//   (none) ───────▶ in memory ─────────────────────────────────────────────────────▶ away
//                       ▲                              recall                          │
//                       └──────────────────────────────────────────────────────────────┘
//
// An account takes 82 bytes in memory: its row, and its place in the index. One that is away takes
// two to four: its name in a filter (away.hpp).
//
// Pure and single-threaded: time comes in, and one lock around it at the edge is enough. Accounts
// are found by name once, at hold; a settle goes straight to them. All those of a call are
// prefetched together, so their misses overlap.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/hash.hpp"
#include "base/instant.hpp"
#include "base/seed.hpp"
#include "base/strong.hpp"

namespace purser {

/// One limit × one subject × one window, as a digest of the three.
using AccountKey = Digest;

/// A quantity in an account's own unit: nanodollars, tokens or calls.
using Units = Strong<struct UnitsTag>;

/// What a call needs from one account.
struct Need {
  AccountKey account;
  Units units;   // ≥ 0
  Units max;     // the limit as it stands now; a changed maximum keeps the account's usage
  Instant ends;  // end of the account's window; Instant::never() for ever
};

/// How an account stands.
struct Standing {
  Units posted;
  Units held;
  Units max;
  friend constexpr bool operator==(const Standing&, const Standing&) = default;

  /// What a hold may still take: never negative.
  constexpr Units left() const {
    const __int128 left = static_cast<__int128>(max.count()) - posted.count() - held.count();
    return Units(left > 0 ? static_cast<std::int64_t>(left) : 0);
  }
  /// posted + held + more ≤ max, whatever their size.
  constexpr bool carries(Units more) const {
    return static_cast<__int128>(posted.count()) + held.count() + more.count() <= max.count();
  }
  /// Would carry `more` if every open hold came back unspent.
  constexpr bool may_yet_carry(Units more) const {
    return static_cast<__int128>(posted.count()) + more.count() <= max.count();
  }
};

/// Names a hold that is open. Not reused before its slot is free; Purser never names a hold 0.
using HoldId = Strong<struct HoldIdTag, std::uint64_t>;

/// A refusal: the first account that cannot carry its need, as it stands; one that is short for
/// good goes before one that is not.
struct Shortfall {
  std::size_t need = 0;  // index into the needs
  Standing standing;
  bool final = false;  // even if every open hold came back unspent, it would not fit
};

class Treasury {
 public:
  /// `layout` decides where accounts lie in memory. From a secret one, nobody can choose labels
  /// that get into each other's way.
  explicit Treasury(Seed layout = Seed(0));
  ~Treasury();
  Treasury(const Treasury&) = delete;
  Treasury& operator=(const Treasury&) = delete;

  /// Holds every need or none. At most kNeedsMax of them, all with different accounts.
  std::expected<HoldId, Shortfall> hold(std::span<const Need> needs);

  /// Ends a hold: `posted[i]` is what the i-th need really took (≥ 0; more than was held only when
  /// the outside broke its word: books must equal the bill). An empty span posts nothing: release.
  void settle(HoldId hold, std::span<const Units> posted);

  /// How an account stands; nothing when it was never opened, is forgotten, or is away. Counts as a
  /// use.
  std::optional<Standing> standing(AccountKey account) const;

  /// How the needs' accounts stand against the needs' maxima: `out[i]` for the i-th.
  void standings(std::span<const Need> needs, std::span<Standing> out) const;

  /// What a hold could take from an account whose maximum is `max`.
  Units headroom(AccountKey account, Units max) const;

  /// Adds to `posted` outside any hold: books read back at start, corrections (which may be
  /// negative, but never take back more than was posted).
  void post(AccountKey account, Units units, Units max, Instant ends);

  /// Forgets accounts that hold nothing and whose window ended kClockStepMax ago. Returns how many.
  /// Touches at most `at_most` accounts a call, so it can run between calls. Each call is a beat:
  /// that is how idleness is counted.
  std::size_t expire(Instant now, std::size_t at_most);

  /// Every account there is: for tests and metrics, in no order.
  struct Account {
    AccountKey key;
    Standing standing;
    Instant ends;
  };
  std::vector<Account> snapshot() const;

  /// An account whose balance stands only in the books, and the end of its window.
  struct Away {
    AccountKey account;
    Instant ends;
  };
  /// For how many beats the coldest `many` have been idle at least, by a sample.
  std::uint32_t idle_beats_of_coldest(std::size_t many) const;
  /// Accounts that hold nothing and were not used for so many beats. Touches at most `at_most`, and
  /// goes on where the last call ended.
  std::vector<Account> idle(std::uint32_t beats, std::size_t at_most);
  /// Lets an account go whose books, as the caller has seen, say what `as_seen` says. moved: it was
  /// used meanwhile, and stays.
  enum class Retired : std::uint8_t { away, moved };
  Retired retire(const Account& as_seen);
  /// Says that an account stands in the books, and not here: at start.
  void put_away(AccountKey account, Instant ends);
  bool any_away() const;
  /// Its balance may stand in the books: it is to be recalled before anything is decided.
  bool is_away(AccountKey account) const;
  /// Adds those of the needs' accounts that are.
  void find_away(std::span<const Need> needs, std::vector<Away>& out) const;
  /// Brings an account back with what the books say is posted; nothing, where they do not know it.
  /// here: it was back already, and stays as it is.
  enum class Recalled : std::uint8_t { back, here };
  Recalled recall(const Away& away, Units posted);

  std::size_t accounts() const;
  /// How many have left since the start, but for those that left again and whose window is over.
  std::size_t names_away() const;
  std::size_t open_holds() const;
  /// Bytes of memory behind all accounts and holds.
  std::size_t bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// More limits than this on one call is a configuration error, found when it is read.
inline constexpr std::size_t kNeedsMax = 32;

/// An account used in one of so many last beats stays, however many there are: a call that goes
/// from one look at its accounts to the next finds them where they were.
inline constexpr std::uint32_t kIdleBeatsMin = 5;

/// A clock set back by up to this much finds the accounts of the windows it returns to. ntpd, left
/// alone, never steps a clock by more.
inline constexpr std::chrono::seconds kClockStepMax{1000};

}  // namespace purser
