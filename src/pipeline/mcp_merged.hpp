// pipeline/mcp_merged.hpp — all MCP servers as one: their tools side by side, each named
// SERVER__tool, and every call sent to the server whose tool it is.
#pragma once

#include "pipeline/stages.hpp"

namespace purser {

/// A request to /mcp.
Awaitable<bool> serve_merged(Connection& client, const Request& request, const Identified& who,
                             Core& core, Services& services);

}  // namespace purser
