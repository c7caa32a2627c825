// sessions/sessions.cpp — finding a call's session, opening one, letting one go.
#include "sessions/sessions.hpp"

#include <algorithm>

namespace purser {
namespace {

constexpr std::uint32_t kNone = Places<int>::kNone;

/// A request rarely adds more than an answer, its results and a reminder. What adds more than this
/// at once is taken for another conversation.
constexpr std::size_t kNewMessagesMax = 128;

bool has_answer(const Outline& outline) {
  return std::ranges::any_of(outline.messages, [](const Outline::Message& message) {
    return message.role == Outline::Role::assistant;
  });
}

std::uint64_t agent_name(std::string_view agent) {
  return agent.empty() ? 0 : digest(agent).low | 1;
}

std::string made_name(Digest name) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text = "s_";
  for (int shift = 60; shift >= 0; shift -= 4) {
    text += kHex[name.low >> shift & 0xF];
  }
  return text;
}

}  // namespace

Sessions::Sessions(SessionOptions options)
    : options_(options),
      sessions_(options.sessions_max),
      conversations_(options.conversations_max) {}

Digest Sessions::under(Digest root, std::string_view name, Seed kind) {
  return chained(root, digest(name, kind));
}

std::uint32_t Sessions::session_under(Digest name, SessionName kind) const {
  const std::uint32_t entry =
      session_names_.find(name, [kind](std::uint32_t at) { return at % kSessionNames == kind; });
  return entry == kNone ? kNone : entry / kSessionNames;
}

Sessions::Located Sessions::locate(const Signals& signals, Digest scope, const Outline* outline,
                                   Instant now) const {
  Located found;
  if (!signals.session.empty()) {
    const Digest id = under(scope, signals.session, kId);
    found.session = session_under(id, kById);
    found.by = FoundBy::id;
    found.match = outline == nullptr ? Match{} : match(id, *outline);
    if (outline != nullptr && found.match.conversation == kNone) {
      found.match = near(id, *outline);
    }
  } else if (found.match = continued(scope, signals); found.match.conversation != kNone) {
    found.by = FoundBy::response;
  } else if (outline != nullptr) {
    found.match = match(scope, *outline);
    found.by = FoundBy::chain;
  }
  if (found.session == kNone && found.match.conversation != kNone) {
    found.session = conversations_[found.match.conversation].session;
  }
  if (found.session == kNone && signals.session.empty() && !signals.trace.empty()) {
    found.session = session_under(under(scope, signals.trace, kTrace), kByTrace);
    found.by = FoundBy::trace;
  }
  if (found.session == kNone && signals.session.empty()) {
    found.session = paused(scope, outline, now);
    found.by = found.session == kNone ? FoundBy::opening : FoundBy::pause;
  }
  return found;
}

/// Without its places: those may have to be made.
Turn Sessions::turn_of(const Signals& signals, const Located& found) {
  return {.by = found.by,
          .from = found.match.from,
          .repeat = found.match.repeat,
          .agent = agent_name(signals.agent),
          .parent_agent = agent_name(signals.parent_agent)};
}

Turn Sessions::find(const Signals& signals, std::string_view scope_name, const Outline* outline,
                    Instant now) {
  const Digest scope = digest(scope_name, kScope);
  const Located found = locate(signals, scope, outline, now);
  std::uint32_t session = found.session;
  std::uint32_t conversation = found.match.conversation;
  if (session == kNone) {
    session = open_session(signals, scope, outline, now);
  }
  touch(session, now);
  note_trace(session, signals);
  if (outline != nullptr && conversation == kNone) {
    conversation = open_conversation(session, *outline);
  }
  Turn turn = turn_of(signals, found);
  turn.session = sessions_.ref(session);
  if (conversation != kNone) {
    conversations_.touch(conversation);
    turn.conversation = conversations_.ref(conversation);
  }
  return turn;
}

/// The longest beginning of the request that is a request we saw. An exact match before a tolerant
/// one: twins that were asked the same and began the same differ in their last message, too. Last
/// one whose answer is still to come: what goes on behind it is likelier its twin's.
Sessions::Match Sessions::match(Digest root, const Outline& outline) const {
  const std::size_t size = outline.messages.size();
  const std::size_t least = size > kNewMessagesMax ? size - kNewMessagesMax : 1;
  Match tolerant;
  Match busy;
  for (std::size_t length = size; length >= least && length > 0; --length) {
    const auto from = static_cast<std::uint32_t>(length);
    const Digest name = chained(root, outline.messages[length - 1].chain);
    const auto at_tip = [&](bool in_flight) {
      return find_conversation(name, kByTip, [&](const Conversation& candidate) {
        return (candidate.in_flight > 0) == in_flight &&
               (length < size || repeats(candidate, outline));
      });
    };
    if (const std::uint32_t exact = at_tip(false); exact != kNone) {
      return {.conversation = exact,
              .from = from,
              .repeat = length == size ? Repeat::same : Repeat::none};
    }
    // The same request while the first is in flight is a twin: many are asked, the best is kept.
    if (busy.conversation == kNone && length < size) {
      busy = {.conversation = at_tip(true), .from = from};
    }
    if (tolerant.conversation == kNone) {
      tolerant = {.conversation = before_tip(name, size), .from = from + 1};
    }
  }
  return tolerant.conversation != kNone ? tolerant : busy;
}

/// Only where the client says that it is one session: questions behind the same examples are many.
Sessions::Match Sessions::near(Digest root, const Outline& outline) const {
  const std::size_t size = outline.messages.size();
  if (size < 2) {
    return {};
  }
  const Digest name = chained(root, outline.messages[size - 2].chain);
  const std::uint32_t found =
      find_conversation(name, kByBeforeTip, [&](const Conversation& candidate) {
        return candidate.length == size && candidate.in_flight == 0;
      });
  if (found == kNone) {
    return {};
  }
  return {.conversation = found, .from = static_cast<std::uint32_t>(size), .repeat = Repeat::near};
}

/// A question that was answered and is asked again, from the start, is another's: of an evaluation,
/// or of a job that runs each hour.
bool Sessions::repeats(const Conversation& conversation, const Outline& outline) {
  return conversation.preamble == outline.preamble &&
         !(conversation.answered && !has_answer(outline));
}

template <typename Fits>
std::uint32_t Sessions::find_conversation(Digest name, ConversationName kind, Fits fits) const {
  const std::uint32_t entry = conversation_names_.find(name, [&](std::uint32_t at) {
    return at % kConversationNames == kind && fits(conversations_[at / kConversationNames]);
  });
  return entry == kNone ? kNone : entry / kConversationNames;
}

/// Clients add reminders to the last message and take them away later; then the request goes on
/// behind it. One that does not go on is another, and so is one that goes on before it was
/// answered.
std::uint32_t Sessions::before_tip(Digest name, std::size_t size) const {
  return find_conversation(name, kByBeforeTip, [&](const Conversation& candidate) {
    return size > candidate.length && candidate.in_flight == 0;
  });
}

Sessions::Match Sessions::continued(Digest root, const Signals& signals) const {
  if (signals.previous_response.empty()) {
    return {};
  }
  const Digest name = under(root, signals.previous_response, kResponse);
  return {.conversation =
              find_conversation(name, kByResponse, [](const Conversation&) { return true; })};
}

/// Without an outline the latest session goes on. With one, a request that shows answers we never
/// saw has a history that was edited, or this process restarted; one without any opens something
/// new.
std::uint32_t Sessions::paused(Digest scope, const Outline* outline, Instant now) const {
  if (outline == nullptr) {
    const std::uint32_t entry = session_names_.find(scope, [&](std::uint32_t at) {
      return at % kSessionNames == kByScope &&
             now - sessions_[at / kSessionNames].last <= options_.pause_max;
    });
    return entry == kNone ? kNone : entry / kSessionNames;
  }
  if (!has_answer(*outline)) {
    return kNone;
  }
  return begins_as_known(scope, *outline) ? edited(scope, *outline, now)
                                          : compacted(scope, *outline, now);
}

/// The one session of its scope whose history may just have been replaced by a summary. Where it
/// could be several, or we saw none begin, it is none: users of one application are not to be mixed
/// up.
std::uint32_t Sessions::compacted(Digest scope, const Outline& outline, Instant now) const {
  std::uint32_t only = kNone;
  std::size_t candidates = 0;
  session_names_.find(scope, [&](std::uint32_t at) {
    const Session& session = sessions_[at / kSessionNames];
    if (at % kSessionNames == kByScope && !session.met_midway && session.in_flight == 0 &&
        session.preamble == outline.preamble && now - session.last <= options_.pause_max &&
        session.conversation != kNone &&
        conversations_[session.conversation].length > outline.messages.size()) {
      only = at / kSessionNames;
      ++candidates;
    }
    return candidates > 1;
  });
  return candidates == 1 ? only : kNone;
}

bool Sessions::begins_as_known(Digest root, const Outline& outline) const {
  const Digest opening = chained(root, outline.messages.front().chain);
  return find_conversation(opening, kByOpening, [](const Conversation&) { return true; }) != kNone;
}

/// The session of a conversation that began the same, whose client takes old results out of its
/// history: so that grows, but is no continuation. What does not grow is a twin's.
std::uint32_t Sessions::edited(Digest scope, const Outline& outline, Instant now) const {
  const Digest opening = chained(scope, outline.messages.front().chain);
  const std::uint32_t found =
      find_conversation(opening, kByOpening, [&](const Conversation& candidate) {
        return candidate.in_flight == 0 && candidate.preamble == outline.preamble &&
               candidate.length < outline.messages.size() &&
               now - sessions_[candidate.session].last <= options_.pause_max;
      });
  return found == kNone ? kNone : conversations_[found].session;
}

std::uint32_t Sessions::open_session(const Signals& signals, Digest scope, const Outline* outline,
                                     Instant now) {
  if (sessions_.full()) {
    forget_session(sessions_.oldest());
  }
  const std::uint32_t at = sessions_.add();
  Session& session = sessions_[at];
  session.scope = scope;
  session.started = now;
  session.last = now;
  ++opened_;
  if (!signals.session.empty()) {
    session.by = FoundBy::id;
    session.root = under(scope, signals.session, kId);
    session_names_.add(at * kSessionNames + kById, session.root);
    session.name.set(signals.session);
  } else {
    session.root = scope;
    session.preamble = outline == nullptr ? Digest{} : outline->preamble;
    session.met_midway = outline != nullptr && has_answer(*outline);
    const std::array<std::uint64_t, 2> when{static_cast<std::uint64_t>(now.nanos()), opened_};
    session.name.set(
        made_name(under(scope, {reinterpret_cast<const char*>(when.data()), 16}, kOpening)));
    session_names_.add(at * kSessionNames + kByScope, scope);
  }
  session_names_.add(at * kSessionNames + kByName, digest(session.name.view(), kName));
  place_under_parent(session, signals, scope);
  return at;
}

std::uint32_t Sessions::parent_of(const Signals& signals, Digest scope) const {
  return signals.parent_session.empty() || signals.parent_session == signals.session
             ? kNone
             : session_under(under(scope, signals.parent_session, kId), kById);
}

/// Of a session that begins.
std::uint8_t Sessions::depth_of(const Signals& signals, std::uint32_t parent) const {
  if (signals.parent_session.empty() || signals.parent_session == signals.session) {
    return 0;
  }
  const int above = parent == kNone ? 0 : sessions_[parent].depth_at_start;
  return static_cast<std::uint8_t>(std::min(above + 1, 255));
}

void Sessions::place_under_parent(Session& session, const Signals& signals, Digest scope) {
  const std::uint32_t parent = parent_of(signals, scope);
  session.depth_at_start = depth_of(signals, parent);
  session.depth_max = session.depth_at_start;
  if (parent != kNone) {
    session.parent = sessions_.ref(parent);
    sessions_[parent].depth_max = std::max(sessions_[parent].depth_max, session.depth_at_start);
  }
}

std::uint32_t Sessions::open_conversation(std::uint32_t session, const Outline& outline) {
  if (conversations_.full()) {
    forget_conversation(conversations_.oldest());
  }
  const std::uint32_t at = conversations_.add();
  Conversation& conversation = conversations_[at];
  conversation.session = session;
  conversation.preamble = outline.preamble;
  conversation.next = sessions_[session].conversation;
  if (conversation.next != kNone) {
    conversations_[conversation.next].previous = at;
  }
  sessions_[session].conversation = at;
  return at;
}

void Sessions::touch(std::uint32_t at, Instant now) {
  Session& session = sessions_[at];
  session.last = std::max(session.last, now);
  sessions_.touch(at);
  if (session.by != FoundBy::id) {
    session_names_.remove(at * kSessionNames + kByScope);  // and back, as the newest
    session_names_.add(at * kSessionNames + kByScope, session.scope);
  }
}

/// The trace that its latest call was in.
void Sessions::note_trace(std::uint32_t at, const Signals& signals) {
  if (signals.trace.empty()) {
    return;
  }
  session_names_.remove(at * kSessionNames + kByTrace);
  session_names_.add(at * kSessionNames + kByTrace,
                     under(sessions_[at].scope, signals.trace, kTrace));
}

void Sessions::forget_conversation(std::uint32_t at) {
  const Conversation& gone = conversations_[at];
  (gone.previous != kNone ? conversations_[gone.previous].next
                          : sessions_[gone.session].conversation) = gone.next;
  if (gone.next != kNone) {
    conversations_[gone.next].previous = gone.previous;
  }
  for (std::uint32_t name = 0; name < kConversationNames; ++name) {
    conversation_names_.remove(at * kConversationNames + name);
  }
  conversations_.remove(at);
}

void Sessions::forget_session(std::uint32_t at) {
  while (sessions_[at].conversation != kNone) {
    forget_conversation(sessions_[at].conversation);
  }
  for (std::uint32_t name = 0; name < kSessionNames; ++name) {
    session_names_.remove(at * kSessionNames + name);
  }
  sessions_.remove(at);
}

void Sessions::expire(Instant now) {
  while (sessions_.oldest() != kNone &&
         now - sessions_[sessions_.oldest()].last > options_.forget_after) {
    forget_session(sessions_.oldest());
  }
}

std::string_view to_string(FoundBy by) {
  constexpr std::array<std::string_view, 6> kNames{"id",    "response", "chain",
                                                   "trace", "pause",    "opening"};
  return kNames[static_cast<std::size_t>(by)];
}

}  // namespace purser
