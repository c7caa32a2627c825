// pipeline/tool_call.hpp — one tool call in the books: held before it is sent, settled by its
// result. How it travels is serve_mcp's business.
//
//   hold_tool ─▶ ToolCall ─settle_tool▶ settled, released
//                   ├──────end_tool───▶ presumed, estimated, released
//                   └──────park───────▶ (its result comes by another request) ─▶ settle_tool
#pragma once

#include <memory>
#include <string>

#include "pipeline/stages.hpp"
#include "wire/mcp_message.hpp"

namespace purser {

/// Stays where it is: the held parts see into the caller's labels.
struct ToolCall {
  Admitted admitted;
  Held held;
  ToolPrice price;
  std::string id;   // of its request, raw
  SteadyTime sent;  // when it left
};

/// A call that is refused has an id, once it is known whose it is.
struct ToolDenial {
  Denial denial;
  std::string call;
};

/// Whose message this is, its labels filled in from headers and from `_meta`.
OrDenial<Caller> caller_of(const Request& request, const Identified& who, const RpcMessage& message,
                           Signals& signals);

/// Whether the caller may call the tool, by its server's list and by the rules for calls.
bool may_call(const Policy& policy, const McpServer& server, const Caller& caller,
              std::string_view tool);
/// Whether may_call() could say no to anybody.
bool filters_tools(const Policy& policy, const McpServer& server);

/// Holds its worst case and makes that durable, or says why not. `tool`: the server's own name.
Awaitable<std::expected<std::unique_ptr<ToolCall>, ToolDenial>> hold_tool(
    const Request& request, const Identified& who, const McpServer& server,
    const RpcMessage& message, std::string_view tool, Core& core, Services& services);

/// The server answered. Its own error is free; a result that is an error is a result. One that
/// asks for more input is no result: the client calls again.
Settled settle_tool(ToolCall& call, const RpcReply& reply, int status, Core& core,
                    Services& services);
/// It did not, or not in a way that says what it came to.
Settled end_tool(ToolCall& call, Outcome outcome, int status, std::string_view stop_reason,
                 std::string why, Core& core, Services& services);

/// Ends what is due, at all that was held.
void presume_tools_due(Instant now, Core& core, Services& services);

/// What Purser says of the call in the head of its answer.
void append_tool_fields(std::string& head, const ToolCall& call, Services& services);

}  // namespace purser
