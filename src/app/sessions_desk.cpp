// app/sessions_desk.cpp — one session as it stands, and its end by hand, for whose it is.
#include "app/desk.hpp"
#include "base/json_text.hpp"
#include "pipeline/serve.hpp"
#include "pipeline/stages.hpp"

namespace purser {
namespace {

constexpr std::string_view kPath = "/v1/sessions/";
constexpr std::string_view kEnd = "/end";

std::string session_json(const SessionState& state) {
  std::string json;
  JsonObject object(json);
  object.text("session", state.name)
      .text("found_by", to_string(state.by))
      .text("parent", state.parent)
      .number("turns", state.turns)
      .number("in_flight", state.in_flight)
      .number("in_flight_max", state.in_flight_max)
      .number("agents", state.agents)
      .number("depth", state.depth)
      .number("tool_calls", state.tool_calls)
      .raw("spent_usd", to_exact_dollars(state.spent))
      .number("tokens_in", state.tokens_in.count())
      .number("tokens_out", state.tokens_out.count())
      .text("started", to_rfc3339(state.started))
      .text("last", to_rfc3339(state.last))
      .boolean("ended", state.ended);
  if (state.ended) {
    object.text("ended_why", state.ended_why);
  }
  if (state.loop.level != LoopLevel::none) {
    object.text("loop", to_string(state.loop.kind))
        .text("loop_level", to_string(state.loop.level))
        .text("loop_tool", state.loop_tool)
        .number("loop_count", state.loop.count)
        .number("loop_first_turn", state.loop.first_turn)
        .number("loop_last_turn", state.loop.last_turn);
  }
  object.finish();
  return json;
}

/// An operator sees every session; others those of their own key and user.
std::optional<SessionState> find(const Identified& who, std::string_view name, SessionDesk& desk) {
  const std::lock_guard lock(desk.mutex);
  return who.operates ? desk.sessions.state(name)
                      : desk.sessions.state(name, session_scope(who.caller));
}

std::optional<EndedSession> end(const Identified& who, std::string_view name, SessionDesk& desk) {
  const std::string why = "ended by " + who.caller.key;
  const std::lock_guard lock(desk.mutex);
  return who.operates ? desk.sessions.end(name, why)
                      : desk.sessions.end(name, session_scope(who.caller), why);
}

}  // namespace

Awaitable<bool> sessions_desk(Connection& client, const Request& request, Front& front) {
  const Dialect dialect = dialect_of(request);
  auto who = identify(request, front.core, front.services);
  if (!who) {
    co_return co_await deny(client, request, dialect, who.error(), {}, front.core);
  }
  // The same labels as on the calls: they say whose sessions are meant.
  if (auto labelled = apply_labels(who->caller, who->rights, read_labels(*request.fields), Call{});
      !labelled) {
    const Denial denial{Refused::bad_request, labelled.error().message, {}, {}};
    co_return co_await deny(client, request, dialect, denial, {}, front.core);
  }
  std::string_view name = request.path.substr(kPath.size());
  const bool ends = request.method == "POST" && name.ends_with(kEnd);
  if (ends) {
    name.remove_suffix(kEnd.size());
  }
  auto state = find(*who, name, front.services.sessions);
  if (!state || (request.method == "POST" && !ends)) {
    const Denial denial{Refused::not_found, "no such session of this caller is known", {}, {}};
    co_return co_await deny(client, request, dialect, denial, {}, front.core);
  }
  const auto ended = ends ? end(*who, name, front.services.sessions) : std::nullopt;
  if (ended) {
    const auto work = [&] { return front.services.sessions.keep(*ended); };
    if (const auto kept = co_await on_clerk(front, work); !kept) {
      const Denial denial{Refused::overloaded,
                          "it is ended, but not in the books, so only until the next start: " +
                              kept.error().message,
                          {},
                          {}};
      co_return co_await deny(client, request, dialect, denial, {}, front.core);
    }
    state = find(*who, name, front.services.sessions).value_or(*state);
  }
  co_return co_await answer(client, request, {.body = session_json(*state)});
}

}  // namespace purser
