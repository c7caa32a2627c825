// sessions/loops.hpp — does a conversation run in circles? Pure, over its last steps.
// What counts as running in circles: doing again what was done before while nothing new comes back.
// New is a result that was not seen among the last steps, and a person's word. So a build that is
// run after every edit is none, nor is a user who insists. A result that differs from one before in
// digits only (a clock, a counter) is half new: it is enough for a warning, but a poll whose answer
// moves is never stopped. `stop` is meant for spending that no one could want.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/instant.hpp"
#include "sessions/steps.hpp"

namespace purser {

enum class LoopKind : std::uint8_t {
  same_call,     // one call again and again
  cycle,         // two to six calls in turns
  error_echo,    // one tool fails again and again in the same words
  no_progress,   // nothing came back that had not come before
  monologue,     // answers without anything between them
  same_request,  // one request again and again
};
inline constexpr std::size_t kLoopKinds = 6;
std::string_view to_string(LoopKind kind);

enum class LoopLevel : std::uint8_t { none, notice, warn, stop };
std::string_view to_string(LoopLevel level);

struct Finding {
  LoopKind kind = LoopKind::same_call;
  LoopLevel level = LoopLevel::none;
  std::uint32_t count = 0;       // times, rounds or steps
  std::uint32_t period = 1;      // of a cycle
  std::uint32_t first_turn = 0;  // where what repeats was first seen
  std::uint32_t last_turn = 0;
  std::uint64_t tool = 0;  // the tool's name; 0: words, or several
  bool waits = false;      // so slow that somebody waits on purpose: then it is no stop
};

/// One finding a kind at most.
struct Findings {
  std::array<Finding, kLoopKinds> list{};
  std::size_t size = 0;
  const Finding* begin() const { return list.data(); }
  const Finding* end() const { return list.data() + size; }
  /// The strongest, the earlier kind first; null without any.
  const Finding* worst() const;
  LoopLevel level() const { return size == 0 ? LoopLevel::none : worst()->level; }
};

/// From how many on. A level that is never reached has kNever.
struct LoopLevels {
  static constexpr std::uint32_t kNever = UINT32_MAX;
  std::uint32_t notice = kNever;
  std::uint32_t warn = kNever;
  std::uint32_t stop = kNever;
  LoopLevel of(std::uint32_t count) const;
};

struct LoopOptions {
  /// Same result each time, nothing new in between. People try once more; nobody tries five times.
  LoopLevels same_call{.notice = 2, .warn = 3, .stop = 5};
  /// The result changes in its digits only.
  LoopLevels same_call_alike{.notice = 3, .warn = 5};
  /// Same result each time, but other things went on: a build after each edit.
  LoopLevels same_call_between{.notice = 4, .warn = 8};
  /// The result changes: paging, or a poll that moves.
  LoopLevels same_call_changing{.notice = 5, .warn = 10};
  /// Rounds of a cycle whose results stay the same.
  LoopLevels cycle{.notice = 2, .warn = 3, .stop = 4};
  LoopLevels cycle_alike{.notice = 3, .warn = 4};
  LoopLevels cycle_changing{.notice = 4, .warn = 8};
  /// The same failure of one tool, whatever its arguments, and nothing new since the first. A
  /// provider's own client would have given up.
  LoopLevels error_echo{.notice = 2, .warn = 3, .stop = 4};
  LoopLevels error_echo_between{.notice = 3, .warn = 5};
  /// Steps in a row of which neither action nor result is new.
  LoopLevels no_progress{.notice = 4, .warn = 6, .stop = 8};
  /// Steps in a row whose actions are new but results are not: a list kept, a queue filled.
  LoopLevels no_progress_trying{.notice = 8, .warn = 16};
  /// Answers in a row. A planner may think aloud three times before it acts.
  LoopLevels monologue{.notice = 4, .warn = 6, .stop = 10};
  /// The same request after the answer to it. Clients retry, but not that often.
  LoopLevels same_request{.notice = 3, .warn = 5, .stop = 10};
  /// The same but for its last message: perhaps another question behind the same examples.
  LoopLevels near_request{.notice = 5, .warn = 10};
  /// An agent that looks every few minutes whether a build is done does the same again, too, and
  /// gets the same answer. From this long a turn on, on average, a loop only warns: it costs
  /// little.
  std::chrono::nanoseconds waits_from = std::chrono::seconds(60);
};

/// When the last turns of a conversation began.
class TurnClock {
 public:
  void note(std::uint32_t turn, Instant now) { began_[turn % began_.size()] = now; }
  /// Lowers to a warning what waits. Turns that were not seen to begin are not judged.
  void judge(Findings& findings, std::chrono::nanoseconds waits_from) const;

 private:
  std::array<Instant, Tail::kSteps> began_{};
};

/// How often in a row one request was made: the very same, or but for its last message.
struct RequestRepeats {
  std::uint32_t same = 1;
  std::uint32_t near = 1;
};

Findings find_loops(const Tail& tail, RequestRepeats repeats, const LoopOptions& options);

}  // namespace purser
