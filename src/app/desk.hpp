// app/desk.hpp — what the desks behind the front share: plain answers, work that may wait, and
// what only operators may do.
#pragma once

#include <boost/asio/post.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "app/front.hpp"
#include "call/call.hpp"
#include "pipeline/signal.hpp"

namespace purser {

/// Which provider's client is this? Anthropic's always say which version they speak.
Dialect dialect_of(const Request& request);

struct Plain {
  int status = 200;
  std::string_view type = "application/json";
  std::string body = {};
};
Awaitable<bool> answer(Connection& client, const Request& request, const Plain& plain);

/// Runs `work` on the clerk's thread and waits for what it returns.
template <typename Work>
Awaitable<std::invoke_result_t<Work>> on_clerk(Front& front, Work work) {
  Signal done;
  std::optional<std::invoke_result_t<Work>> result;
  asio::post(front.clerk, [&] {
    result.emplace(work());
    front.core.inbox.push(done);
  });
  co_await done.wait();
  co_return std::move(*result);
}

/// An operator's wish: runs on the clerk's thread, for the caller whose key it came with.
using Operation = std::function<Result<Plain>(const Caller& caller)>;
/// Does it when the key may operate, and answers what came of it.
Awaitable<bool> operate(Connection& client, const Request& request, Front& front,
                        Operation operation);

/// POST /v1/verdict: what would become of the call in the body; nothing is sent, held or counted.
Awaitable<bool> verdict_desk(Connection& client, const Request& request, Front& front);

/// /v1/holds: spend that does not pass through Purser, held, looked at, settled and released.
Awaitable<bool> holds_desk(Connection& client, const Request& request, Front& front);

/// POST /v1/costs: spend that was made already.
Awaitable<bool> costs_desk(Connection& client, const Request& request, Front& front);

/// GET /v1/sessions/{name}, POST /v1/sessions/{name}/end.
Awaitable<bool> sessions_desk(Connection& client, const Request& request, Front& front);

/// GET and PUT /v1/admin/limits: the limits that operators set beside purser.yaml.
Awaitable<bool> limits_desk(Connection& client, const Request& request, Front& front);

/// /v1/admin/kills: kill switches listed, thrown and resumed by operators' keys.
Awaitable<bool> kills_desk(Connection& client, const Request& request, Front& front);

}  // namespace purser
