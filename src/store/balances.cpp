// store/balances.cpp — two selects. Each sees what was committed when it began.
#include "store/balances.hpp"

#include "store/ledger_db.hpp"
#include "store/tables.hpp"

namespace purser {

Result<std::unique_ptr<BalanceReader>> BalanceReader::open(const std::filesystem::path& folder) {
  auto database = open_books(folder);
  if (!database) {
    return std::unexpected(database.error());
  }
  auto find = database->prepare("SELECT posted FROM accounts WHERE key = ?");
  if (!find) {
    return std::unexpected(find.error());
  }
  return std::unique_ptr<BalanceReader>(new BalanceReader(std::move(*database), std::move(*find)));
}

Result<void> BalanceReader::each(Instant now, const std::function<void(const Balance&)>& visit) {
  auto select =
      database_.prepare("SELECT key, posted, ends FROM accounts WHERE ends > ? ORDER BY ends");
  if (!select) {
    return std::unexpected(select.error());
  }
  select->number(now.nanos());
  while (true) {
    const auto row = select->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      return {};
    }
    const auto account = unpack_digest(select->blob_at(0));
    if (!account) {
      return std::unexpected(account.error());
    }
    visit({.account = *account,
           .posted = Units(select->number_at(1)),
           .ends = Instant::from_nanos(select->number_at(2))});
  }
}

Result<std::optional<Units>> BalanceReader::posted(const AccountKey& account) {
  const auto row = find_.blob(pack_digest(account)).step();
  if (!row) {
    return std::unexpected(row.error());
  }
  if (!*row) {
    return std::nullopt;
  }
  const Units posted(find_.number_at(0));
  if (const auto end = find_.step(); !end) {
    return std::unexpected(end.error());
  }
  return posted;
}

}  // namespace purser
