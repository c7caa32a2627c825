// pipeline/serve.cpp — one model call, top to bottom. A stage takes what the stage before it
// returned, so none can be skipped or reordered. Pure stages are plain calls; waiting is co_await.
#include "pipeline/serve.hpp"

#include "pipeline/background_call.hpp"
#include "pipeline/heads.hpp"
#include "pipeline/relay.hpp"
#include "pipeline/stages.hpp"
#include "pipeline/try_again.hpp"
#include "pipeline/turn_line.hpp"
#include "wire/gemini_path.hpp"
#include "wire/pace_fields.hpp"

namespace purser {
namespace {

/// Plain answers up to this size are read whole, so that their cost can stand in the header.
constexpr std::size_t kPlainAnswerMax = std::size_t{64} << 20;
/// Most heads, ours in them, are shorter.
constexpr std::size_t kHeadBytes = 1536;
/// What clients take seriously: some ignore a longer retry-after and try again at once.
constexpr std::chrono::seconds kRetryAfterMin{1};
constexpr std::chrono::seconds kRetryAfterMax{60};

std::int64_t microseconds_since(SteadyTime began) {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                               began)
      .count();
}

void count_added(Core& core, SteadyTime began) {
  const std::int64_t added = microseconds_since(began);
  std::size_t bucket = 0;
  while (bucket < kAddedUsBounds.size() && added > kAddedUsBounds[bucket]) {
    ++bucket;
  }
  core.counters.added_us[bucket].add();
  core.counters.added_us_sum.add(added);
}

/// What Purser says about the call in the answer's header, edits included: a cut says so.
void append_call_fields(std::string& head, const Admitted& admitted, const Held& held,
                        Services& services) {
  head += "x-purser-call-id: ";
  append_text(head, admitted.id);
  head += "\r\nx-purser-held-usd: ";
  append_exact_dollars(head, held.worst);
  head += "\r\n";
  if (held.edits.output_max) {
    append_field(head, "x-purser-output-max",
                 std::to_string(held.edits.output_max->count()) +
                     (held.fitted ? "; fitted to the money left" : ""));
  }
  append_field(head, "x-purser-session", admitted.caller.session);
  if (admitted.passage && admitted.passage->waited() > std::chrono::milliseconds(0)) {
    append_field(head, "x-purser-queued-ms", std::to_string(admitted.passage->waited().count()));
  }
  if (!admitted.loop.empty()) {
    append_field(head, "x-purser-loop", admitted.loop);
  }
  if (const std::string edits = edits_text(admitted, held); !edits.empty()) {
    append_field(head, "x-purser-edits", edits);
  }
  append_standing(head, admitted, held, services);
}

void write_request_head(std::string& head, const Admitted& admitted, const Request& request,
                        std::string_view path, std::size_t body_bytes) {
  head.reserve(kHeadBytes);
  append_request_head(head,
                      {.method = request.method,
                       .path = path,
                       .query = request.query,
                       .dialect = admitted.call.dialect,
                       .model = admitted.model,
                       .body_bytes = body_bytes,
                       .has_body = true,
                       .secret = admitted.secret.secret,
                       .key_header = admitted.secret.header},
                      *admitted.provider, *request.fields);
}

/// Sends the call on, edited where the hold says so.
Awaitable<Asked> forward(const Admitted& admitted, const Held& held, const Request& request,
                         Running& running, Pool& pool, Core& core) {
  const bool edited = held.edits.any();
  const std::string other =
      edited ? splice(admitted.call, request.body, held.edits) : std::string();
  const std::string_view body = edited ? std::string_view(other) : request.body;
  const std::string path = splice_path(admitted.call, request.path, held.edits);
  Draft head(core.drafts);
  write_request_head(*head, admitted, request, path, body.size());
  co_return co_await ask(pool, *head, body, &running);
}

/// Ended by a kill switch before its answer began: posted at its hold, if the provider has seen it.
Awaitable<bool> answer_killed(Connection& client, const Request& request, const Admitted& admitted,
                              const Held& held, const std::string& why, Outcome outcome, Core& core,
                              Services& services) {
  if (outcome != Outcome::released) {
    core.counters.killed.add();
  }
  Answered answered;
  answered.outcome = outcome;
  answered.why = why;
  answered.reply.stop_reason = "purser_kill";
  settle(admitted, held, std::move(answered), core, services);
  co_return co_await deny(client, request, admitted.call.dialect, killed_denial(why),
                          to_text(admitted.id), core);
}

/// The provider could not be reached, or broke before it answered.
Awaitable<bool> no_answer(Connection& client, const Request& request, const Admitted& admitted,
                          const Held& held, const Asked& asked, Core& core, Services& services) {
  Answered answered;
  answered.outcome = asked.sent ? Outcome::presumed : Outcome::released;
  answered.why = asked.failure;
  settle(admitted, held, std::move(answered), core, services);
  const Denial denial{
      .why = asked.timed_out ? Refused::timeout : Refused::upstream,
      .message = admitted.provider->name + " could not be reached: " + asked.failure,
      .retry_after = {},
      .limit = {}};
  co_return co_await deny(client, request, admitted.call.dialect, denial, to_text(admitted.id),
                          core);
}

/// Waits until the provider may be asked. A denial: that takes too long, or nobody asks any more.
Awaitable<OrDenial<void>> wait_for_turn(Connection& client, Admitted& admitted, const Held& held,
                                        Running& running, Core& core, Services& services) {
  const auto passed = co_await services.gates.pass(admitted, held, running, core);
  const std::string& provider = admitted.provider->name;
  if (!passed) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(passed.error().retry_after);
    co_return std::unexpected(Denial{
        .why = Refused::pace,
        .message = provider + " is asked as fast as it lets us; this call's turn did not " +
                   "come in time.",
        .retry_after = std::clamp<std::chrono::seconds>(seconds, kRetryAfterMin, kRetryAfterMax),
        .limit = {}});
  }
  if (admitted.passage->waited() > std::chrono::milliseconds(0) && client.look_whether_gone()) {
    co_return std::unexpected(Denial{.why = Refused::pace,
                                     .message = "the client left while it waited for " + provider,
                                     .retry_after = kRetryAfterMin,
                                     .limit = {}});
  }
  co_return OrDenial<void>();
}

/// Whatever may refuse the call before money is looked for.
OrDenial<void> ask_all(Admitted& admitted, std::string_view body, Core& core, Services& services) {
  if (auto approved = approve(admitted, body, core, services); !approved) {
    return approved;
  }
  if (auto denial = switched_off(admitted, core)) {
    return std::unexpected(std::move(*denial));
  }
  return judge(admitted, services);
}

/// Why a call that has waited does not leave any more. Nothing: it may.
std::optional<std::string> switched_off_meanwhile(const Admitted& admitted, const Running& running,
                                                  const Core& core) {
  if (running.killed()) {
    return running.killed();
  }
  auto denial = switched_off(admitted, core);
  return denial ? std::optional(std::move(denial->message)) : std::nullopt;
}

/// It was held, but never sent.
Awaitable<bool> answer_unsent(Connection& client, const Request& request, const Admitted& admitted,
                              const Held& held, const Denial& denial, Core& core,
                              Services& services) {
  Answered answered;
  answered.outcome = Outcome::released;
  answered.why = denial.message;
  settle(admitted, held, std::move(answered), core, services);
  co_return co_await deny(client, request, admitted.call.dialect, denial, to_text(admitted.id),
                          core);
}

/// Google streams events, or, unless they are asked for, one array: then the type does not tell.
bool is_stream(const Admitted& admitted, const std::vector<Field>& fields) {
  return is_event_stream(fields) ||
         (admitted.call.dialect == Dialect::gemini && admitted.call.stream);
}

void give_back(Incoming& incoming, const Running& running, Pool& pool) {
  if (running.killed()) {
    return;  // it was closed under the call
  }
  if (auto reusable = incoming.take_reusable()) {
    pool.give_back(std::move(reusable));
  }
}

/// A stream: its head goes out at once, its cost is known at the end. One of a call in the
/// background may be left before that, and be taken up again.
Awaitable<bool> answer_stream(Connection& client, bool keep_alive, const Admitted& admitted,
                              const Held& held, const std::shared_ptr<BackgroundCall>& background,
                              Incoming& incoming, std::int64_t first_byte_us, Running& running,
                              Pool& pool, Core& core, Services& services) {
  {
    std::string head;  // gone before the wait: a stream lasts
    head.reserve(kHeadBytes);
    append_response_head(head, incoming.status(), incoming.fields());
    append_call_fields(head, admitted, held, services);
    end_head_chunked(head, keep_alive);
    co_await client.send({head});
  }
  const StreamFraming framing =
      is_event_stream(incoming.fields()) ? StreamFraming::events : StreamFraming::array;
  Relayed relayed = co_await relay(incoming, framing, client, admitted, held, running, core);
  relayed.answered.first_byte_us = first_byte_us;
  if (background && relayed.answered.outcome != Outcome::settled &&
      !relayed.answered.reply.provider_id.empty() && !running.killed()) {
    leave_open(background, relayed.answered, services);
  } else {
    settle(admitted, held, std::move(relayed.answered), core, services);
  }
  give_back(incoming, running, pool);
  // A broken stream breaks here too: without its last chunk the client sees what happened.
  co_return !relayed.tail.empty() && co_await client.send({relayed.tail}) && keep_alive;
}

Awaitable<bool> read_leashed(Incoming& incoming, std::string& body, const Admitted& admitted,
                             Running& running) {
  const Leash leash(running, incoming.upstream());
  co_return co_await read_whole(incoming, body, kPlainAnswerMax,
                                admitted.provider->waits.between_bytes);
}

/// A plain answer: read whole, metered, settled, and only then sent, its cost in the header.
Awaitable<bool> answer_plain(Connection& client, const Request& request, const Admitted& admitted,
                             const Held& held, const std::shared_ptr<BackgroundCall>& background,
                             Incoming& incoming, std::int64_t first_byte_us, Running& running,
                             Pool& pool, Core& core, Services& services) {
  Draft head(core.drafts);
  head->reserve(kHeadBytes);
  append_response_head(*head, incoming.status(), incoming.fields());
  ToldPace told = told_pace(incoming.status(), incoming.fields());
  Draft body(core.drafts);
  const bool whole = co_await read_leashed(incoming, *body, admitted, running);
  if (!whole && running.killed()) {
    co_return co_await answer_killed(client, request, admitted, held, *running.killed(),
                                     Outcome::estimated, core, services);
  }
  if (told.pace == Pace::too_fast && is_spend_cap(*body)) {
    told = {.pace = Pace::no_money, .wait = {}};
  }
  if (told.pace == Pace::too_fast && !told.wait) {
    told.wait = told_delay(*body);
  }
  services.gates.hear(admitted, told);
  Answered answered;
  answered.status = incoming.status();
  answered.first_byte_us = first_byte_us;
  if (answered.status / 100 == 2) {
    const auto meter = make_meter(admitted.call.dialect, {.stream = false,
                                                          .hide_usage = false,
                                                          .keep_text = false,
                                                          .quirks = admitted.provider->quirks,
                                                          .whole_events = false,
                                                          .framing = StreamFraming::events});
    std::string unused;
    meter->see(*body, unused);
    answered.reply = meter->finish(whole, unused);
    answered.outcome = outcome_of(answered.reply);
  } else {
    answered.outcome = Outcome::released;  // providers do not bill errors
  }
  append_call_fields(*head, admitted, held, services);
  if (background && whole && answered.reply.ending == Ending::under_way) {
    leave_open(background, answered, services);
  } else {
    const Settled settled = settle(admitted, held, std::move(answered), core, services);
    *head += "x-purser-cost-usd: ";
    append_exact_dollars(*head, settled.entry.cost);
    *head += "\r\n";
  }
  if (!whole) {
    client.close();
    co_return false;
  }
  give_back(incoming, running, pool);
  end_head_with_length(*head, body->size(), request.keep_alive);
  co_return co_await client.send({*head, *body}) && request.keep_alive;
}

/// The provider has begun to answer.
Awaitable<bool> answer(Connection& client, const Request& request, const Admitted& admitted,
                       const Held& held, const std::shared_ptr<BackgroundCall>& background,
                       Incoming& incoming, Running& running, Pool& pool, Core& core,
                       Services& services) {
  const std::int64_t first_byte_us = microseconds_since(admitted.began);
  if (incoming.status() == 200 && is_stream(admitted, incoming.fields())) {
    const bool keep_alive = request.keep_alive;
    services.gates.hear(admitted, told_pace(incoming.status(), incoming.fields()));
    client.release_input();  // an agent's history is large and its answer slow
    return answer_stream(client, keep_alive, admitted, held, background, incoming, first_byte_us,
                         running, pool, core, services);
  }
  return answer_plain(client, request, admitted, held, background, incoming, first_byte_us, running,
                      pool, core, services);
}

/// It is kept under its id, for who asks why.
Awaitable<bool> refuse(Connection& client, const Request& request, const Admitted& admitted,
                       const Denial& denial, Core& core, Services& services) {
  log_denial(admitted, denial, services);
  co_return co_await deny(client, request, admitted.call.dialect, denial, to_text(admitted.id),
                          core);
}

/// One attempt, from its hold to its answer. Nothing: it failed, and the call stands as it is tried
/// next.
Awaitable<std::optional<bool>> attempt(Connection& client, const Request& request,
                                       Admitted& admitted,
                                       const std::shared_ptr<BackgroundCall>& background,
                                       Attempts& attempts, Core& core, Services& services) {
  auto whole = hold_whole(admitted, core, services);
  OrDenial<Held> own = whole ? OrDenial<Held>(std::move(*whole))
                             : co_await hold_less(admitted, request.body, core, services);
  if (!own) {
    co_return co_await refuse(client, request, admitted, own.error(), core, services);
  }
  const auto recorded = co_await record_hold(admitted, *own, core, services);
  if (!recorded) {
    co_return co_await deny(client, request, admitted.call.dialect, recorded.error(),
                            to_text(admitted.id), core);
  }

  // From here on the hold is durable and the call leaves: whatever happens, settle() is reached.
  if (background) {
    background->held = std::move(*own);
  }
  const Held& held = background ? background->held : *own;
  Pool& pool = core.pool(*admitted.provider);
  count_added(core, admitted.began);
  Running running(admitted);
  core.running.push_back(running);
  OrDenial<void> turn;
  if (!services.gates.pass_freely(admitted.call.dialect, admitted.provider->queue)) {
    turn = co_await wait_for_turn(client, admitted, held, running, core, services);
  }
  if (const auto why = switched_off_meanwhile(admitted, running, core)) {
    co_return co_await answer_killed(client, request, admitted, held, *why, Outcome::released, core,
                                     services);
  }
  if (!turn) {
    co_return co_await answer_unsent(client, request, admitted, held, turn.error(), core, services);
  }
  Asked asked = co_await forward(admitted, held, request, running, pool, core);
  if (!asked.incoming && running.killed()) {
    const Outcome outcome = asked.sent ? Outcome::estimated : Outcome::released;
    co_return co_await answer_killed(client, request, admitted, held, *running.killed(), outcome,
                                     core, services);
  }
  if (const Failing failing = look_at(admitted, asked, services);
      failing != Failing::none && !client.look_whether_gone() &&
      co_await try_again(admitted, held, asked, failing, attempts, core, services)) {
    co_return std::nullopt;
  }
  if (!asked.incoming) {
    co_return co_await no_answer(client, request, admitted, held, asked, core, services);
  }
  co_return co_await answer(client, request, admitted, held, background, *asked.incoming, running,
                            pool, core, services);
}

}  // namespace

Awaitable<bool> serve(Connection& client, const Request& request, Dialect dialect, Core& core,
                      Services& services) {
  const InFlight counted(core);
  auto read = admit(request, dialect, core, services);
  if (!read) {
    co_return co_await deny(client, request, dialect, read.error(), {}, core);
  }
  // What is held sees into its caller's labels, so it stays where it is from the beginning.
  const auto background =
      read->call.background ? std::make_shared<BackgroundCall>(std::move(*read)) : nullptr;
  Admitted& admitted = background ? background->admitted : *read;
  if (auto willing = ask_all(admitted, request.body, core, services); !willing) {
    co_return co_await refuse(client, request, admitted, willing.error(), core, services);
  }
  Attempts attempts(admitted.policy->retries,
                    fallback_for(admitted.policy->fallbacks, admitted.facts()));
  while (true) {  // once, for nearly every call
    if (const auto away = kept_out(admitted, services)) {
      if (go_elsewhere(admitted, attempts, services)) {
        continue;
      }
      co_return co_await refuse(client, request, admitted, *away, core, services);
    }
    if (const auto keep_alive =
            co_await attempt(client, request, admitted, background, attempts, core, services)) {
      co_return *keep_alive;
    }
  }
}

Awaitable<bool> deny(Connection& client, const Request& request, Dialect dialect,
                     const Denial& denial, std::string_view request_id, Core& core) {
  core.counters.refusals[static_cast<std::size_t>(denial.why)].add();
  RefusalBody phrased =
      refusal(dialect, denial.why, denial.message, request_id, denial.retry_after);
  if (dialect == Dialect::gemini && streams_array(request.path, request.query)) {
    phrased.body = '[' + phrased.body + ']';
  }
  std::string head = "HTTP/1.1 ";
  head += std::to_string(phrased.status);
  head += ' ';
  head += reason_phrase(phrased.status);
  head += "\r\nContent-Type: application/json\r\n";
  append_field(head, "x-should-retry", phrased.retry ? "true" : "false");
  if (!request_id.empty()) {
    append_field(head, "x-purser-call-id", request_id);
    append_field(head, dialect == Dialect::messages ? "request-id" : "x-request-id", request_id);
  }
  if (!denial.limit.empty()) {
    append_field(head, "x-purser-limit", denial.limit);
  }
  if (phrased.retry && denial.retry_after.count() > 0) {
    append_field(head, "retry-after", std::to_string(denial.retry_after.count()));
  }
  end_head_with_length(head, phrased.body.size(), request.keep_alive);
  co_return co_await client.send({head, phrased.body}) && request.keep_alive;
}

}  // namespace purser
