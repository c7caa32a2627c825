// sessions/sessions.hpp — which calls belong together, and what they came to.
//
// A session is one user request worked through by an agent; a conversation is one growing history
// in it. A sub-agent has a conversation of its own, in the same session where its client says so.
//
// A call's session is found by, in this order:
//   id        what the client calls it;
//   response  the answer that the request continues;
//   chain     the conversation: the request extends one that was seen before, or repeats it;
//   trace     the trace that its client is in, where it says so;
//   pause     a session of its scope that was used a moment ago, where only one can be meant;
// and otherwise it opens one. Names never cross scopes: a scope is a key, or a key's user.
//
// Memory is bounded: at most sessions_max sessions and conversations_max conversations are known;
// the one used longest ago goes when another comes. What is kept of one is kBytesASession (1.1 KB)
// and kBytesAConversation (1.9 KB), whatever it does: 80 MB at most by default, taken as they come.
// A turn of a session that went meanwhile ends in nothing.
//
// Not locked, no clock: the same calls at the same instants find the same sessions.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "call/outline.hpp"
#include "money/amount.hpp"
#include "money/usage.hpp"
#include "sessions/ended.hpp"
#include "sessions/loops.hpp"
#include "sessions/name_index.hpp"
#include "sessions/places.hpp"
#include "sessions/signals.hpp"

namespace purser {

enum class FoundBy : std::uint8_t { id, response, chain, trace, pause, opening };
std::string_view to_string(FoundBy by);

struct SessionOptions {
  std::uint32_t sessions_max = 16'384;
  std::uint32_t conversations_max = 32'768;
  /// How long a session without any name of its own may pause and go on. People read an answer in
  /// minutes; after that another task is likelier.
  std::chrono::nanoseconds pause_max = std::chrono::minutes(10);
  std::chrono::nanoseconds forget_after = std::chrono::hours(24);
  LoopOptions loops = {};
};

/// How a request stands to the one before it in its conversation.
enum class Repeat : std::uint8_t {
  none,  // it goes on
  near,  // another last message in place of the last
  same,  // nothing is new
};

/// A call's place, from find() to end_turn().
struct Turn {
  PlaceRef session = {};
  PlaceRef conversation = {};  // none without an outline
  FoundBy by = FoundBy::opening;
  std::uint32_t from = 0;  // the first message that is new here
  Repeat repeat = Repeat::none;
  std::uint64_t agent = 0;  // 0: the main one
  std::uint64_t parent_agent = 0;
};

/// How a turn ended. A call that was released cost nothing and used nothing.
struct TurnEnd {
  Amount cost = {};
  Usage usage = {};
  std::string_view response_id = {};  // of the answer; may be continued by previous_response_id
};

/// A session as it stands, for whoever looks at it.
struct SessionState {
  std::string name;
  FoundBy by = FoundBy::opening;
  std::string parent;  // the session it works for, if that is known
  std::int64_t turns = 0;
  std::int64_t in_flight = 0;
  std::int64_t in_flight_max = 0;
  std::int64_t agents = 0;  // distinct sub-agents; of more than kAgentsMax some are counted twice
  std::int64_t depth = 0;   // of the deepest agent or sub-session; 0: none
  std::int64_t tool_calls = 0;
  Amount spent;
  Tokens tokens_in;
  Tokens tokens_out;
  Instant started;
  Instant last;
  bool ended = false;
  std::string ended_why;
  Finding loop;                 // the worst so far; level none without any
  std::string loop_tool;        // its tool's name, cut
  std::int64_t loops_stop = 0;  // how many turns began with a finding of level stop
};

/// What a turn would come to.
struct Foresight {
  SessionState session;  // with the turn begun; without a name where it would open one
  Findings findings;
};

/// Text of bounded size, in place; what is longer is cut.
template <std::size_t max>
class ShortText {
 public:
  void set(std::string_view text) {
    size_ = static_cast<std::uint16_t>(text.substr(0, max).copy(text_.data(), max));
  }
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::uint16_t size_ = 0;
  std::array<char, max> text_{};
};

class Sessions {
 public:
  static constexpr std::size_t kNameBytesMax = 128;  // as long as a caller's label may be
  static constexpr std::size_t kAgentsMax = 16;

  explicit Sessions(SessionOptions options);

  /// The call's session; a new one where none is found. `outline` may be null.
  Turn find(const Signals& signals, std::string_view scope, const Outline* outline, Instant now);
  /// The session of a tool call, which shows no conversation: where nothing names it, the one of
  /// its scope that was used last, named or not.
  Turn find_for_tool(const Signals& signals, std::string_view scope, Instant now);
  /// The name that the call's records go under: the client's id, or "s_" and sixteen hex digits.
  std::string_view name(const Turn& turn) const;
  /// The session that this one works for in the end: itself, unless a parent is known.
  std::string_view root_name(const Turn& turn) const;
  /// Nothing while the session may go on, or why it was ended. Empty reasons are "ended by hand".
  std::optional<std::string_view> ended(const Turn& turn) const;

  /// The call goes out. What its conversation shows of loops so far.
  Findings begin_turn(const Turn& turn, const Outline* outline, Instant now);
  void end_turn(const Turn& turn, const TurnEnd& end, Instant now);

  /// A tool call of the session that goes out by itself, and what it came to. Histories tell of it
  /// again, later: it is not counted twice.
  void note_tool_call(const Turn& turn, Instant now);
  void end_tool_call(const Turn& turn, Amount cost, Instant now);

  /// What find() and begin_turn() would say, and nothing of it done.
  Foresight foresee(const Signals& signals, std::string_view scope, const Outline* outline,
                    Instant now) const;

  /// By hand: further calls are the caller's to refuse. Of several sessions of one name the latest.
  /// Returns what brings it back by restore(); nothing when no such session is known.
  std::optional<EndedSession> end(std::string_view session_name, std::string_view why);
  /// The session of that name in one scope.
  std::optional<EndedSession> end(std::string_view session_name, std::string_view scope,
                                  std::string_view why);
  /// A session that was ended, at an earlier start: before any call, those used first before
  /// others.
  void restore(const EndedSession& ended);
  /// Those that are ended, and when each was last asked for.
  std::vector<EndedUse> ended_uses() const;
  std::optional<SessionState> state(std::string_view session_name) const;
  /// The session of that name in one scope: nothing tells a caller of anybody else's.
  std::optional<SessionState> state(std::string_view session_name, std::string_view scope) const;
  std::optional<SessionState> state(const Turn& turn) const;
  /// Up to `max` sessions, the one used last first.
  std::vector<SessionState> latest(std::size_t max) const;

  /// Lets go what nobody used for forget_after.
  void expire(Instant now);
  std::chrono::nanoseconds forget_after() const { return options_.forget_after; }
  std::size_t size() const { return sessions_.size(); }
  std::size_t conversations() const { return conversations_.size(); }

 private:
  struct Agent {
    std::uint64_t name = 0;
    std::uint8_t depth = 0;
  };
  struct Session {
    ShortText<kNameBytesMax> name;
    ShortText<kNameBytesMax> ended_why;
    ShortText<32> loop_tool;
    FoundBy by = FoundBy::opening;
    bool ended = false;
    bool met_midway = false;  // its first request had answers in it that we never saw
    Digest root;              // conversations are looked for under it
    Digest scope;
    Digest preamble;  // of its first conversation
    PlaceRef parent;
    std::uint32_t conversation = Places<int>::kNone;  // the first of a list
    std::uint32_t agents_seen = 0;
    std::uint8_t depth_at_start = 0;  // a sub-session's own
    std::uint8_t depth_max = 0;
    std::array<Agent, kAgentsMax> agents{};
    std::int64_t turns = 0;
    std::int64_t in_flight = 0;
    std::int64_t in_flight_max = 0;
    std::int64_t tool_calls = 0;        // that histories tell of
    std::int64_t tool_calls_ahead = 0;  // made, and in no history yet
    std::int64_t loops_stop = 0;
    Amount spent;
    Tokens tokens_in;
    Tokens tokens_out;
    Instant started;
    Instant last;
    Finding loop;
  };
  struct Conversation {
    std::uint32_t session = 0;
    std::uint32_t next = Places<int>::kNone;  // of its session's list
    std::uint32_t previous = Places<int>::kNone;
    std::uint32_t length = 0;  // messages of the latest request
    RequestRepeats repeats;
    std::uint32_t in_flight = 0;
    bool answered = false;  // its latest request that ended
    Digest preamble;
    TurnClock clock;
    Tail tail;
  };
  /// What a session or a conversation is looked up by; an entry of the index each.
  enum SessionName : std::uint32_t { kById, kByName, kByScope, kByTrace, kSessionNames };
  enum ConversationName : std::uint32_t {
    kByTip,
    kByBeforeTip,
    kByOpening,
    kByResponse,
    kConversationNames
  };

 public:
  static constexpr std::size_t kBytesASession =
      Places<Session>::kBytesAPlace + kSessionNames * NameIndex::kBytesAnEntry;
  static constexpr std::size_t kBytesAConversation =
      Places<Conversation>::kBytesAPlace + kConversationNames * NameIndex::kBytesAnEntry;

 private:
  struct Match {
    std::uint32_t conversation = Places<int>::kNone;
    std::uint32_t from = 0;
    Repeat repeat = Repeat::none;
  };
  /// Where a call belongs, among what is known.
  struct Located {
    std::uint32_t session = Places<int>::kNone;
    FoundBy by = FoundBy::opening;
    Match match;
  };
  /// Names of different kinds never meet.
  enum Seed : std::uint64_t { kScope = 101, kId, kName, kResponse, kTrace, kOpening };
  static Digest under(Digest root, std::string_view name, Seed kind);

  Located locate(const Signals& signals, Digest scope, const Outline* outline, Instant now) const;
  static Turn turn_of(const Signals& signals, const Located& found);
  std::uint32_t session_under(Digest name, SessionName kind) const;
  std::uint32_t session_of(std::string_view session_name, Digest scope) const;
  std::optional<EndedSession> end_at(std::uint32_t at, std::string_view why);
  EndedSession taken_down(std::uint32_t at) const;
  void restore_conversation(std::uint32_t session, const EndedSession::Conversation& kept);
  Match match(Digest root, const Outline& outline) const;
  Match near(Digest root, const Outline& outline) const;
  template <typename Fits>
  std::uint32_t find_conversation(Digest name, ConversationName kind, Fits fits) const;
  static bool repeats(const Conversation& conversation, const Outline& outline);
  bool begins_as_known(Digest root, const Outline& outline) const;
  std::uint32_t before_tip(Digest name, std::size_t size) const;
  Match continued(Digest root, const Signals& signals) const;
  std::uint32_t paused(Digest scope, const Outline* outline, Instant now) const;
  std::uint32_t compacted(Digest scope, const Outline& outline, Instant now) const;
  std::uint32_t edited(Digest scope, const Outline& outline, Instant now) const;
  std::uint32_t open_session(const Signals& signals, Digest scope, const Outline* outline,
                             Instant now);
  std::uint32_t open_conversation(std::uint32_t session, const Outline& outline);
  void place_under_parent(Session& session, const Signals& signals, Digest scope);
  std::uint32_t parent_of(const Signals& signals, Digest scope) const;
  std::uint8_t depth_of(const Signals& signals, std::uint32_t parent) const;
  void touch(std::uint32_t session, Instant now);
  void note_trace(std::uint32_t session, const Signals& signals);
  void forget_session(std::uint32_t session);
  void forget_conversation(std::uint32_t conversation);
  void move_tip(std::uint32_t conversation, const Outline& outline);
  Findings begin(Session& session, Conversation* conversation, const Turn& turn,
                 const Outline* outline, Instant now) const;
  static void note_agent(Session& session, const Turn& turn);
  static void note_loops(Session& session, const Findings& findings, const Outline& outline);
  SessionState state_of(const Session& session) const;

  SessionOptions options_;
  Places<Session> sessions_;
  Places<Conversation> conversations_;
  NameIndex session_names_;
  NameIndex conversation_names_;
  std::uint64_t opened_ = 0;
};

}  // namespace purser
