// sessions/turns.cpp — what a session's turns add to it, and how it looks from outside.
#include <algorithm>

#include "sessions/sessions.hpp"

namespace purser {
namespace {

constexpr std::uint32_t kNone = Places<int>::kNone;

}  // namespace

std::string_view Sessions::name(const Turn& turn) const {
  return sessions_.has(turn.session) ? sessions_[turn.session.at].name.view() : std::string_view{};
}

std::string_view Sessions::root_name(const Turn& turn) const {
  constexpr int kGenerationsMax = 16;  // clients may name each other as parents
  PlaceRef at = turn.session;
  for (int i = 0; i < kGenerationsMax && sessions_.has(at); ++i) {
    if (!sessions_.has(sessions_[at.at].parent)) {
      return sessions_[at.at].name.view();
    }
    at = sessions_[at.at].parent;
  }
  return name(turn);
}

std::optional<std::string_view> Sessions::ended(const Turn& turn) const {
  if (!sessions_.has(turn.session) || !sessions_[turn.session.at].ended) {
    return std::nullopt;
  }
  return sessions_[turn.session.at].ended_why.view();
}

Findings Sessions::begin_turn(const Turn& turn, const Outline* outline, Instant now) {
  if (!sessions_.has(turn.session)) {
    return {};
  }
  touch(turn.session.at, now);
  const bool shown = outline != nullptr && conversations_.has(turn.conversation);
  Conversation* const conversation = shown ? &conversations_[turn.conversation.at] : nullptr;
  const Findings findings = begin(sessions_[turn.session.at], conversation, turn, outline, now);
  if (shown) {
    move_tip(turn.conversation.at, *outline);
  }
  return findings;
}

/// What a turn that begins is in its session and its conversation, null where nobody looks at it.
Findings Sessions::begin(Session& session, Conversation* conversation, const Turn& turn,
                         const Outline* outline, Instant now) const {
  ++session.turns;
  ++session.in_flight;
  session.in_flight_max = std::max(session.in_flight_max, session.in_flight);
  note_agent(session, turn);
  if (conversation == nullptr) {
    return {};
  }
  ++conversation->in_flight;
  RequestRepeats& repeats = conversation->repeats;
  repeats.same = turn.repeat == Repeat::same ? repeats.same + 1 : 1;
  repeats.near = turn.repeat != Repeat::none ? repeats.near + 1 : 1;
  std::int64_t told = 0;
  for (std::size_t i = turn.from; i < outline->messages.size(); ++i) {
    told += outline->messages[i].calls;
  }
  session.tool_calls += told;
  session.tool_calls_ahead -= std::min(told, session.tool_calls_ahead);
  conversation->tail.add(*outline, turn.from);
  conversation->clock.note(conversation->tail.turns(), now);
  Findings findings = find_loops(conversation->tail, conversation->repeats, options_.loops);
  conversation->clock.judge(findings, options_.loops.waits_from);
  note_loops(session, findings, *outline);
  return findings;
}

/// Plays the turn on copies.
Foresight Sessions::foresee(const Signals& signals, std::string_view scope_name,
                            const Outline* outline, Instant now) const {
  const Digest scope = digest(scope_name, kScope);
  const Located found = locate(signals, scope, outline, now);
  Session session;
  if (found.session != kNone) {
    session = sessions_[found.session];
  } else {
    session.by = found.by;
    session.depth_at_start = depth_of(signals, parent_of(signals, scope));
    session.depth_max = session.depth_at_start;
    session.started = now;
  }
  Conversation conversation;
  if (found.match.conversation != kNone) {
    conversation = conversations_[found.match.conversation];
  }
  const Findings findings = begin(session, outline == nullptr ? nullptr : &conversation,
                                  turn_of(signals, found), outline, now);
  return {.session = state_of(session), .findings = findings};
}

void Sessions::move_tip(std::uint32_t at, const Outline& outline) {
  // A question without any answer before it has nothing in common with another one.
  constexpr std::size_t kLengthMin = 3;
  const std::size_t size = outline.messages.size();
  Conversation& conversation = conversations_[at];
  conversation.length = static_cast<std::uint32_t>(size);
  const Digest root = sessions_[conversation.session].root;
  conversation_names_.remove(at * kConversationNames + kByTip);
  conversation_names_.remove(at * kConversationNames + kByBeforeTip);
  conversation_names_.remove(at * kConversationNames + kByOpening);
  if (size > 0) {
    conversation_names_.add(at * kConversationNames + kByOpening,
                            chained(root, outline.messages.front().chain));
    conversation_names_.add(at * kConversationNames + kByTip,
                            chained(root, outline.messages[size - 1].chain));
  }
  if (size >= kLengthMin) {
    conversation_names_.add(at * kConversationNames + kByBeforeTip,
                            chained(root, outline.messages[size - 2].chain));
  }
}

void Sessions::note_agent(Session& session, const Turn& turn) {
  if (turn.agent == 0) {
    return;
  }
  const auto find = [&](std::uint64_t name) {
    return std::ranges::find(session.agents, name, &Agent::name);
  };
  if (find(turn.agent) != session.agents.end()) {
    return;
  }
  const auto parent = turn.parent_agent == 0 ? session.agents.end() : find(turn.parent_agent);
  const int above = parent == session.agents.end() ? session.depth_at_start : parent->depth;
  const auto depth = static_cast<std::uint8_t>(std::min(above + 1, 255));
  session.agents[session.agents_seen++ % kAgentsMax] = {.name = turn.agent, .depth = depth};
  session.depth_max = std::max(session.depth_max, depth);
}

void Sessions::note_loops(Session& session, const Findings& findings, const Outline& outline) {
  const Finding* const worst = findings.worst();
  if (worst == nullptr) {
    return;
  }
  session.loops_stop += worst->level == LoopLevel::stop ? 1 : 0;
  if (worst->level < session.loop.level) {
    return;
  }
  session.loop = *worst;
  session.loop_tool.set({});
  for (const Outline::Call& call : outline.calls) {
    if (worst->tool != 0 && tool_name(call.name) == worst->tool) {
      return session.loop_tool.set(call.name);
    }
  }
}

void Sessions::end_turn(const Turn& turn, const TurnEnd& end, Instant now) {
  if (!sessions_.has(turn.session)) {
    return;
  }
  Session& session = sessions_[turn.session.at];
  INVARIANT(session.in_flight > 0, "a turn ends once, after it began");
  touch(turn.session.at, now);
  --session.in_flight;
  session.spent += end.cost;
  session.tokens_in += end.usage.tokens_in();
  session.tokens_out += end.usage.output;
  if (!conversations_.has(turn.conversation)) {
    return;
  }
  Conversation& conversation = conversations_[turn.conversation.at];
  conversation.in_flight -= conversation.in_flight > 0 ? 1 : 0;
  conversation.answered = end.usage.output > Tokens(0);
  if (!end.response_id.empty()) {
    const std::uint32_t entry = turn.conversation.at * kConversationNames + kByResponse;
    conversation_names_.remove(entry);
    conversation_names_.add(entry, under(session.scope, end.response_id, kResponse));
  }
}

Turn Sessions::find_for_tool(const Signals& signals, std::string_view scope_name, Instant now) {
  constexpr std::size_t kLookedMax = 4'096;  // under the lock: a few microseconds
  if (signals.session.empty() && signals.trace.empty()) {
    const Digest scope = digest(scope_name, kScope);
    const std::uint32_t at = sessions_.newest_of(kLookedMax, [&](const Session& session) {
      return session.scope == scope && now - session.last <= options_.pause_max;
    });
    if (at != kNone) {
      touch(at, now);
      Turn turn{.by = FoundBy::pause};
      turn.session = sessions_.ref(at);
      return turn;
    }
  }
  return find(signals, scope_name, nullptr, now);
}

void Sessions::note_tool_call(const Turn& turn, Instant now) {
  if (sessions_.has(turn.session)) {
    touch(turn.session.at, now);
    ++sessions_[turn.session.at].tool_calls_ahead;
  }
}

void Sessions::end_tool_call(const Turn& turn, Amount cost, Instant now) {
  if (sessions_.has(turn.session)) {
    touch(turn.session.at, now);
    sessions_[turn.session.at].spent += cost;
  }
}

std::optional<SessionState> Sessions::state(std::string_view session_name) const {
  const std::uint32_t at = session_under(digest(session_name, kName), kByName);
  return at == kNone ? std::nullopt : std::optional(state_of(sessions_[at]));
}

std::optional<SessionState> Sessions::state(std::string_view session_name,
                                            std::string_view scope_name) const {
  const std::uint32_t at = session_of(session_name, digest(scope_name, kScope));
  return at == kNone ? std::nullopt : std::optional(state_of(sessions_[at]));
}

std::uint32_t Sessions::session_of(std::string_view session_name, Digest scope) const {
  std::uint32_t at = session_under(under(scope, session_name, kId), kById);
  if (at == kNone) {  // one that was found has a name of ours
    at = session_under(digest(session_name, kName), kByName);
  }
  return at == kNone || sessions_[at].scope != scope ? kNone : at;
}

std::optional<SessionState> Sessions::state(const Turn& turn) const {
  return sessions_.has(turn.session) ? std::optional(state_of(sessions_[turn.session.at]))
                                     : std::nullopt;
}

std::vector<SessionState> Sessions::latest(std::size_t max) const {
  std::vector<SessionState> states;
  sessions_.each([&](std::uint32_t at) {
    if (states.size() < max) {
      states.push_back(state_of(sessions_[at]));
    }
  });
  return states;
}

SessionState Sessions::state_of(const Session& session) const {
  return {.name = std::string(session.name.view()),
          .by = session.by,
          .parent = sessions_.has(session.parent)
                        ? std::string(sessions_[session.parent.at].name.view())
                        : std::string(),
          .turns = session.turns,
          .in_flight = session.in_flight,
          .in_flight_max = session.in_flight_max,
          .agents = session.agents_seen,
          .depth = session.depth_max,
          .tool_calls = session.tool_calls + session.tool_calls_ahead,
          .spent = session.spent,
          .tokens_in = session.tokens_in,
          .tokens_out = session.tokens_out,
          .started = session.started,
          .last = session.last,
          .ended = session.ended,
          .ended_why = std::string(session.ended_why.view()),
          .loop = session.loop,
          .loop_tool = std::string(session.loop_tool.view()),
          .loops_stop = session.loops_stop};
}

}  // namespace purser
