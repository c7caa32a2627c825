// pipeline/seat.cpp — which session a call belongs to, and whether that may go on.
#include "pipeline/seat.hpp"

#include <fmt/format.h>

#include "pipeline/stages.hpp"
#include "wire/outline.hpp"

namespace purser {
namespace {

/// A conversation shorter than this cannot have gone in circles.
constexpr std::int64_t kLoopMessagesMin = 4;

/// What the conversation looks like, where somebody asks.
std::optional<Outline> seen_outline(const Admitted& admitted, std::string_view body,
                                    OutlineMemory& memory) {
  const SessionPolicy& policy = admitted.policy->sessions;
  const bool named = !admitted.caller.session.empty();
  const bool may_loop =
      policy.loops != LoopAction::off && admitted.call.messages >= kLoopMessagesMin;
  if (!may_loop && (named || !policy.read_history)) {
    return std::nullopt;
  }
  return outline_of(admitted.call, body, memory);
}

std::unexpected<Denial> denied(std::string message) {
  return std::unexpected(Denial{
      .why = Refused::money, .message = std::move(message), .retry_after = {}, .limit = "session"});
}

OrDenial<void> check_caps(const SessionCaps& caps, const SessionState& state, Instant now) {
  const auto ran = std::chrono::duration_cast<std::chrono::seconds>(now - state.started);
  if (caps.wall_time && ran > *caps.wall_time) {
    return denied(fmt::format("This session has run for {} s; it may for {}.", ran.count(),
                              caps.wall_time->count()));
  }
  if (caps.at_once && state.in_flight > *caps.at_once) {
    return denied(fmt::format("This session may have {} calls in flight at once.", *caps.at_once));
  }
  if (caps.depth && state.depth > *caps.depth) {
    return denied(fmt::format("This session's agents may ask others {} deep.", *caps.depth));
  }
  if (caps.tool_calls && state.tool_calls > *caps.tool_calls) {
    return denied(fmt::format("This session has made {} tool calls; it may make {}.",
                              state.tool_calls, *caps.tool_calls));
  }
  return {};
}

/// "same_call bash 5 times in turns 3 to 7".
std::string to_text(const Finding& loop, const SessionState& state) {
  std::string text(to_string(loop.kind));
  if (!state.loop_tool.empty()) {
    text += ' ' + state.loop_tool;
  }
  text += fmt::format(" {} times in turns {} to {}", loop.count, loop.first_turn, loop.last_turn);
  return text;
}

OrDenial<void> act_on_loop(Admitted& admitted, const Finding& loop) {
  constexpr std::string_view kClosing =
      "You are repeating yourself without getting anywhere. Do not call any more tools. Say what "
      "you have found, and what stopped you.";
  LoopAction action = admitted.policy->sessions.loops;
  if (loop.level != LoopLevel::stop) {
    action = LoopAction::warn;
  }
  if (admitted.control == Control::observe && action != LoopAction::warn) {
    admitted.would.push_back("stop loop");
    return {};
  }
  if (action == LoopAction::deny) {
    return denied("This session runs in circles (" + admitted.loop +
                  "). It was stopped so that it does not cost more.");
  }
  if (action == LoopAction::land) {
    admitted.closing = kClosing;
    admitted.changed_by = "loop";
  }
  return {};
}

/// What the session says to the turn, as it is with it.
OrDenial<void> ask_session(Admitted& admitted, const SessionState& state, const Findings& findings,
                           AlertDesk* alerts) {
  const SessionCaps& caps = admitted.policy->sessions.caps;
  if (caps.any() && admitted.control == Control::enforce) {
    if (auto within = check_caps(caps, state, admitted.at); !within) {
      return within;
    }
  }
  if (findings.size == 0 || findings.level() < LoopLevel::warn) {
    return {};
  }
  const Finding& loop = *findings.worst();
  admitted.loop = to_text(loop, state);
  if (alerts != nullptr) {
    tell_loop(*alerts, admitted.caller.session, admitted.loop, loop.level);
  }
  return act_on_loop(admitted, loop);
}

}  // namespace

Seat::~Seat() {
  const std::lock_guard lock(desk_.mutex);
  if (what_ == Of::tool_call) {
    desk_.sessions.end_tool_call(turn_, cost_, at_);
    return;
  }
  desk_.sessions.end_turn(turn_, {.cost = cost_, .usage = usage_, .response_id = response_id_},
                          at_);
}

void Seat::settle(Amount cost, const Usage& usage, std::string_view response_id, Instant at) {
  cost_ += cost;  // a turn may take several attempts
  usage_ = usage_ + usage;
  response_id_ = response_id;
  at_ = at;
}

OrDenial<void> take_seat(Admitted& admitted, const Signals& signals, std::string_view body,
                         Core& core, Services& services) {
  const std::optional<Outline> outline = seen_outline(admitted, body, core.outlines);
  const Outline* seen = outline ? &*outline : nullptr;
  Signals known = signals;
  known.session = admitted.caller.session;
  const std::string scope = session_scope(admitted.caller);
  Findings findings;
  SessionState state;
  {
    SessionDesk& desk = services.sessions;
    const std::lock_guard lock(desk.mutex);
    const Turn turn = desk.sessions.find(known, scope, seen, admitted.at);
    if (admitted.caller.session.empty()) {
      admitted.caller.session = desk.sessions.name(turn);
    }
    if (const auto why = desk.sessions.ended(turn)) {
      return denied("This session was ended: " + std::string(*why) + '.');
    }
    findings = desk.sessions.begin_turn(turn, seen, admitted.at);
    admitted.seat = std::make_unique<Seat>(desk, turn, Seat::Of::turn);
    admitted.seat->settle({}, {}, {}, admitted.at);
    if (admitted.policy->sessions.caps.any() || findings.size > 0) {
      state = desk.sessions.state(turn).value_or(SessionState{});
    }
  }
  return ask_session(admitted, state, findings, services.alerts.get());
}

OrDenial<void> take_tool_seat(Admitted& admitted, Services& services) {
  Signals known = admitted.signals;
  known.session = admitted.caller.session;
  SessionDesk& desk = services.sessions;
  const std::lock_guard lock(desk.mutex);
  const Turn turn = desk.sessions.find_for_tool(known, session_scope(admitted.caller), admitted.at);
  if (admitted.caller.session.empty()) {
    admitted.caller.session = desk.sessions.name(turn);
  }
  if (const auto why = desk.sessions.ended(turn)) {
    return denied("This session was ended: " + std::string(*why) + '.');
  }
  const SessionCaps& caps = admitted.policy->sessions.caps;
  if (caps.any() && admitted.control == Control::enforce) {
    const SessionState state = desk.sessions.state(turn).value_or(SessionState{});
    if (caps.tool_calls && state.tool_calls >= *caps.tool_calls) {
      return denied(
          fmt::format("This session may make {} tool calls, and has made them.", *caps.tool_calls));
    }
    if (auto within = check_caps(caps, state, admitted.at); !within) {
      return within;
    }
  }
  desk.sessions.note_tool_call(turn, admitted.at);
  admitted.seat = std::make_unique<Seat>(desk, turn, Seat::Of::tool_call);
  admitted.seat->settle({}, {}, {}, admitted.at);
  return {};
}

OrDenial<void> foresee_seat(Admitted& admitted, const Signals& signals, std::string_view body,
                            Core& core, Services& services) {
  const std::optional<Outline> outline = seen_outline(admitted, body, core.outlines);
  Signals known = signals;
  known.session = admitted.caller.session;
  const std::string scope = session_scope(admitted.caller);
  Foresight foresight;
  {
    SessionDesk& desk = services.sessions;
    const std::lock_guard lock(desk.mutex);
    foresight = desk.sessions.foresee(known, scope, outline ? &*outline : nullptr, admitted.at);
  }
  if (admitted.caller.session.empty()) {
    admitted.caller.session = foresight.session.name;
  }
  if (foresight.session.ended) {
    return denied("This session was ended: " + foresight.session.ended_why + '.');
  }
  return ask_session(admitted, foresight.session, foresight.findings, nullptr);
}

OrDenial<void> look_at_seat(const Admitted& admitted, Services& services) {
  if (admitted.caller.session.empty()) {
    return {};
  }
  std::optional<SessionState> state;
  {
    SessionDesk& desk = services.sessions;
    const std::lock_guard lock(desk.mutex);
    state = desk.sessions.state(admitted.caller.session, session_scope(admitted.caller));
  }
  if (!state) {
    return {};  // it would begin with this call
  }
  if (state->ended) {
    return denied("This session was ended: " + state->ended_why + '.');
  }
  ++state->in_flight;
  return admitted.control == Control::enforce
             ? check_caps(admitted.policy->sessions.caps, *state, admitted.at)
             : OrDenial<void>{};
}

OrDenial<void> watch_spikes(Admitted& admitted, Services& services, Intent intent) {
  const SpikeAction action = admitted.policy->spikes;
  if (action == SpikeAction::off) {
    return {};
  }
  std::optional<std::chrono::nanoseconds> wait;
  std::string_view who;
  for (const Subject& subject : subjects_of(admitted.caller)) {
    if (subject.name.empty()) {
      continue;
    }
    SpikeVerdict verdict;
    {
      const std::lock_guard lock(services.spikes.mutex);
      Spikes& spikes = services.spikes.spikes;
      verdict = intent == Intent::call ? spikes.see(subject, {.calls = 1}, admitted.at)
                                       : spikes.foresee(subject, admitted.at);
    }
    if (verdict.event) {
      tell_spike(*services.alerts, *verdict.event);
    }
    if (verdict.outcome == SpikeVerdict::Outcome::throttled && !wait) {
      wait = verdict.retry_at - admitted.at;
      who = to_string(subject.kind);
    }
  }
  if (!wait) {
    return {};
  }
  if (action == SpikeAction::observe || admitted.control == Control::observe) {
    admitted.would.push_back("throttle spike");
    return {};
  }
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait);
  return std::unexpected(Denial{
      .why = Refused::pace,
      .message = fmt::format("This {} makes far more calls than it ever did: it is slowed down "
                             "until that is over. The next one may come in {} s.",
                             who, seconds.count()),
      .retry_after = std::clamp(seconds, std::chrono::seconds(1), std::chrono::seconds(60)),
      .limit = "spike"});
}

std::array<Subject, kSubjectKinds> subjects_of(const Caller& caller) {
  return {Subject{SubjectKind::user, caller.user}, Subject{SubjectKind::key, caller.key},
          Subject{SubjectKind::feature, caller.feature}};
}

std::string session_scope(const Caller& caller) {
  return caller.key + '\n' + caller.user;
}

}  // namespace purser
