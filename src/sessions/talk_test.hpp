// sessions/talk_test.hpp — conversations to test with, a message at a time.
#pragma once

#include <string>

#include "sessions/sessions.hpp"

namespace purser {

using Role = Outline::Role;

/// A conversation to make requests of.
class Talk {
 public:
  explicit Talk(std::uint64_t preamble = 1) { outline_.preamble = {.high = preamble, .low = 1}; }

  Talk& say(Role role, const std::string& text) {
    const Digest said = digest(text, 1 + static_cast<std::uint64_t>(role));
    const Digest before = outline_.messages.empty() ? Digest{} : outline_.messages.back().chain;
    outline_.messages.push_back({.role = role, .digest = said, .chain = chained(before, said)});
    return *this;
  }
  Talk& user(const std::string& text) { return say(Role::user, text); }
  Talk& assistant(const std::string& text) { return say(Role::assistant, text); }
  /// A call of `tool` and its result.
  Talk& call(std::string_view tool, const std::string& result) {
    const Digest id = digest(std::to_string(++calls_));
    say(Role::assistant, std::string(tool));
    outline_.messages.back().calls = 1;
    outline_.calls.push_back({.name = tool, .action = digest(tool), .id = id});
    say(Role::tool, result);
    outline_.messages.back().results = 1;
    outline_.results.push_back(
        {.call_id = id, .digest = digest(result), .gist = digest(result), .bytes = 7});
    return *this;
  }
  Talk& change_last(const std::string& text) {
    const Role role = outline_.messages.back().role;
    outline_.messages.pop_back();
    return say(role, text);
  }
  const Outline* outline() const { return &outline_; }
  std::size_t size() const { return outline_.messages.size(); }

 private:
  Outline outline_;
  int calls_ = 0;
};

inline Instant at(int second) {
  return Instant::from_seconds(1'000'000 + second);
}

}  // namespace purser
