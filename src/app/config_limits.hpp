// app/config_limits.hpp — the sections of purser.yaml about what may be spent.
#pragma once

#include "app/config.hpp"

namespace purser {

/// `tiers`, `limits` and `workloads`.
void read_limits(Section& root, Config& config);

/// Which calls: the conditions of a `match`.
void read_match(Section& section, Match& match);

/// `sessions`, `loops` and `spikes`.
void read_sessions(Section& root, Config& config);

/// Which calls a rule is for.
void read_match(Section& section, Match& match);

/// `calls`: what every single call is held to.
void read_calls(Section& root, Config& config);

/// `tools` of a call's rule or of an MCP server: which may be called.
void read_tool_list(Section& section, ToolList& list);

}  // namespace purser
