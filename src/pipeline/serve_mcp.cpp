// pipeline/serve_mcp.cpp — which server is meant, and whether its tool is called.
#include "pipeline/serve_mcp.hpp"

#include "pipeline/mcp_merged.hpp"
#include "pipeline/mcp_relay.hpp"
#include "pipeline/serve_tool.hpp"

namespace purser {
namespace {

constexpr std::string_view kPath = "/mcp";

std::unexpected<Denial> denied(Refused why, std::string message) {
  return std::unexpected(
      Denial{.why = why, .message = std::move(message), .retry_after = {}, .limit = {}});
}

/// "localhost:8484", "http://[::1]:80" → whether that is this machine.
bool is_this_machine(std::string_view text) {
  const std::size_t scheme = text.find("://");
  text = scheme == std::string_view::npos ? text : text.substr(scheme + 3);
  const bool bracket = text.starts_with('[');
  const std::string_view host =
      text.substr(0, bracket ? text.find(']') + 1 : text.find_first_of(":/"));
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

/// Where no key is asked for, any page in a browser on this machine could make its own name point
/// here (DNS rebinding). With keys it would have none.
OrDenial<void> guard(const Policy& policy, const std::vector<Field>& fields) {
  if (policy.unknown_key != UnknownKey::admit) {
    return {};
  }
  const std::string_view origin = field_value(fields, "origin");
  if (is_this_machine(field_value(fields, "host")) && (origin.empty() || is_this_machine(origin))) {
    return {};
  }
  return denied(Refused::forbidden,
                "Host and Origin must be of this machine while keys.unknown is admit");
}

const McpServer* find_server(const Policy& policy, std::string_view name) {
  const auto found = std::ranges::find(policy.mcp, name, [](const McpServer& server) {
    return std::string_view(server.provider.name);
  });
  return found == policy.mcp.end() ? nullptr : &*found;
}

McpRequest outgoing_of(const Request& request, const McpServer& server) {
  return {.server = &server,
          .method = request.method,
          .path = server.path,
          .query = request.query,
          .body = request.body,
          .fields = request.fields};
}

/// A client listens: the results of calls whose stream ended before come here.
SeeMessage settle_open_tools(const Request& request, const McpServer& server, Core& core,
                             Services& services) {
  const std::string session(field_value(*request.fields, "mcp-session-id"));
  return [&server, &core, &services, session](std::string_view text) -> std::optional<std::string> {
    if (!services.tools.any()) {
      return std::nullopt;
    }
    const RpcReply reply = read_rpc_reply(text);
    if (reply.kind != RpcReply::Kind::other) {
      if (const auto call = services.tools.take(open_tool_name(server, session, reply.id))) {
        settle_tool(*call, reply, 200, core, services);
      }
    }
    return std::nullopt;
  };
}

/// A list without the tools that this caller may not call.
SeeMessage hide_tools(std::shared_ptr<const Policy> policy, const McpServer& server,
                      Caller caller) {
  return [policy = std::move(policy), &server,
          caller = std::move(caller)](std::string_view text) -> std::optional<std::string> {
    if (read_rpc_reply(text).kind != RpcReply::Kind::result) {
      return std::nullopt;
    }
    return with_tools(text, [&](std::string_view tool) {
      return may_call(*policy, server, caller, tool) ? std::optional(std::string(tool))
                                                     : std::nullopt;
    });
  };
}

/// A message to one server.
Awaitable<bool> serve_message(Connection& client, const Request& request, const McpServer& server,
                              const Identified& who, Core& core, Services& services) {
  const auto message = read_rpc(request.body);
  if (!message) {
    co_return co_await answer_rpc(client, request, 400,
                                  rpc_error({}, kRpcParse, message.error().message));
  }
  McpRequest outgoing = outgoing_of(request, server);
  if (message->asks("tools/call")) {
    co_return co_await serve_tool(client, request, who, outgoing, *message, message->name, nullptr,
                                  core, services);
  }
  if (message->calls_tool) {
    const Denial denial{Refused::bad_request,
                        "tools/call is a request of its own: not a notification, nor in a batch",
                        {},
                        {}};
    co_return co_await deny_rpc(client, request, message->id, denial, core);
  }
  SeeMessage edit;
  if (message->asks("tools/list") && filters_tools(*core.policy, server)) {
    Signals signals;
    auto caller = caller_of(request, who, *message, signals);
    if (!caller) {
      co_return co_await deny_rpc(client, request, message->id, caller.error(), core);
    }
    edit = hide_tools(core.policy, server, std::move(*caller));
  }
  co_return co_await pass_on_mcp(client, request, outgoing, &who, std::move(edit), core);
}

}  // namespace

Awaitable<bool> serve_mcp(Connection& client, const Request& request, Core& core,
                          Services& services) {
  const std::shared_ptr<const Policy> policy = core.policy;  // its servers stay meanwhile
  if (auto guarded = guard(*policy, *request.fields); !guarded) {
    co_return co_await deny_rpc(client, request, {}, guarded.error(), core);
  }
  const std::string_view name =
      request.path.size() > kPath.size() ? request.path.substr(kPath.size() + 1) : "";
  const McpServer* const server = find_server(*policy, name);
  if (policy->mcp.empty() || (server == nullptr && !name.empty())) {
    const Denial denial{Refused::not_found, "no MCP server of this name is configured", {}, {}};
    co_return co_await deny_rpc(client, request, {}, denial, core);
  }
  if (request.method == "OPTIONS" && server != nullptr) {  // browsers ask without a key
    co_return co_await pass_on_mcp(client, request, outgoing_of(request, *server), nullptr, nullptr,
                                   core);
  }
  const auto who = identify(request, core, services);
  if (!who) {
    co_return co_await deny_rpc(client, request, {}, who.error(), core);
  }
  if (server == nullptr) {
    co_return co_await serve_merged(client, request, *who, core, services);
  }
  if (request.method == "POST") {
    co_return co_await serve_message(client, request, *server, *who, core, services);
  }
  SeeMessage see =
      request.method == "GET" ? settle_open_tools(request, *server, core, services) : nullptr;
  co_return co_await pass_on_mcp(client, request, outgoing_of(request, *server), &*who,
                                 std::move(see), core);
}

Awaitable<bool> serve_mcp_metadata(Connection& client, const Request& request, Core& core) {
  const std::shared_ptr<const Policy> policy = core.policy;
  const std::size_t at = request.path.rfind("/mcp/");
  const McpServer* const server =
      at == std::string_view::npos ? nullptr : find_server(*policy, request.path.substr(at + 5));
  if (server == nullptr) {
    const Denial denial{Refused::not_found, "no MCP server of this name is configured", {}, {}};
    co_return co_await deny_rpc(client, request, {}, denial, core);
  }
  McpRequest outgoing = outgoing_of(request, *server);
  outgoing.path = std::string(request.path.substr(0, at)) + server->path;
  co_return co_await pass_on_mcp(client, request, outgoing, nullptr, nullptr, core);
}

}  // namespace purser
