// pipeline/serve_tool.cpp — a tool call on its way, and every way it may end.
#include "pipeline/serve_tool.hpp"

#include "pipeline/heads.hpp"

namespace purser {
namespace {

/// Results are texts, images and files; a larger one is none.
constexpr std::size_t kResultMax = std::size_t{64} << 20;
/// A client that lost its stream comes back for the result within this, or not at all.
constexpr std::chrono::minutes kResumeMax{10};

/// Everything one call needs on its way.
struct Trip {
  Connection& client;
  const Request& request;
  const McpRequest& outgoing;
  const SeeMessage& edit;
  std::unique_ptr<ToolCall> call;
  Core& core;
  Services& services;

  const McpServer& server() const { return *outgoing.server; }
  std::string name() const {
    return open_tool_name(server(), field_value(*request.fields, "mcp-session-id"), call->id);
  }
};

std::string money_field(const Settled& settled) {
  return "x-purser-cost-usd: " + to_exact_dollars(settled.entry.cost) + "\r\n";
}

/// The model is to read why; a client that cannot be known, or a server that is not there, is no
/// matter of the model's.
bool is_for_model(Refused why) {
  return why == Refused::money || why == Refused::pace || why == Refused::forbidden;
}

Awaitable<bool> refuse(Connection& client, const Request& request, std::string_view id,
                       const ToolDenial& why, Core& core) {
  const Denial& denial = why.denial;
  if (!is_for_model(denial.why)) {
    co_return co_await deny_rpc(client, request, id, denial, core);
  }
  core.counters.refusals[static_cast<std::size_t>(denial.why)].add();
  std::string fields;
  append_field(fields, "x-purser-call-id", why.call);
  if (!denial.limit.empty()) {
    append_field(fields, "x-purser-limit", denial.limit);
  }
  co_return co_await answer_rpc(client, request, 200,
                                tool_refusal(id, denial.message, denial.limit, why.call), fields);
}

/// Ended by a kill switch.
Awaitable<bool> answer_killed(Trip& trip, const std::string& why, Outcome outcome) {
  if (outcome != Outcome::released) {
    trip.core.counters.killed.add();
  }
  end_tool(*trip.call, outcome, 0, "purser_kill", why, trip.core, trip.services);
  const ToolDenial denial{killed_denial(why), to_text(trip.call->admitted.id)};
  co_return co_await refuse(trip.client, trip.request, trip.call->id, denial, trip.core);
}

Awaitable<bool> answer_nothing(Trip& trip, const Asked& asked) {
  end_tool(*trip.call, asked.sent ? Outcome::presumed : Outcome::released, 0, {}, asked.failure,
           trip.core, trip.services);
  const Denial denial{.why = asked.timed_out ? Refused::timeout : Refused::upstream,
                      .message = trip.server().provider.name + " did not answer: " + asked.failure,
                      .retry_after = {},
                      .limit = {}};
  co_return co_await deny_rpc(trip.client, trip.request, trip.call->id, denial, trip.core);
}

/// A stream ended before the result came.
void end_without_result(Trip& trip, const EventRelay& relay, EventRelay::End end,
                        Running& running) {
  if (running.killed()) {
    trip.core.counters.killed.add();
    end_tool(*trip.call, Outcome::estimated, 200, "purser_kill", *running.killed(), trip.core,
             trip.services);
    return;
  }
  const bool in_session = !field_value(*trip.request.fields, "mcp-session-id").empty();
  if (in_session && relay.resumable()) {
    const std::string name = trip.name();
    running.unlink();  // it may be settled on another core from now on
    trip.services.tools.park(name, std::move(trip.call), now() + kResumeMax);
    return;
  }
  const bool left = end == EventRelay::End::left;
  end_tool(*trip.call, left ? Outcome::estimated : Outcome::presumed, 200, {},
           left ? "the client left" : "the stream ended without a result: " + relay.why(),
           trip.core, trip.services);
}

/// A stream that is ended has a last word, else its client would come back for the result.
std::string closing_event(const ToolCall& call, const std::string& why) {
  return "event: message\ndata: " +
         tool_refusal(call.id, killed_denial(why).message, {}, to_text(call.admitted.id)) + "\n\n";
}

Awaitable<bool> answer_events(Trip& trip, Incoming& incoming, Running& running) {
  const bool keep_alive = trip.request.keep_alive;
  std::string head = mcp_answer_head(trip.outgoing, incoming);
  append_tool_fields(head, *trip.call, trip.services);
  end_head_chunked(head, keep_alive);
  co_await trip.client.send({head});
  bool settled = false;
  // The books first: who has the result has paid for it.
  EventRelay relay(incoming, trip.client, [&](std::string_view text) {
    if (!settled) {
      const RpcReply reply = read_rpc_reply(text);
      if (reply.kind != RpcReply::Kind::other) {
        settled = true;
        settle_tool(*trip.call, reply, incoming.status(), trip.core, trip.services);
      }
    }
    return trip.edit ? trip.edit(text) : std::nullopt;
  });
  const Leash leash(running, incoming.upstream());
  LeaveWatch watch(trip.client, incoming.upstream());
  trip.core.deadlines.watch(watch);
  const auto end = co_await relay.run(trip.server().provider.waits.between_bytes);
  if (!settled) {
    end_without_result(trip, relay, end, running);
  }
  if (!settled && running.killed()) {
    const std::string last = closing_event(*trip.call, *running.killed());
    co_return co_await relay.send(last) && co_await trip.client.send({kLastChunk}) && keep_alive;
  }
  co_return end == EventRelay::End::whole&& co_await trip.client.send({kLastChunk}) && keep_alive;
}

Awaitable<bool> answer_plain(Trip& trip, Incoming& incoming, Running& running) {
  std::string head = mcp_answer_head(trip.outgoing, incoming);
  std::string body;
  bool whole = false;
  {
    const Leash leash(running, incoming.upstream());
    whole =
        co_await read_whole(incoming, body, kResultMax, trip.server().provider.waits.between_bytes);
  }
  if (!whole && running.killed()) {
    co_return co_await answer_killed(trip, *running.killed(), Outcome::estimated);
  }
  const Settled settled =
      whole ? settle_tool(*trip.call, read_rpc_reply(body), incoming.status(), trip.core,
                          trip.services)
            : end_tool(*trip.call, Outcome::presumed, incoming.status(), {},
                       "the result was cut, or larger than 64 MB", trip.core, trip.services);
  if (!whole) {
    trip.client.close();
    co_return false;
  }
  const std::string text = trip.edit ? trip.edit(body).value_or(body) : std::string();
  const std::string_view out = trip.edit ? std::string_view(text) : body;
  append_tool_fields(head, *trip.call, trip.services);
  head += money_field(settled);
  end_head_with_length(head, out.size(), trip.request.keep_alive);
  co_return co_await trip.client.send({head, out}) && trip.request.keep_alive;
}

}  // namespace

std::string open_tool_name(const McpServer& server, std::string_view session, std::string_view id) {
  return server.provider.name + '\n' + std::string(session) + '\n' + std::string(id);
}

Awaitable<bool> serve_tool(Connection& client, const Request& request, const Identified& who,
                           const McpRequest& outgoing, const RpcMessage& message,
                           std::string_view tool, SeeMessage edit, Core& core, Services& services) {
  const InFlight counted(core);
  auto held = co_await hold_tool(request, who, *outgoing.server, message, tool, core, services);
  if (!held) {
    co_return co_await refuse(client, request, message.id, held.error(), core);
  }

  // From here on the hold is durable and the call leaves: whatever happens, it is settled or
  // parked.
  Trip trip{.client = client,
            .request = request,
            .outgoing = outgoing,
            .edit = edit,
            .call = std::move(*held),
            .core = core,
            .services = services};
  Running running(trip.call->admitted);
  core.running.push_back(running);
  if (const auto denial = switched_off(trip.call->admitted, core)) {
    co_return co_await answer_killed(trip, denial->message, Outcome::released);
  }
  Pool& pool = core.pool(outgoing.server->provider);
  Asked asked = co_await ask(pool, mcp_head(outgoing, &who), outgoing.body, &running);
  if (!asked.incoming && running.killed()) {
    co_return co_await answer_killed(trip, *running.killed(),
                                     asked.sent ? Outcome::estimated : Outcome::released);
  }
  if (!asked.incoming) {
    co_return co_await answer_nothing(trip, asked);
  }
  Incoming& incoming = *asked.incoming;
  const bool open = is_event_stream(incoming.fields())
                        ? co_await answer_events(trip, incoming, running)
                        : co_await answer_plain(trip, incoming, running);
  if (!running.killed()) {
    give_back(incoming, pool);
  }
  co_return open;
}

}  // namespace purser
