// pipeline/serve_mcp.hpp — MCP servers behind one address: /mcp/NAME is one of them, /mcp is all.
#pragma once

#include "http/connection.hpp"
#include "pipeline/services.hpp"

namespace purser {

/// Any request to /mcp or below it. Only tools/call costs something, and is a call in the books.
/// Returns whether the connection may carry another request.
Awaitable<bool> serve_mcp(Connection& client, const Request& request, Core& core,
                          Services& services);

/// /.well-known/…/mcp/NAME: what the server says of itself there, to anybody.
Awaitable<bool> serve_mcp_metadata(Connection& client, const Request& request, Core& core);

}  // namespace purser
