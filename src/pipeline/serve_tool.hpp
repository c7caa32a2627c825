// pipeline/serve_tool.hpp — one tools/call, top to bottom: held, sent, relayed, settled.
#pragma once

#include "pipeline/mcp_relay.hpp"
#include "pipeline/tool_call.hpp"

namespace purser {

/// `tool`: the name its server has for it. `edit`, null for most, sees every message that goes
/// back.
Awaitable<bool> serve_tool(Connection& client, const Request& request, const Identified& who,
                           const McpRequest& outgoing, const RpcMessage& message,
                           std::string_view tool, SeeMessage edit, Core& core, Services& services);

/// Under which name a call waits whose result is to come by another request.
std::string open_tool_name(const McpServer& server, std::string_view session, std::string_view id);

}  // namespace purser
