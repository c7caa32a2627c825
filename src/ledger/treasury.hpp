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
//   T4  an account's window is part of its name: a reset opens another account, it moves nothing.
//
// Pure and single-threaded: time comes in, and one lock around it at the edge is enough. Accounts
// are found by name once, at hold; a settle goes straight to them. All six of a typical call are
// prefetched together, so a million accounts cost about what a thousand do.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/hash.hpp"
#include "base/instant.hpp"
#include "base/strong.hpp"

namespace purser {

/// One limit × one subject × one window, as a digest of the three.
using AccountKey = Digest;

/// A quantity in an account's own unit: nanodollars, tokens or calls.
using Units = Strong<struct UnitsTag>;

/// What a call needs from one account.
struct Need {
  AccountKey account;
  Units units;      // ≥ 0
  Units max;        // the limit as it stands now; a changed maximum keeps the account's usage
  Instant ends;     // end of the account's window; Instant::never() for ever
};

/// How an account stands.
struct Standing {
  Units posted;
  Units held;
  Units max;
};

/// Names a hold that is open. Not reused before its slot is free.
using HoldId = Strong<struct HoldIdTag, std::uint64_t>;

/// A refusal: the first account that cannot carry its need, as it stands.
struct Shortfall {
  std::size_t need = 0;  // index into the needs
  Standing standing;
  bool final = false;    // even if every open hold came back unspent, it would not fit
};

class Treasury {
 public:
  Treasury();
  ~Treasury();
  Treasury(const Treasury&) = delete;
  Treasury& operator=(const Treasury&) = delete;

  /// Holds every need or none. At most kNeedsMax of them, all with different accounts.
  std::expected<HoldId, Shortfall> hold(std::span<const Need> needs);

  /// Ends a hold: `posted[i]` is what the i-th need really took (≥ 0; more than was held only when
  /// the outside broke its word: books must equal the bill). An empty span posts nothing: release.
  void settle(HoldId hold, std::span<const Units> posted);

  /// How an account stands; nothing when it was never opened.
  std::optional<Standing> standing(AccountKey account) const;

  /// Adds to `posted` outside any hold: books read back at start, corrections.
  void post(AccountKey account, Units units, Units max, Instant ends);

  /// Forgets accounts whose window has ended and that hold nothing. Returns how many. Touches at
  /// most `at_most` slots a call, so it can run between calls.
  std::size_t expire(Instant now, std::size_t at_most);

  std::size_t accounts() const;
  std::size_t open_holds() const;
  /// Bytes of memory behind all accounts and holds.
  std::size_t bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// More limits than this on one call is a configuration error, found when it is read.
inline constexpr std::size_t kNeedsMax = 32;

}  // namespace purser
