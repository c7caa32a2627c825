// store/standings.hpp — how accounts stand, read from the books beside whoever writes them.
#pragma once

#include <filesystem>
#include <span>
#include <unordered_map>

#include "base/result.hpp"
#include "ledger/treasury.hpp"

namespace purser {

struct AccountStanding {
  Units posted;
  Units held;
};
using AccountStandings = std::unordered_map<AccountKey, AccountStanding>;

/// Of each of these accounts that was ever used: what is posted, and what calls in flight hold.
/// What the journal knows already and the tables do not is counted in. Calls in flight are those
/// of the journal, so beside a gateway that has died they stand as held until it is started again.
/// Error (config) when the folder holds no books.
Result<AccountStandings> read_standings(const std::filesystem::path& folder,
                                        std::span<const AccountKey> accounts);

}  // namespace purser
