// store/ledger_db.hpp — the ledger as SQL: a row for each call that is over, balances beside them.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "ledger/entry.hpp"
#include "store/journal.hpp"
#include "store/sqlite.hpp"

namespace purser {

/// A call that is over, as its two payloads in the journal.
struct ClosedCall {
  CallId call;
  std::string hold;
  std::string_view settle;
  bool carried = false;  // its hold stands in the table `held`
};

/// An open hold, as its payload in the journal.
struct HeldCall {
  CallId call;
  std::string hold;
};

/// How far the tables have taken the journal.
Result<JournalMark> read_mark(const Database& database);

class LedgerDb {
 public:
  static Result<LedgerDb> open(const std::filesystem::path& folder);

  /// In one transaction: a row for each closed call, its legs added to the balances, `carried`
  /// written down as open, and the journal's mark moved. A call that has a row is not posted again.
  Result<void> fold(std::span<const ClosedCall> closed, std::span<const HeldCall> carried,
                    JournalMark mark);

  /// How far the journal is folded: every settlement before it is a row, and every hold of an
  /// earlier segment is a row or carried.
  Result<JournalMark> mark() const { return read_mark(database_); }
  Result<std::vector<HeldCall>> carried() const;

  struct Facts {
    std::uint64_t calls = 0;
    CallId last;  // the largest id given away: refused calls have one too
  };
  Result<Facts> facts() const;
  enum class Checkpoint { whole, held_up };
  /// whole: all that was folded is in the file and on the disk. held_up: a reader stands in the
  /// way.
  Result<Checkpoint> checkpoint() const;

 private:
  struct Sum {
    Units posted;
    Instant ends;
  };
  struct Posted {
    std::int64_t calls = 0;
    std::unordered_map<AccountKey, Sum> sums;
  };

  explicit LedgerDb(Database database) : database_(std::move(database)) {}
  Result<void> prepare();
  Result<void> insert(const ClosedCall& closed, Posted& posted);
  void bind();
  Result<void> add(const Posted& posted);
  Result<void> fold_inside(std::span<const ClosedCall> closed, std::span<const HeldCall> carried,
                           JournalMark mark);

  Database database_;
  Statement insert_;
  Statement let_go_;
  Statement carry_;
  Statement add_;
  Statement mark_;
  Statement count_;
  Statement name_;
  // The call being inserted: their memory is used again and again.
  HoldEntry hold_;
  SettleEntry settle_;
  std::string tags_;
  std::string usage_more_;
  std::string legs_;
};

/// Accounts and units as they stand in a row: 25 bytes a leg.
struct PackedLeg {
  AccountKey account;
  Units units;
  bool is_money = false;
};
void pack_leg(std::string& bytes, const PackedLeg& leg);
Result<std::vector<PackedLeg>> unpack_legs(std::string_view bytes);
/// Names of accounts, and of holds, as 16 bytes.
std::string pack_digest(const AccountKey& account);
Result<AccountKey> unpack_digest(std::string_view bytes);

}  // namespace purser
