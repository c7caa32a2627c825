// sessions/ended.hpp — a session that was ended by hand: as much of it as finds its further calls,
// so that they are refused by another process too.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "base/instant.hpp"
#include "base/strong.hpp"
#include "money/amount.hpp"
#include "money/usage.hpp"

namespace purser {

struct EndedSession {
  std::string name;
  std::string why;
  bool named = false;  // by its client; else it was found
  bool met_midway = false;
  Digest scope;
  Digest preamble;
  Digest root;
  Digest trace;  // none: {}
  std::int64_t turns = 0;
  std::int64_t tool_calls = 0;
  Amount spent;
  Tokens tokens_in;
  Tokens tokens_out;
  Instant started;
  Instant last;

  struct Conversation {
    Digest preamble;
    std::int64_t length = 0;
    bool answered = false;
    std::array<Digest, 4> names;  // whatever it is looked up by; none: {}
    friend bool operator==(const Conversation&, const Conversation&) = default;
  };
  std::vector<Conversation> conversations;  // the newest first

  friend bool operator==(const EndedSession&, const EndedSession&) = default;
};

/// Sub-agents have conversations of their own. Of more than so many the newest are kept: a session
/// that is named needs none of them.
inline constexpr std::size_t kEndedConversationsMax = 64;

/// When an ended session was last asked for.
struct EndedUse {
  std::string name;
  Digest scope;
  Instant last;
};

}  // namespace purser
