// pipeline/pass_through.cpp — requests that cost nothing: the key is checked, the bytes go through.
#include "pipeline/heads.hpp"
#include "pipeline/relay.hpp"
#include "pipeline/serve.hpp"
#include "pipeline/stages.hpp"

namespace purser {
namespace {

/// Lists of models and counts are small; more than this is not one.
constexpr std::size_t kFreeAnswerMax = std::size_t{16} << 20;

/// Whom it goes to, with which key, and what is to be sent.
struct Passing {
  const Provider* provider = nullptr;
  UpstreamSecret secret;
  std::string edited;  // empty: the body as it came
  std::string path;
};

/// A body may name a model, and that a provider; one that we cannot read is not ours to judge.
OrDenial<Passing> prepare(const Request& request, Dialect dialect, const Policy& policy,
                          const Identified& who) {
  const auto call = read_request(dialect, request.body, {}, request.path);
  const std::string_view model = call ? call->model : std::string_view{};
  auto choice = choose(policy.providers, dialect, provider_asked(request), model, *policy.prices);
  if (!choice) {
    return std::unexpected(Denial{Refused::not_found, std::move(choice.error()), {}, {}});
  }
  auto secret = upstream_secret(who, *choice->provider, policy.unknown_key);
  if (!secret) {
    return std::unexpected(std::move(secret.error()));
  }
  Passing passing{.provider = choice->provider,
                  .secret = *secret,
                  .edited = {},
                  .path = std::string(request.path)};
  if (choice->model.size() < model.size()) {
    passing.edited = splice(*call, request.body, {.model = choice->model});
    passing.path = splice_path(*call, request.path, {.model = choice->model});
  }
  return passing;
}

}  // namespace

Awaitable<OrDenial<FreeAnswer>> ask_free(const Request& request, Dialect dialect, Core& core,
                                         Services& services) {
  FreeAnswer answer{.policy = core.policy};
  const auto who = identify(request, core, services);
  if (!who) {
    co_return std::unexpected(who.error());
  }
  const auto passing = prepare(request, dialect, *answer.policy, *who);
  if (!passing) {
    co_return std::unexpected(passing.error());
  }
  answer.provider = passing->provider;
  const Provider& provider = *answer.provider;
  const std::string_view sent =
      passing->edited.empty() ? request.body : std::string_view(passing->edited);
  std::string head;
  append_request_head(head,
                      {.method = request.method,
                       .path = passing->path,
                       .query = request.query,
                       .dialect = dialect,
                       .body_bytes = sent.size(),
                       .has_body = request.method == "POST",
                       .secret = passing->secret.secret,
                       .key_header = passing->secret.header},
                      provider, *request.fields);
  Asked asked = co_await ask(core.pool(provider), head, sent, nullptr);
  if (!asked.incoming) {
    co_return std::unexpected(Denial{asked.timed_out ? Refused::timeout : Refused::upstream,
                                     provider.name + " did not answer: " + asked.failure,
                                     {},
                                     {}});
  }
  answer.incoming = std::move(asked.incoming);
  co_return answer;
}

Awaitable<bool> pass_through(Connection& client, const Request& request, Dialect dialect,
                             Core& core, Services& services) {
  auto answer = co_await ask_free(request, dialect, core, services);
  if (!answer) {
    co_return co_await deny(client, request, dialect, answer.error(), {}, core);
  }
  Incoming& incoming = *answer->incoming;
  std::string head;
  append_response_head(head, incoming.status(), incoming.fields());
  std::string body;
  const Provider& provider = *answer->provider;
  if (!co_await read_whole(incoming, body, kFreeAnswerMax, provider.waits.between_bytes)) {
    const Denial denial{
        Refused::upstream, provider.name + " did not answer: the answer was cut", {}, {}};
    co_return co_await deny(client, request, dialect, denial, {}, core);
  }
  if (auto reusable = incoming.take_reusable()) {
    core.pool(provider).give_back(std::move(reusable));
  }
  end_head_with_length(head, body.size(), request.keep_alive);
  co_return co_await client.send({head, body}) && request.keep_alive;
}

}  // namespace purser
