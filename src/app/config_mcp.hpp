// app/config_mcp.hpp — the section of purser.yaml about MCP servers and what their tools cost.
#pragma once

#include "app/config.hpp"

namespace purser {

/// `mcp`, by name.
void read_mcp(Section& root, Config& config);

}  // namespace purser
