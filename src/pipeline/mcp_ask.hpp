// pipeline/mcp_ask.hpp — a message that Purser itself sends to a server, and its whole answer.
#pragma once

#include "pipeline/mcp_relay.hpp"

namespace purser {

struct McpAnswer {
  int status = 0;
  std::string session;  // Mcp-Session-Id
  std::string message;  // the answer to the request; empty: none was needed
};
/// A denial: the server could not be reached, or broke. What else it says meanwhile is dropped.
Awaitable<OrDenial<McpAnswer>> ask_mcp(McpRequest request, const Identified* who, Core& core);

}  // namespace purser
