// ledger/treasury.cpp — accounts in rows of one cache line, open holds in slots of two.
// Both are numbered and never move; what is free is chained and used again, so a treasury that has
// seen its peak allocates no more.
#include "ledger/treasury.hpp"

#include <algorithm>
#include <array>

#include "base/invariant.hpp"
#include "ledger/account_index.hpp"
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

/// Things numbered from 0 that never move.
template <typename T, std::size_t kChunk>
class Numbered {
 public:
  explicit Numbered(Pages& pages) : pages_(pages) {}
  T& operator[](std::uint32_t number) { return (*chunks_[number / kChunk])[number % kChunk]; }
  const T& operator[](std::uint32_t number) const {
    return (*chunks_[number / kChunk])[number % kChunk];
  }
  std::uint32_t size() const { return size_; }
  std::uint32_t add() {
    INVARIANT(size_ < kNone, "rows are numbered in 32 bits");
    if (size_ % kChunk == 0) {
      chunks_.push_back(pages_.take<std::array<T, kChunk>>());
    }
    const std::uint32_t number = size_++;
    std::construct_at(&(*this)[number]);
    return number;
  }

 private:
  Pages& pages_;
  std::vector<std::array<T, kChunk>*> chunks_;
  std::uint32_t size_ = 0;
};

using Rows = std::array<Row, kNeedsMax>;

}  // namespace

struct Treasury::State {
  explicit State(Seed layout) : secret{layout.next(), layout.next()} {}

  AccountIndex::Tag tag(AccountKey key) const;
  Row find(AccountKey key) const;
  void prefetch(std::span<const Need> needs) const;
  Row open(const Need& need);
  void forget(Row row);
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
};

/// Folds key × secret, so that tags are even whatever the keys are.
AccountIndex::Tag Treasury::State::tag(AccountKey key) const {
  const auto product = static_cast<unsigned __int128>(key.low ^ secret[0]) * (key.high ^ secret[1]);
  return static_cast<AccountIndex::Tag>(static_cast<std::uint64_t>(product >> 64) ^
                                        static_cast<std::uint64_t>(product) >> 32);
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
  rows[row] = AccountRow{.key = need.account, .max = need.max, .ends = need.ends, .open = true};
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
    const Row row = found[i] == kNone ? state.open(need) : found[i];
    AccountRow& account = state.rows[row];
    account.held += need.units;
    account.max = need.max;
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
  INVARIANT(state_->rows[row].posted >= Units{}, "T1: a correction takes back what was posted");
}

std::size_t Treasury::expire(Instant now, std::size_t at_most) {
  State& state = *state_;
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
std::size_t Treasury::bytes() const {
  return sizeof(State) + state_->pages.bytes() + state_->index.directory_bytes();
}

}  // namespace purser
