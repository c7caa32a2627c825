// store/balances.hpp — what the books say of accounts: all of them at start, some of them later.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "ledger/treasury.hpp"
#include "store/sqlite.hpp"

namespace purser {

struct Balance {
  AccountKey account;
  Units posted;
  Instant ends;
};

/// A connection of its own, that only reads: beside whoever writes. One thread at a time.
class BalanceReader {
 public:
  static Result<std::unique_ptr<BalanceReader>> open(const std::filesystem::path& folder);

  /// Every account whose window has not ended at `now`, the one that ends first first.
  Result<void> each(Instant now, const std::function<void(const Balance&)>& visit);
  /// What is posted to an account; nothing when no entry ever named it.
  Result<std::optional<Units>> posted(const AccountKey& account);

 private:
  BalanceReader(Database database, Statement find)
      : database_(std::move(database)), find_(std::move(find)) {}
  Database database_;
  Statement find_;
};

}  // namespace purser
