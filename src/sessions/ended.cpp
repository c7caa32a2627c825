// sessions/ended.cpp — sessions ended by hand, taken down and brought back.
#include "sessions/ended.hpp"

#include <algorithm>

#include "sessions/sessions.hpp"

namespace purser {
namespace {

constexpr std::uint32_t kNone = Places<int>::kNone;

}  // namespace

std::optional<EndedSession> Sessions::end(std::string_view session_name, std::string_view why) {
  return end_at(session_under(digest(session_name, kName), kByName), why);
}

std::optional<EndedSession> Sessions::end(std::string_view session_name,
                                          std::string_view scope_name, std::string_view why) {
  return end_at(session_of(session_name, digest(scope_name, kScope)), why);
}

std::optional<EndedSession> Sessions::end_at(std::uint32_t at, std::string_view why) {
  if (at == kNone) {
    return std::nullopt;
  }
  sessions_[at].ended = true;
  sessions_[at].ended_why.set(why.empty() ? "ended by hand" : why);
  return taken_down(at);
}

EndedSession Sessions::taken_down(std::uint32_t at) const {
  const Session& session = sessions_[at];
  EndedSession ended{.name = std::string(session.name.view()),
                     .why = std::string(session.ended_why.view()),
                     .named = session.by == FoundBy::id,
                     .met_midway = session.met_midway,
                     .scope = session.scope,
                     .preamble = session.preamble,
                     .root = session.root,
                     .trace = session_names_.name(at * kSessionNames + kByTrace),
                     .turns = session.turns,
                     .tool_calls = session.tool_calls,
                     .spent = session.spent,
                     .tokens_in = session.tokens_in,
                     .tokens_out = session.tokens_out,
                     .started = session.started,
                     .last = session.last,
                     .conversations = {}};
  for (std::uint32_t each = session.conversation;
       each != kNone && ended.conversations.size() < kEndedConversationsMax;
       each = conversations_[each].next) {
    const Conversation& conversation = conversations_[each];
    auto& kept = ended.conversations.emplace_back();
    kept.preamble = conversation.preamble;
    kept.length = conversation.length;
    kept.answered = conversation.answered;
    for (std::uint32_t name = 0; name < kConversationNames; ++name) {
      kept.names[name] = conversation_names_.name(each * kConversationNames + name);
    }
  }
  return ended;
}

void Sessions::restore(const EndedSession& ended) {
  static_assert(std::tuple_size_v<decltype(EndedSession::Conversation::names)> ==
                kConversationNames);
  if (sessions_.full()) {
    forget_session(sessions_.oldest());
  }
  const std::uint32_t at = sessions_.add();
  Session& session = sessions_[at];
  session.name.set(ended.name);
  session.ended = true;
  session.ended_why.set(ended.why);
  session.by = ended.named ? FoundBy::id : FoundBy::opening;
  session.met_midway = ended.met_midway;
  session.scope = ended.scope;
  session.preamble = ended.preamble;
  session.root = ended.root;
  session.turns = ended.turns;
  session.tool_calls = ended.tool_calls;
  session.spent = ended.spent;
  session.tokens_in = ended.tokens_in;
  session.tokens_out = ended.tokens_out;
  session.started = ended.started;
  session.last = ended.last;
  session_names_.add(at * kSessionNames + kByName, digest(ended.name, kName));
  session_names_.add(at * kSessionNames + (ended.named ? kById : kByScope), ended.root);
  if (ended.trace != Digest{}) {
    session_names_.add(at * kSessionNames + kByTrace, ended.trace);
  }
  for (auto kept = ended.conversations.rbegin(); kept != ended.conversations.rend(); ++kept) {
    restore_conversation(at, *kept);
  }
}

void Sessions::restore_conversation(std::uint32_t session, const EndedSession::Conversation& kept) {
  Outline outline;
  outline.preamble = kept.preamble;
  const std::uint32_t at = open_conversation(session, outline);
  conversations_[at].length = static_cast<std::uint32_t>(kept.length);
  conversations_[at].answered = kept.answered;
  for (std::uint32_t name = 0; name < kConversationNames; ++name) {
    if (kept.names[name] != Digest{}) {
      conversation_names_.add(at * kConversationNames + name, kept.names[name]);
    }
  }
}

std::vector<EndedUse> Sessions::ended_uses() const {
  std::vector<EndedUse> uses;
  sessions_.each([&](std::uint32_t at) {
    const Session& session = sessions_[at];
    if (session.ended) {
      uses.push_back(
          {.name = std::string(session.name.view()), .scope = session.scope, .last = session.last});
    }
  });
  return uses;
}

}  // namespace purser
