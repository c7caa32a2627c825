// pipeline/background.cpp — open calls by their answers' ids, and the requests that end them.
#include "pipeline/background.hpp"

#include "pipeline/background_call.hpp"
#include "pipeline/heads.hpp"
#include "pipeline/relay.hpp"
#include "pipeline/serve.hpp"

namespace purser {
namespace {

/// Answers up to this size are read whole.
constexpr std::size_t kAnswerMax = std::size_t{64} << 20;
constexpr std::size_t kStreamRead = std::size_t{16} << 10;

/// What settling needs of a call, without views of a request that is over.
Call without_text(const Call& call) {
  Call kept;
  kept.dialect = call.dialect;
  kept.stream = call.stream;
  kept.choices = call.choices;
  kept.tier_asked = call.tier_asked;
  kept.speed_asked = call.speed_asked;
  kept.media_parts = call.media_parts;
  kept.server_tool_rounds_max = call.server_tool_rounds_max;
  kept.state_on_server = call.state_on_server;
  return kept;
}

void end(const BackgroundCall& call, Reply reply, Outcome outcome, std::string why, Core& core,
         Services& services) {
  Answered answered;
  answered.reply = std::move(reply);
  answered.status = call.status;
  answered.first_byte_us = call.first_byte_us;
  answered.outcome = outcome;
  answered.why = std::move(why);
  settle(call.admitted, call.held, std::move(answered), core, services);
}

/// An answer was fetched: if it is the end of a call in the background, that call is over.
void see_answer(Reply reply, Core& core, Services& services) {
  if (reply.ending == Ending::under_way ||
      (reply.ending == Ending::broken && !reply.saw_usage && reply.stop_reason != "failed")) {
    return;  // not yet, or a fetch that broke
  }
  if (const auto call = services.background.take(reply.provider_id)) {
    const Outcome outcome = outcome_of(reply);
    end(*call, std::move(reply), outcome,
        outcome == Outcome::settled ? "" : "the answer that was fetched says nothing of its usage",
        core, services);
  }
}

std::unique_ptr<Meter> meter_of(const Provider& provider, bool stream) {
  return make_meter(Dialect::responses, {.stream = stream,
                                         .hide_usage = false,
                                         .keep_text = false,
                                         .quirks = provider.quirks,
                                         .whole_events = false});
}

/// "/v1/responses/resp_1/cancel" → "resp_1".
std::string_view answer_id_in(std::string_view path) {
  constexpr std::string_view kBefore = "/responses/";
  const std::string_view id = path.substr(path.find(kBefore) + kBefore.size());
  return id.substr(0, id.find('/'));
}

/// Sends a stored answer's events on as they come.
Awaitable<bool> pass_stream(Connection& client, std::string head, bool keep_alive,
                            const Provider& provider, Incoming& incoming, Core& core,
                            Services& services) {
  end_head_chunked(head, keep_alive);
  bool open = co_await client.send({head});
  const auto meter = meter_of(provider, true);
  std::string unused;
  while (open && !incoming.ended()) {
    std::string_view piece;
    const auto more = co_await incoming.next(piece, kStreamRead, provider.waits.between_bytes);
    if (!more || !*more) {
      open = more.has_value();
      break;
    }
    meter->see(piece, unused);
    if (!piece.empty()) {
      open = co_await client.send({chunk_of(piece)});
    }
  }
  see_answer(meter->finish(open, unused), core, services);
  co_return open&& co_await client.send({kLastChunk}) && keep_alive;
}

}  // namespace

void BackgroundCalls::keep(std::string_view answer_id, std::shared_ptr<BackgroundCall> call) {
  const std::lock_guard lock(mutex_);
  by_due_.emplace(call->due, answer_id);
  open_.insert_or_assign(std::string(answer_id), std::move(call));
}

std::shared_ptr<BackgroundCall> BackgroundCalls::take(std::string_view answer_id) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(answer_id);
  if (found == open_.end()) {
    return nullptr;
  }
  auto call = std::move(found->second);
  by_due_.erase({call->due, found->first});
  open_.erase(found);
  return call;
}

std::shared_ptr<BackgroundCall> BackgroundCalls::take_due(Instant now) {
  std::string id;
  {
    const std::lock_guard lock(mutex_);
    if (by_due_.empty() || (by_due_.begin()->first > now && open_.size() <= kBackgroundCallsMax)) {
      return nullptr;
    }
    id = by_due_.begin()->second;
  }
  return take(id);
}

void leave_open(const std::shared_ptr<BackgroundCall>& call, const Answered& answered,
                Services& services) {
  call->admitted.call = without_text(call->admitted.call);
  call->admitted.signals = {};
  call->admitted.languages = {};
  call->admitted.secret = {};
  call->held.counted.reset();  // the ratio is learned by the core that counted
  call->status = answered.status;
  call->first_byte_us = answered.first_byte_us;
  call->due = now() + kBackgroundMax;
  services.answers.begin(answered.reply.provider_id, call->admitted.caller.key);
  services.background.keep(answered.reply.provider_id, call);
}

Awaitable<bool> fetch_answer(Connection& client, const Request& request, Core& core,
                             Services& services) {
  constexpr Dialect kDialect = Dialect::responses;
  const auto who = identify(request, core, services);
  if (who && services.answers.owner(answer_id_in(request.path), who->caller.key) ==
                 AnswerSizes::Owner::another) {
    const Denial denial{Refused::not_found, "no such response of this key", {}, {}};
    co_return co_await deny(client, request, kDialect, denial, {}, core);
  }
  auto passed = co_await ask_free(request, kDialect, core, services);
  if (!passed) {
    co_return co_await deny(client, request, kDialect, passed.error(), {}, core);
  }
  Incoming& incoming = *passed->incoming;
  const Provider& provider = *passed->provider;
  std::string head;
  append_response_head(head, incoming.status(), incoming.fields());
  const bool ok = incoming.status() / 100 == 2;
  if (ok && is_event_stream(incoming.fields())) {
    co_return co_await pass_stream(client, std::move(head), request.keep_alive, provider, incoming,
                                   core, services);
  }
  std::string body;
  if (!co_await read_whole(incoming, body, kAnswerMax, provider.waits.between_bytes)) {
    client.close();
    co_return false;
  }
  if (ok) {
    const auto meter = meter_of(provider, false);
    std::string unused;
    meter->see(body, unused);
    see_answer(meter->finish(true, unused), core, services);
  }
  if (auto reusable = incoming.take_reusable()) {
    core.pool(provider).give_back(std::move(reusable));
  }
  end_head_with_length(head, body.size(), request.keep_alive);
  co_return co_await client.send({head, body}) && request.keep_alive;
}

void presume_unfetched(Instant now, Core& core, Services& services) {
  while (const auto call = services.background.take_due(now)) {
    end(*call, {}, Outcome::presumed, "nobody fetched its answer in time", core, services);
  }
}

}  // namespace purser
