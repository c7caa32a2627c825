// pipeline/mcp_ask.cpp — plain answers and event streams, read to the message that was asked for.
#include "pipeline/mcp_ask.hpp"

#include "wire/mcp_message.hpp"

namespace purser {
namespace {

constexpr std::size_t kAnswerMax = std::size_t{16} << 20;  // lists, and greetings
constexpr std::size_t kRead = std::size_t{16} << 10;

std::unexpected<Denial> broken(const McpServer& server, std::string why) {
  return std::unexpected(Denial{.why = Refused::upstream,
                                .message = server.provider.name + " did not answer: " + why,
                                .retry_after = {},
                                .limit = {}});
}

/// The stream's first result or error; empty: it ended without any.
Awaitable<Result<std::string>> read_events(Incoming& incoming, std::chrono::seconds wait) {
  SseCutter cutter(kAnswerMax);
  std::string found;
  const auto look = [&found](const SseEvent& event) {
    if (found.empty() && read_rpc_reply(event.data).kind != RpcReply::Kind::other) {
      found = event.data;
    }
  };
  while (!incoming.ended()) {
    std::string_view piece;
    const auto more = co_await incoming.next(piece, kRead, wait);
    if (!more) {
      co_return std::unexpected(more.error());
    }
    cutter.feed(piece, look);
  }
  cutter.finish(look);
  co_return found;
}

}  // namespace

Awaitable<OrDenial<McpAnswer>> ask_mcp(McpRequest request, const Identified* who, Core& core) {
  const McpServer& server = *request.server;
  Pool& pool = core.pool(server.provider);
  Asked asked = co_await ask(pool, mcp_head(request, who), request.body, nullptr);
  if (!asked.incoming) {
    co_return broken(server, asked.failure);
  }
  Incoming& incoming = *asked.incoming;
  McpAnswer answer{.status = incoming.status(),
                   .session = std::string(field_value(incoming.fields(), "mcp-session-id")),
                   .message = {}};
  const auto wait = server.provider.waits.between_bytes;
  if (is_event_stream(incoming.fields())) {
    auto found = co_await read_events(incoming, wait);
    if (!found) {
      co_return broken(server, found.error().message);
    }
    answer.message = std::move(*found);
  } else if (!co_await read_whole(incoming, answer.message, kAnswerMax, wait)) {
    co_return broken(server, "the answer was cut");
  }
  give_back(incoming, pool);
  co_return answer;
}

}  // namespace purser
