// pipeline/turn_line.hpp — the JSON line a turn leaves behind: everything its bill is explained by.
#pragma once

#include <string>

#include "pipeline/stages.hpp"

namespace purser {

/// Appends one "agent_turn_completed" line, newline included.
void append_turn_completed(std::string& out, const Admitted& admitted, const Held& held,
                           std::string_view why, const SettleEntry& entry);

/// Appends one "agent_turn_refused" line: a call that was never sent.
void append_turn_refused(std::string& out, const Caller& caller, std::string_view model,
                         Dialect dialect, const Denial& denial, Instant at);

}  // namespace purser
