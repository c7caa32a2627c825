// pipeline/pass_through.cpp — requests that cost nothing: the key is checked, the bytes go through.
#include "pipeline/heads.hpp"
#include "pipeline/relay.hpp"
#include "pipeline/serve.hpp"
#include "pipeline/stages.hpp"

namespace purser {
namespace {

/// Lists of models and counts are small; more than this is not one.
constexpr std::size_t kFreeAnswerMax = std::size_t{16} << 20;

}  // namespace

Awaitable<bool> pass_through(Connection& client, const Request& request, Dialect dialect,
                             Core& core, Services& services) {
  const std::shared_ptr<const Policy> policy = core.policy;
  const auto& provider = policy->providers[static_cast<std::size_t>(dialect)];
  const auto who = identify(request, core, services);
  if (!who) {
    co_return co_await deny(client, request, dialect, who.error(), {}, core);
  }
  if (!provider) {
    const Denial denial{Refused::not_found, "no provider is configured for this endpoint", {}, {}};
    co_return co_await deny(client, request, dialect, denial, {}, core);
  }
  const auto secret = upstream_secret(*who, *provider, policy->unknown_key);
  if (!secret) {
    co_return co_await deny(client, request, dialect, secret.error(), {}, core);
  }
  std::string head;
  append_request_head(head,
                      {.method = request.method,
                       .path = below_base(request.path, provider->origin),
                       .query = request.query,
                       .body_bytes = request.body.size(),
                       .has_body = request.method == "POST",
                       .secret = secret->secret,
                       .secret_as_api_key = secret->as_api_key},
                      provider->origin, *request.fields);
  Pool& pool = core.pool(*provider);
  Asked asked = co_await ask(pool, head, request.body, nullptr);
  std::string body;
  if (asked.incoming) {
    head.clear();
    append_response_head(head, asked.incoming->status(), asked.incoming->fields());
  }
  if (!asked.incoming ||
      !co_await read_whole(*asked.incoming, body, kFreeAnswerMax, provider->waits.between_bytes)) {
    const Denial denial{asked.timed_out ? Refused::timeout : Refused::upstream,
                        provider->name + " did not answer: " +
                            (asked.failure.empty() ? "the answer was cut" : asked.failure),
                        {},
                        {}};
    co_return co_await deny(client, request, dialect, denial, {}, core);
  }
  if (auto reusable = asked.incoming->take_reusable()) {
    pool.give_back(std::move(reusable));
  }
  end_head_with_length(head, body.size(), request.keep_alive);
  co_return co_await client.send({head, body}) && request.keep_alive;
}

}  // namespace purser
