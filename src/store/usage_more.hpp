// store/usage_more.hpp — what few calls used, in one column: rare classes of usage, and the parts
// of an answer that were priced apart.
// Why: a column that nearly every row leaves empty costs every row.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "call/reply.hpp"
#include "ledger/entry.hpp"

namespace purser {

/// JSON over what `json` held before; empty when there is nothing to tell.
void write_usage_more(std::string& json, const SettleEntry& entry);

/// Puts the rare classes into `usage`, and the parts into `parts`. Error (store): it is no such
/// JSON.
Result<void> read_usage_more(const std::string& json, Usage& usage, std::vector<Pass>& parts);

}  // namespace purser
