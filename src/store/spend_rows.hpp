// store/spend_rows.hpp — the ledger call by call, with all that belongs to its cost: for what
// cannot be summed by SQL.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "call/call.hpp"
#include "call/caller.hpp"
#include "money/amount.hpp"

namespace purser {

struct SpendRow {
  CallId call;
  Instant at;
  Caller caller;
  std::string provider;
  std::string model;
  Dialect dialect = Dialect::chat;
  Amount cost;           // corrections included
  bool certain = false;  // not at its hold, or corrected since
  std::int64_t tokens = 0;
};

/// Every call admitted in [since, until), whatever its end, in the order of ids. The row is used
/// again for the next one.
Result<void> read_spend(const std::filesystem::path& folder, Instant since, Instant until,
                        const std::function<void(const SpendRow&)>& take);

}  // namespace purser
