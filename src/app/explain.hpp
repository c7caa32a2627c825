// app/explain.hpp — one call in plain words: who made it, what it cost and where that was posted,
// what Purser changed and why, or why it was refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/table.hpp"
#include "limits/limit_set.hpp"
#include "store/call_record.hpp"
#include "store/refusals.hpp"

namespace purser {

/// "lowered the answer's bound to 297 tokens: all that the money left carried", a sentence each.
std::vector<std::string> edits_in_words(std::string_view edits, std::string_view model_asked);

/// Two columns: what, and its words. Accounts have the names of the limits as they are configured
/// now; those of limits that are gone, or that match otherwise now, have none.
Table explain(const CallRecord& call, const LimitSet& limits);
Table explain(const RefusedCall& refused);

}  // namespace purser
