// ledger/treasury.cpp — accounts in rows of one cache line, open holds in slots of two.
// Both are numbered and never move; what is free is chained and used again, so a treasury that has
// seen its peak allocates no more.
#include "ledger/treasury.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/invariant.hpp"
#include "ledger/account_index.hpp"
#include "ledger/away.hpp"
#include "ledger/numbered.hpp"
#include "ledger/pages.hpp"

namespace purser {
namespace {

using Row = AccountIndex::Row;
constexpr std::uint32_t kNone = AccountIndex::kNone;

/// One account.
struct alignas(64) AccountRow {
  AccountKey key{};
  Units posted{};
  Units held{};
  Units max{};  // as last heard of
  Instant ends{};
  std::uint32_t holds = 0;  // open ones: while there are any, the row keeps its number
  Row next_free = kNone;
  bool open = false;
  std::uint32_t used = 0;  // in which beat last
};
static_assert(sizeof(AccountRow) == 64, "an account is one cache line");

/// What a hold took from one account.
struct Part {
  Row account = kNone;
  Units units;
};

/// An open hold, or as much of it as fits: the rest is chained behind.
struct alignas(64) Slot {
  static constexpr std::size_t kParts = 7;
  std::uint32_t generation = 0;  // odd while a hold begins here
  std::uint32_t count = 0;       // parts of the whole hold, chained slots included
  std::uint32_t next = kNone;    // chained behind; of a free slot: the next free one
  std::array<Part, kParts> parts;
};
static_assert(sizeof(Slot) == 128, "a hold of seven accounts is two cache lines");

using Rows = std::array<Row, kNeedsMax>;

/// Enough to know the coldest by, few enough to be looked at under the lock: each is a cache miss.
constexpr std::size_t kSampleMax = 1024;

}  // namespace

struct Treasury::State {
  explicit State(Seed layout) : secret{layout.next(), layout.next()} {}

  AwaySet::Name away_name(AccountKey key) const;
  AccountIndex::Tag tag(AccountKey key) const;
  Row find(AccountKey key) const;
  void prefetch(std::span<const Need> needs) const;
  Row open(const Need& need);
  void forget(Row row);
  std::uint32_t idle_beats(const AccountRow& account) const { return beat - account.used; }
  Standing standing(Row row, Units max) const;
  std::optional<Shortfall> first_short(std::span<const Need> needs, Rows& rows) const;
  std::uint32_t take_slot();
  std::uint32_t free_slot(std::uint32_t number);
  Slot& open_hold(HoldId hold, std::uint32_t& number);

  std::array<std::uint64_t, 2> secret;
  Pages pages;
  AccountIndex index{pages};
  Numbered<AccountRow, 1024> rows{pages};
  Numbered<Slot, 256> slots{pages};
  Row free_rows = kNone;
  std::uint32_t free_slots = kNone;
  Row swept = 0;  // where expire() goes on
  std::size_t accounts = 0;
  std::size_t open_holds = 0;
  AwaySet away;
  std::uint32_t beat = 0;  // how often expire() was called: the clock of idleness
  Row looked_at = 0;       // where idle() goes on
};

/// Folds key × secret, so that names and tags are even whatever the keys are.
AwaySet::Name Treasury::State::away_name(AccountKey key) const {
  const auto product = static_cast<unsigned __int128>(key.low ^ secret[0]) * (key.high ^ secret[1]);
  return static_cast<std::uint64_t>(product >> 64) ^
         std::rotl(static_cast<std::uint64_t>(product), 32);
}

AccountIndex::Tag Treasury::State::tag(AccountKey key) const {
  return static_cast<AccountIndex::Tag>(away_name(key));
}

Row Treasury::State::find(AccountKey key) const {
  return index.find(tag(key), [&](Row row) { return rows[row].key == key; });
}

/// First all lines of the index, then all rows they lead to: misses overlap instead of queueing.
void Treasury::State::prefetch(std::span<const Need> needs) const {
  for (const Need& need : needs) {
    index.prefetch(tag(need.account));
  }
  for (const Need& need : needs) {
    index.find(tag(need.account), [&](Row row) {
      __builtin_prefetch(&rows[row], 1);
      return true;  // nearly always; find() looks closely
    });
  }
}

Row Treasury::State::open(const Need& need) {
  INVARIANT(find(need.account) == kNone, "an account has one row, and a hold names it once");
  Row row = free_rows;
  if (row == kNone) {
    row = rows.add();
  } else {
    free_rows = rows[row].next_free;
  }
  rows[row] = AccountRow{
      .key = need.account, .max = need.max, .ends = need.ends, .open = true, .used = beat};
  index.insert(tag(need.account), row);
  ++accounts;
  return row;
}

void Treasury::State::forget(Row row) {
  index.erase(tag(rows[row].key), row);
  rows[row] = AccountRow{.next_free = free_rows};
  free_rows = row;
  --accounts;
}

/// How a row stands against `max`; an account never opened has nothing posted and nothing held.
Standing Treasury::State::standing(Row row, Units max) const {
  if (row == kNone) {
    return {.posted = {}, .held = {}, .max = max};
  }
  return {.posted = rows[row].posted, .held = rows[row].held, .max = max};
}

/// Looks up every need, and says which cannot be carried: one that is short for good before one
/// that is not, since waiting will not help.
std::optional<Shortfall> Treasury::State::first_short(std::span<const Need> needs,
                                                      Rows& found) const {
  std::optional<Shortfall> first;
  for (std::size_t i = 0; i < needs.size(); ++i) {
    const Need& need = needs[i];
    INVARIANT(need.units >= Units{}, "a need is never negative");
    found[i] = find(need.account);
    const Standing now = standing(found[i], need.max);
    if (!now.carries(need.units)) [[unlikely]] {
      const bool final = !now.may_yet_carry(need.units);
      if (!first || (final && !first->final)) {
        first = Shortfall{.need = i, .standing = now, .final = final};
      }
    }
  }
  return first;
}

std::uint32_t Treasury::State::take_slot() {
  const std::uint32_t number = free_slots == kNone ? slots.add() : free_slots;
  if (number == free_slots) {
    free_slots = slots[number].next;
  }
  slots[number].next = kNone;
  return number;
}

/// Returns what was chained behind it.
std::uint32_t Treasury::State::free_slot(std::uint32_t number) {
  const std::uint32_t behind = slots[number].next;
  slots[number].next = free_slots;
  free_slots = number;
  return behind;
}

/// The slot of a hold that is open; a hold that has ended, or never was, stops the process.
Slot& Treasury::State::open_hold(HoldId hold, std::uint32_t& number) {
  number = static_cast<std::uint32_t>(hold.count());
  const auto generation = static_cast<std::uint32_t>(hold.count() >> 32);
  INVARIANT(number < slots.size(), "only a hold that was made can end");
  INVARIANT(generation % 2 == 1 && slots[number].generation == generation,
            "T3: a hold ends exactly once");
  return slots[number];
}

Treasury::Treasury(Seed layout) : state_(std::make_unique<State>(layout)) {}
Treasury::~Treasury() = default;

std::expected<HoldId, Shortfall> Treasury::hold(std::span<const Need> needs) {
  INVARIANT(needs.size() <= kNeedsMax, "a set of limits is checked when it is read");
  State& state = *state_;
  state.prefetch(needs);
  Rows found;
  if (const auto shortfall = state.first_short(needs, found)) {
    return std::unexpected(*shortfall);
  }
  // From here on this succeeds (T2).
  const std::uint32_t number = state.take_slot();
  Slot& first = state.slots[number];
  ++first.generation;
  first.count = static_cast<std::uint32_t>(needs.size());
  Slot* slot = &first;
  for (std::size_t i = 0; i < needs.size(); ++i) {
    const Need& need = needs[i];
    INVARIANT(found[i] != kNone || !is_away(need.account),
              "T5: what is away is read back before it is held");
    const Row row = found[i] == kNone ? state.open(need) : found[i];
    AccountRow& account = state.rows[row];
    account.held += need.units;
    account.max = need.max;
    account.used = state.beat;
    ++account.holds;
    INVARIANT(state.standing(row, need.max).carries({}), "T1: posted + held ≤ max");
    if (i > 0 && i % Slot::kParts == 0) {
      slot->next = state.take_slot();
      slot = &state.slots[slot->next];
    }
    slot->parts[i % Slot::kParts] = {.account = row, .units = need.units};
  }
  ++state.open_holds;
  return HoldId((std::uint64_t{first.generation} << 32) | number);
}

void Treasury::settle(HoldId hold, std::span<const Units> posted) {
  State& state = *state_;
  std::uint32_t number = 0;
  Slot& first = state.open_hold(hold, number);
  INVARIANT(posted.empty() || posted.size() == first.count, "one figure for each need, or none");
  ++first.generation;
  const std::size_t count = first.count;
  for (std::size_t i = 0; i < std::min(count, Slot::kParts); ++i) {
    __builtin_prefetch(&state.rows[first.parts[i].account], 1);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0 && i % Slot::kParts == 0) {
      number = state.free_slot(number);
    }
    const Part& part = state.slots[number].parts[i % Slot::kParts];
    AccountRow& account = state.rows[part.account];
    INVARIANT(account.holds > 0 && account.held >= part.units, "T1: held ≥ 0");
    account.held -= part.units;
    account.used = state.beat;
    --account.holds;
    if (!posted.empty()) {
      INVARIANT(posted[i] >= Units{}, "a cost is never negative");
      account.posted += posted[i];
    }
  }
  state.free_slot(number);
  --state.open_holds;
}

std::optional<Standing> Treasury::standing(AccountKey account) const {
  const Row row = state_->find(account);
  if (row == kNone) {
    return std::nullopt;
  }
  state_->rows[row].used = state_->beat;
  return state_->standing(row, state_->rows[row].max);
}

void Treasury::standings(std::span<const Need> needs, std::span<Standing> out) const {
  INVARIANT(out.size() >= needs.size(), "a standing for each need");
  state_->prefetch(needs);
  for (std::size_t i = 0; i < needs.size(); ++i) {
    out[i] = state_->standing(state_->find(needs[i].account), needs[i].max);
  }
}

Units Treasury::headroom(AccountKey account, Units max) const {
  return state_->standing(state_->find(account), max).left();
}

void Treasury::post(AccountKey account, Units units, Units max, Instant ends) {
  Row row = state_->find(account);
  if (row == kNone) {
    row = state_->open({.account = account, .units = units, .max = max, .ends = ends});
  }
  state_->rows[row].posted += units;
  state_->rows[row].max = max;
  state_->rows[row].used = state_->beat;
  INVARIANT(state_->rows[row].posted >= Units{}, "T1: a correction takes back what was posted");
}

std::size_t Treasury::expire(Instant now, std::size_t at_most) {
  State& state = *state_;
  ++state.beat;
  state.away.expire(now - kClockStepMax);
  std::size_t forgotten = 0;
  for (std::size_t left = std::min<std::size_t>(at_most, state.rows.size()); left > 0; --left) {
    state.swept = state.swept + 1 < state.rows.size() ? state.swept + 1 : 0;
    const AccountRow& account = state.rows[state.swept];
    if (account.open && account.holds == 0 && account.ends != Instant::never() &&
        account.ends <= now - kClockStepMax) {
      state.forget(state.swept);
      ++forgotten;
    }
  }
  return forgotten;
}

std::uint32_t Treasury::idle_beats_of_coldest(std::size_t many) const {
  const State& state = *state_;
  const std::size_t stride = state.rows.size() / kSampleMax + 1;
  std::vector<std::uint32_t> beats;
  beats.reserve(kSampleMax);
  for (std::size_t row = 0; row < state.rows.size(); row += stride) {
    const AccountRow& account = state.rows[static_cast<Row>(row)];
    if (account.open) {
      beats.push_back(account.holds == 0 ? state.idle_beats(account) : 0);
    }
  }
  const std::size_t rank =
      many >= state.accounts ? beats.size() : beats.size() * many / state.accounts;
  if (beats.empty() || rank == beats.size()) {
    return kIdleBeatsMin;
  }
  std::ranges::nth_element(beats, beats.begin() + static_cast<std::ptrdiff_t>(rank),
                           std::ranges::greater());
  return std::max(beats[rank], kIdleBeatsMin);
}

std::vector<Treasury::Account> Treasury::idle(std::uint32_t beats, std::size_t at_most) {
  State& state = *state_;
  std::vector<Account> found;
  for (std::size_t left = std::min<std::size_t>(at_most, state.rows.size()); left > 0; --left) {
    state.looked_at = state.looked_at + 1 < state.rows.size() ? state.looked_at + 1 : 0;
    const AccountRow& account = state.rows[state.looked_at];
    if (account.open && account.holds == 0 && state.idle_beats(account) >= beats) {
      found.push_back({.key = account.key,
                       .standing = state.standing(state.looked_at, account.max),
                       .ends = account.ends});
    }
  }
  return found;
}

Treasury::Retired Treasury::retire(const Account& as_seen) {
  State& state = *state_;
  const Row row = state.find(as_seen.key);
  if (row == kNone) {
    return Retired::moved;
  }
  const AccountRow& account = state.rows[row];
  if (account.holds > 0 || account.posted != as_seen.standing.posted ||
      state.idle_beats(account) < kIdleBeatsMin) {
    return Retired::moved;
  }
  if (account.posted != Units{}) {  // nothing posted is as good as never used
    state.away.add(state.away_name(account.key), account.ends);
  }
  state.forget(row);
  return Retired::away;
}

void Treasury::put_away(AccountKey account, Instant ends) {
  state_->away.add(state_->away_name(account), ends);
}

bool Treasury::any_away() const {
  return !state_->away.empty();
}

bool Treasury::is_away(AccountKey account) const {
  return state_->find(account) == kNone && state_->away.may_have(state_->away_name(account));
}

void Treasury::find_away(std::span<const Need> needs, std::vector<Away>& out) const {
  state_->prefetch(needs);
  for (const Need& need : needs) {
    if (is_away(need.account)) {
      out.push_back({.account = need.account, .ends = need.ends});
    }
  }
}

Treasury::Recalled Treasury::recall(const Away& away, Units posted) {
  if (state_->find(away.account) != kNone) {
    return Recalled::here;
  }
  post(away.account, posted, Units(INT64_MAX), away.ends);
  return Recalled::back;
}

std::vector<Treasury::Account> Treasury::snapshot() const {
  std::vector<Account> all;
  all.reserve(state_->accounts);
  for (Row row = 0; row < state_->rows.size(); ++row) {
    const AccountRow& account = state_->rows[row];
    if (account.open) {
      all.push_back({.key = account.key,
                     .standing = state_->standing(row, account.max),
                     .ends = account.ends});
    }
  }
  return all;
}

std::size_t Treasury::accounts() const {
  return state_->accounts;
}
std::size_t Treasury::open_holds() const {
  return state_->open_holds;
}
std::size_t Treasury::names_away() const {
  return state_->away.size();
}
std::size_t Treasury::bytes() const {
  return sizeof(State) + state_->pages.bytes() + state_->index.directory_bytes() +
         state_->away.bytes();
}

}  // namespace purser
