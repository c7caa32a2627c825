// pipeline/mcp_merged.cpp — a session with all is a session with each, and nothing kept here: its
// name, which the client carries, is made of theirs.
#include "pipeline/mcp_merged.hpp"

#include <charconv>

#include "base/json_text.hpp"
#include "pipeline/heads.hpp"
#include "pipeline/mcp_ask.hpp"
#include "pipeline/serve_tool.hpp"

namespace purser {
namespace {

constexpr std::string_view kBetween = "__";  // SERVER__tool
constexpr std::string_view kStateless = "2026-07-28";
constexpr int kPagesMax = 64;  // of one server's list

/// A session with one of the servers.
struct Part {
  std::string server;
  std::string version;  // of the protocol, as agreed with this one
  std::string session;  // empty: it keeps none
};

/// "NAME=version/length/session;" for each: all that a header may carry, and read by lengths.
std::string name_of(const std::vector<Part>& parts) {
  std::string name;
  for (const Part& part : parts) {
    name += part.server + '=' + part.version + '/' + std::to_string(part.session.size()) + '/' +
            part.session + ';';
  }
  return name;
}

std::optional<std::vector<Part>> parts_of(std::string_view name) {
  std::vector<Part> parts;
  while (!name.empty()) {
    const std::size_t equals = name.find('=');
    const std::size_t first = name.find('/');
    const std::size_t second = first == std::string_view::npos ? first : name.find('/', first + 1);
    if (equals == std::string_view::npos || second == std::string_view::npos || equals > first) {
      return std::nullopt;
    }
    std::size_t length = 0;
    const auto [end, error] =
        std::from_chars(name.data() + first + 1, name.data() + second, length);
    if (error != std::errc{} || end != name.data() + second || length >= name.size() - second - 1 ||
        name[second + 1 + length] != ';') {
      return std::nullopt;
    }
    parts.push_back({.server = std::string(name.substr(0, equals)),
                     .version = std::string(name.substr(equals + 1, first - equals - 1)),
                     .session = std::string(name.substr(second + 1, length))});
    name.remove_prefix(second + 2 + length);
  }
  return parts;
}

/// One request to all, or to some.
class Merged {
 public:
  Merged(Connection& client, const Request& request, const Identified& who, Core& core,
         Services& services)
      : client_(client),
        request_(request),
        who_(who),
        core_(core),
        services_(services),
        policy_(core.policy) {}

  Awaitable<bool> serve();

 private:
  struct Target {
    const McpServer* server;
    Part part;
  };
  bool find_targets();
  McpRequest to(const Target& target, std::string_view body) const;
  Awaitable<bool> serve_request();
  Awaitable<bool> initialize();
  Awaitable<bool> discover();
  Awaitable<bool> list_tools();
  Awaitable<std::string> tools_of(const Target& target);
  Awaitable<bool> call_tool();
  Awaitable<bool> tell_all();
  Awaitable<bool> tell_one();
  Awaitable<bool> unknown_session();
  std::string result_end() const;

  Connection& client_;
  const Request& request_;
  const Identified& who_;
  Core& core_;
  Services& services_;
  std::shared_ptr<const Policy> policy_;
  RpcMessage message_;
  Caller caller_;
  bool stateless_ = false;
  std::vector<Target> targets_;
};

/// False: the session's name is none of ours.
bool Merged::find_targets() {
  const std::string_view session = field_value(*request_.fields, "mcp-session-id");
  if (session.empty()) {
    for (const McpServer& server : policy_->mcp) {
      targets_.push_back({&server, {.server = server.provider.name, .version = {}, .session = {}}});
    }
    return true;
  }
  const auto parts = parts_of(session);
  for (const Part& part : parts.value_or(std::vector<Part>{})) {
    for (const McpServer& server : policy_->mcp) {
      if (server.provider.name == part.server) {
        targets_.push_back({&server, part});
      }
    }
  }
  return parts.has_value() && !targets_.empty();
}

McpRequest Merged::to(const Target& target, std::string_view body) const {
  McpRequest outgoing{.server = target.server,
                      .method = request_.method,
                      .path = target.server->path,
                      .query = {},
                      .body = body,
                      .fields = request_.fields,
                      .session = McpRequest::Session::of_purser};
  outgoing.instead.emplace_back("mcp-session-id", target.part.session);
  if (!target.part.version.empty()) {
    outgoing.instead.emplace_back("mcp-protocol-version", target.part.version);
  }
  return outgoing;
}

/// Requests to which the server waits for an answer come back under its name.
SeeMessage name_requests(const std::string& server) {
  return [server](std::string_view text) -> std::optional<std::string> {
    const RpcReply reply = read_rpc_reply(text);
    if (reply.kind != RpcReply::Kind::other || reply.id.empty()) {
      return std::nullopt;
    }
    std::string id;
    append_json_string(id, server + std::string(kBetween) + std::string(reply.id));
    return spliced(text, reply.id_span, id);
  };
}

Awaitable<bool> Merged::initialize() {
  std::vector<Part> parts;
  std::string version;
  std::string instructions;
  std::string missing;
  for (const Target& target : targets_) {
    const auto answer = co_await ask_mcp(to(target, request_.body), &who_, core_);
    const RpcReply reply = answer ? read_rpc_reply(answer->message) : RpcReply{};
    if (reply.kind != RpcReply::Kind::result) {
      missing += (missing.empty() ? "" : ", ") + target.part.server;
      continue;
    }
    const std::string agreed = text_at(reply.result, "/protocolVersion");
    version = version.empty() ? agreed : std::min(version, agreed);
    const std::string words = text_at(reply.result, "/instructions");
    instructions += words.empty() ? "" : target.part.server + ": " + words + '\n';
    parts.push_back({.server = target.part.server, .version = agreed, .session = answer->session});
  }
  if (parts.empty()) {
    const Denial denial{Refused::upstream, "no MCP server answered: " + missing, {}, {}};
    co_return co_await deny_rpc(client_, request_, message_.id, denial, core_);
  }
  if (!missing.empty()) {
    instructions += "Not to be reached now: " + missing + '\n';
  }
  std::string result;
  JsonObject out(result);
  out.text("protocolVersion", version)
      .raw("capabilities", R"({"tools":{},"logging":{}})")
      .raw("serverInfo", R"({"name":"purser","version":"1"})");
  if (!instructions.empty()) {
    out.text("instructions", instructions);
  }
  out.finish();
  std::string fields;
  append_field(fields, "Mcp-Session-Id", name_of(parts));
  co_return co_await answer_rpc(client_, request_, 200, rpc_result(message_.id, result), fields);
}

/// What results have to carry in the protocol without sessions.
std::string Merged::result_end() const {
  return stateless_ ? R"(,"resultType":"complete","ttlMs":0,"cacheScope":"private"})" : "}";
}

Awaitable<bool> Merged::discover() {
  const std::string result = R"({"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},)"
                             R"("serverInfo":{"name":"purser","version":"1"})" +
                             result_end();
  co_return co_await answer_rpc(client_, request_, 200, rpc_result(message_.id, result));
}

/// All pages of one server's list, its tools under the names they have here, without the brackets.
Awaitable<std::string> Merged::tools_of(const Target& target) {
  std::string tools;
  std::string cursor;
  for (int page = 0; page < kPagesMax; ++page) {
    std::string params;
    JsonObject members(params);
    if (!message_.meta.empty()) {
      members.raw("_meta", message_.meta);
    }
    if (!cursor.empty()) {
      members.text("cursor", cursor);
    }
    members.finish();
    std::string body;
    JsonObject(body)
        .text("jsonrpc", "2.0")
        .raw("id", message_.id)
        .text("method", "tools/list")
        .raw("params", params)
        .finish();
    const auto answer = co_await ask_mcp(to(target, body), &who_, core_);
    if (!answer) {
      break;
    }
    const std::string renamed = with_tools(answer->message, [&](std::string_view tool) {
      return may_call(*policy_, *target.server, caller_, tool)
                 ? std::optional(target.part.server + std::string(kBetween) + std::string(tool))
                 : std::nullopt;
    });
    const auto list = at_pointer(renamed, "/result/tools");
    if (!list || list->size() < 2) {
      break;
    }
    const std::string_view inside = list->substr(1, list->size() - 2);
    tools += tools.empty() || inside.empty() ? "" : ",";
    tools += inside;
    cursor = text_at(answer->message, "/result/nextCursor");
    if (cursor.empty()) {
      break;
    }
  }
  co_return tools;
}

Awaitable<bool> Merged::list_tools() {
  std::string tools;
  for (const Target& target : targets_) {
    const std::string more = co_await tools_of(target);
    tools += tools.empty() || more.empty() ? "" : ",";
    tools += more;
  }
  co_return co_await answer_rpc(
      client_, request_, 200,
      rpc_result(message_.id, R"({"tools":[)" + tools + ']' + result_end()));
}

Awaitable<bool> Merged::call_tool() {
  const std::size_t between = message_.name.find(kBetween);
  const auto target = std::ranges::find_if(targets_, [&](const Target& each) {
    return between != std::string::npos && each.part.server == message_.name.substr(0, between);
  });
  if (target == targets_.end()) {
    co_return co_await answer_rpc(
        client_, request_, 200,
        rpc_error(message_.id, kRpcParams,
                  "unknown tool '" + message_.name + "': names are SERVER__tool"));
  }
  const std::string tool = message_.name.substr(between + kBetween.size());
  std::string quoted;
  append_json_string(quoted, tool);
  const std::string body = spliced(request_.body, message_.name_span, quoted);
  McpRequest outgoing = to(*target, body);
  if (!field_value(*request_.fields, "mcp-name").empty()) {
    outgoing.instead.emplace_back("mcp-name", tool);
  }
  co_return co_await serve_tool(client_, request_, who_, outgoing, message_, tool,
                                name_requests(target->part.server), core_, services_);
}

/// A notification, or what needs no answer but that it was heard.
Awaitable<bool> Merged::tell_all() {
  for (const Target& target : targets_) {
    const auto heard = co_await ask_mcp(to(target, request_.body), &who_, core_);
    static_cast<void>(heard);  // a server that is away is told nothing
  }
  if (request_.method == "DELETE") {
    co_return co_await answer_rpc(client_, request_, 200, {});
  }
  if (message_.kind == RpcMessage::Kind::request) {
    co_return co_await answer_rpc(client_, request_, 200,
                                  rpc_result(message_.id, '{' + result_end().substr(stateless_)));
  }
  co_return co_await answer_rpc(client_, request_, 202, {});
}

/// The answer to a request of a server's: its id says whose.
Awaitable<bool> Merged::tell_one() {
  const std::string id = text_at(message_.id, "");
  const std::size_t between = id.find(kBetween);
  for (const Target& target : targets_) {
    if (between != std::string::npos && id.substr(0, between) == target.part.server) {
      const std::string body =
          spliced(request_.body, message_.id_span, id.substr(between + kBetween.size()));
      co_return co_await pass_on_mcp(client_, request_, to(target, body), &who_, nullptr, core_);
    }
  }
  const Denial denial{Refused::bad_request, "nobody asked under this id", {}, {}};
  co_return co_await deny_rpc(client_, request_, {}, denial, core_);
}

Awaitable<bool> Merged::serve_request() {
  if (message_.method == "initialize") {
    co_return co_await initialize();
  }
  if (message_.method == "server/discover") {
    co_return co_await discover();
  }
  if (message_.method == "tools/list") {
    co_return co_await list_tools();
  }
  if (message_.calls_tool) {
    co_return co_await call_tool();
  }
  if (message_.method == "logging/setLevel" || message_.method == "ping") {
    co_return co_await tell_all();
  }
  co_return co_await answer_rpc(client_, request_, stateless_ ? 404 : 200,
                                rpc_error(message_.id, kRpcNoMethod,
                                          "/mcp has the tools of all servers; for '" +
                                              message_.method + "' ask one, at /mcp/NAME"));
}

Awaitable<bool> Merged::unknown_session() {
  const Denial denial{Refused::not_found, "no such session: initialize a new one", {}, {}};
  co_return co_await deny_rpc(client_, request_, {}, denial, core_);
}

Awaitable<bool> Merged::serve() {
  if (request_.method != "POST" && request_.method != "DELETE") {
    co_return co_await answer_rpc(client_, request_, 405, {}, "Allow: POST, DELETE\r\n");
  }
  if (!find_targets()) {
    co_return co_await unknown_session();
  }
  if (request_.method == "DELETE") {
    co_return co_await tell_all();
  }
  auto message = read_rpc(request_.body);
  if (!message) {
    co_return co_await answer_rpc(client_, request_, 400,
                                  rpc_error({}, kRpcParse, message.error().message));
  }
  message_ = std::move(*message);
  Signals signals;
  auto caller = caller_of(request_, who_, message_, signals);
  if (!caller) {
    co_return co_await deny_rpc(client_, request_, message_.id, caller.error(), core_);
  }
  caller_ = std::move(*caller);
  stateless_ = std::max<std::string_view>(field_value(*request_.fields, "mcp-protocol-version"),
                                          message_.version) >= kStateless &&
               message_.method != "initialize";
  switch (message_.kind) {
    case RpcMessage::Kind::request:
      co_return co_await serve_request();
    case RpcMessage::Kind::response:
      co_return co_await tell_one();
    case RpcMessage::Kind::notification:
      if (!message_.calls_tool) {
        co_return co_await tell_all();
      }
      break;
    case RpcMessage::Kind::batch:
      break;
  }
  const Denial denial{Refused::bad_request, "one message at a time", {}, {}};
  co_return co_await deny_rpc(client_, request_, message_.id, denial, core_);
}

}  // namespace

Awaitable<bool> serve_merged(Connection& client, const Request& request, const Identified& who,
                             Core& core, Services& services) {
  Merged merged(client, request, who, core, services);
  co_return co_await merged.serve();
}

}  // namespace purser
