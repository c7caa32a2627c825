// store/ledger_db.hpp — the ledger as SQL: one row a call that is over, balances beside them.
// docs/ledger.md explains the tables. Rows are inserted, never changed: what was wrong is corrected
// by another row.
#pragma once

#include <filesystem>
#include <unordered_map>

#include "base/result.hpp"
#include "ledger/entry.hpp"
#include "store/sqlite.hpp"

namespace purser {

/// Makes the tables that are not there. Error (store) when the file is of a newer format.
Result<void> make_tables(const Database& database);

/// The file's name inside the data folder.
inline constexpr std::string_view kDatabaseName = "purser.db";

/// A call that is over: its two halves.
struct ClosedCall {
  HoldEntry hold;
  SettleEntry settle;
};

/// How far the journal has been folded.
struct Folded {
  std::int64_t segment = 0;
  std::int64_t offset = 0;  // settlements before it are in the database
};

class LedgerDb {
 public:
  static Result<LedgerDb> open(const std::filesystem::path& folder);

  /// Inserts calls, adds their legs to the balances, and moves the journal's mark: all or nothing.
  Result<void> fold(const std::vector<ClosedCall>& calls, Folded folded);

  Result<Folded> folded();
  struct Facts {
    std::uint64_t calls = 0;
    CallId last;
  };
  Result<Facts> facts();
  struct Balance {
    AccountKey account;
    Units posted;
    Instant ends;
  };
  /// Accounts whose window has not ended.
  Result<std::vector<Balance>> balances(Instant now);
  /// Everything in the write-ahead log is in the file and on the disk when this returns.
  Result<void> checkpoint();

 private:
  explicit LedgerDb(Database database) : database_(std::move(database)) {}
  Result<void> prepare();
  Result<void> insert(const ClosedCall& call);
  Result<void> fold_inside(const std::vector<ClosedCall>& calls, Folded folded);

  Database database_;
  Statement insert_;
  Statement add_;
  Statement mark_;
  Statement count_;
};

/// Accounts and units as they stand in a row: 24 bytes a leg.
std::string pack_legs(const std::vector<Leg>& legs);
struct PackedLeg {
  AccountKey account;
  Units units;
};
Result<std::vector<PackedLeg>> unpack_legs(std::string_view bytes);
std::string pack_account(const AccountKey& account);
Result<AccountKey> unpack_account(std::string_view bytes);

}  // namespace purser
