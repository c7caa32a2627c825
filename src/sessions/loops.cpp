// sessions/loops.cpp — five looks at the last steps. All are quadratic in at most 32 steps.
#include "sessions/loops.hpp"

#include <algorithm>

namespace purser {
namespace {

constexpr std::size_t kCycleMin = 2;
constexpr std::size_t kCycleMax = 6;

/// How new a result is: not seen among the last steps; seen but for its digits; seen. Nothing at
/// all and an empty text are old.
enum class News : std::uint8_t { none, digits, all };

News news_of(const Tail& tail, std::size_t at) {
  const Step& step = tail[at];
  if (step.result == 0 || (step.kind == Step::Kind::called && step.bytes == 0)) {
    return News::none;
  }
  News news = News::all;
  for (std::size_t i = 0; i < at; ++i) {
    if (tail[i].result == step.result) {
      return News::none;
    }
    news = tail[i].gist == step.gist ? News::digits : news;
  }
  return news;
}

/// Words to which nobody answered: a thought between two calls, or a monologue.
bool is_thought(const Step& step) {
  return step.kind == Step::Kind::said && step.result == 0;
}

/// What was done since somebody last said something new. Thoughts are left out: what they lead to
/// counts.
class Stretch {
 public:
  explicit Stretch(const Tail& tail) {
    std::array<News, Tail::kSteps> news{};
    std::size_t from = 0;
    for (std::size_t i = 0; i < tail.size(); ++i) {
      news[i] = news_of(tail, i);
      if (news[i] != News::none && tail[i].kind != Step::Kind::called) {
        from = i + 1;
      }
    }
    for (std::size_t i = from; i < tail.size(); ++i) {
      if (tail[i].kind == Step::Kind::heard || is_thought(tail[i])) {
        continue;
      }
      bool known = false;
      for (std::size_t j = 0; j < i && !known; ++j) {
        known = tail[j].action == tail[i].action;
      }
      steps_[size_] = tail[i];
      news_[size_] = news[i];
      known_[size_] = known;
      ++size_;
    }
  }

  std::size_t size() const { return size_; }
  const Step& operator[](std::size_t at) const { return steps_[at]; }
  News news(std::size_t at) const { return news_[at]; }
  /// An action that was done before.
  bool known(std::size_t at) const { return known_[at]; }
  /// Whether a step strictly between two brought something new.
  bool news_between(std::size_t first, std::size_t last) const {
    for (std::size_t i = first + 1; i < last; ++i) {
      if (news_[i] == News::all) {
        return true;
      }
    }
    return false;
  }

 private:
  std::array<Step, Tail::kSteps> steps_{};
  std::array<News, Tail::kSteps> news_{};
  std::array<bool, Tail::kSteps> known_{};
  std::size_t size_ = 0;
};

void keep(Findings& found, const Finding& finding) {
  if (finding.level == LoopLevel::none) {
    return;
  }
  for (std::size_t i = 0; i < found.size; ++i) {
    Finding& other = found.list[i];
    if (other.kind == finding.kind) {
      const bool stronger = finding.level > other.level ||
                            (finding.level == other.level && finding.count > other.count);
      other = stronger ? finding : other;
      return;
    }
  }
  found.list[found.size++] = finding;
}

/// How much alike two outcomes must be to count as one.
enum class Alike : std::uint8_t { same, digits, any };

bool alike(const Step& a, const Step& b, Alike how) {
  return how == Alike::any || (how == Alike::digits ? a.gist == b.gist : a.result == b.result);
}

/// How often the action of step `at` was done up to it with such an outcome, and when first.
struct Repeats {
  std::uint32_t count = 0;
  std::size_t first = 0;
};

Repeats repeats_of(const Stretch& steps, std::size_t at, Alike how) {
  Repeats found{.first = at};
  for (std::size_t i = at + 1; i-- > 0;) {
    if (steps[i].action == steps[at].action && alike(steps[i], steps[at], how)) {
      ++found.count;
      found.first = i;
    }
  }
  return found;
}

/// Looks at the last few steps, not at the last alone: calls are made in parallel, and agents think
/// between them.
constexpr std::size_t kRecent = kCycleMax;

std::size_t first_recent(const Stretch& steps) {
  return steps.size() > kRecent ? steps.size() - kRecent : 0;
}

void find_same_call(const Stretch& steps, const LoopOptions& options, Findings& found) {
  for (std::size_t at = first_recent(steps); at < steps.size(); ++at) {
    for (const Alike how : {Alike::same, Alike::digits, Alike::any}) {
      const Repeats repeats = repeats_of(steps, at, how);
      const bool between = steps.news_between(repeats.first, at);
      const LoopLevels& levels = how == Alike::any      ? options.same_call_changing
                                 : between              ? options.same_call_between
                                 : how == Alike::digits ? options.same_call_alike
                                                        : options.same_call;
      keep(found, {.kind = LoopKind::same_call,
                   .level = levels.of(repeats.count),
                   .count = repeats.count,
                   .first_turn = steps[repeats.first].turn,
                   .last_turn = steps[at].turn,
                   .tool = steps[at].tool});
    }
  }
}

/// How many steps up to the end repeat the one `period` before them.
std::size_t repeating(const Stretch& steps, std::size_t period, Alike how) {
  std::size_t count = 0;
  for (std::size_t at = steps.size(); at-- > period; ++count) {
    if (steps[at].action != steps[at - period].action ||
        !alike(steps[at], steps[at - period], how)) {
      break;
    }
  }
  return count;
}

bool is_one_action(const Stretch& steps, std::size_t period) {
  for (std::size_t i = 1; i < period; ++i) {
    if (steps[steps.size() - 1 - i].action != steps[steps.size() - 1].action) {
      return false;
    }
  }
  return true;
}

void find_cycle(const Stretch& steps, const LoopOptions& options, Findings& found) {
  for (std::size_t period = kCycleMin; period <= kCycleMax; ++period) {
    if (steps.size() < 2 * period || is_one_action(steps, period)) {
      continue;
    }
    for (const Alike how : {Alike::same, Alike::digits, Alike::any}) {
      const auto rounds = static_cast<std::uint32_t>(repeating(steps, period, how) / period + 1);
      const LoopLevels& levels = how == Alike::same     ? options.cycle
                                 : how == Alike::digits ? options.cycle_alike
                                                        : options.cycle_changing;
      const std::size_t last = steps.size() - 1;
      if (rounds > 1) {
        keep(found, {.kind = LoopKind::cycle,
                     .level = levels.of(rounds),
                     .count = rounds,
                     .period = static_cast<std::uint32_t>(period),
                     .first_turn = steps[last + 1 - rounds * period].turn,
                     .last_turn = steps[last].turn});
      }
    }
  }
}

bool works_after(const Stretch& steps, std::size_t at) {
  for (std::size_t i = at + 1; i < steps.size(); ++i) {
    if (steps[i].tool == steps[at].tool && steps[i].error == 0) {
      return true;
    }
  }
  return false;
}

void find_error_echo(const Stretch& steps, const LoopOptions& options, Findings& found) {
  for (std::size_t at = first_recent(steps); at < steps.size(); ++at) {
    if (steps[at].error == 0 || works_after(steps, at)) {
      continue;
    }
    std::uint32_t count = 0;
    std::size_t first = at;
    for (std::size_t i = at + 1; i-- > 0;) {
      if (steps[i].tool != steps[at].tool) {
        continue;
      }
      if (steps[i].error == 0) {
        break;  // it worked in between
      }
      if (steps[i].result == steps[at].result) {
        ++count;
        first = i;
      }
    }
    const bool between = steps.news_between(first, at);
    const LoopLevels& levels = between ? options.error_echo_between : options.error_echo;
    keep(found, {.kind = LoopKind::error_echo,
                 .level = levels.of(count),
                 .count = count,
                 .first_turn = steps[first].turn,
                 .last_turn = steps[at].turn,
                 .tool = steps[at].tool});
  }
}

void find_no_progress(const Stretch& steps, const LoopOptions& options, Findings& found) {
  std::uint32_t stale = 0;  // no news
  std::uint32_t again = 0;  // and nothing new was tried
  for (std::size_t at = steps.size(); at-- > 0 && steps.news(at) != News::all; ++stale) {
    const bool old = steps.known(at) && steps.news(at) == News::none;
    again += again == stale && old ? 1 : 0;
  }
  const auto finding = [&](std::uint32_t count, const LoopLevels& levels) {
    return Finding{.kind = LoopKind::no_progress,
                   .level = levels.of(count),
                   .count = count,
                   .first_turn = count == 0 ? 0 : steps[steps.size() - count].turn,
                   .last_turn = count == 0 ? 0 : steps[steps.size() - 1].turn};
  };
  keep(found, finding(again, options.no_progress));
  keep(found, finding(stale, options.no_progress_trying));
}

void find_monologue(const Tail& tail, const LoopOptions& options, Findings& found) {
  std::uint32_t count = 0;
  for (std::size_t at = tail.size(); at-- > 0 && is_thought(tail[at]); ++count) {
  }
  if (count > 0) {
    keep(found, {.kind = LoopKind::monologue,
                 .level = options.monologue.of(count),
                 .count = count,
                 .first_turn = tail[tail.size() - count].turn,
                 .last_turn = tail[tail.size() - 1].turn});
  }
}

}  // namespace

std::string_view to_string(LoopKind kind) {
  constexpr std::array<std::string_view, kLoopKinds> kNames{
      "same_call", "cycle", "error_echo", "no_progress", "monologue", "same_request"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view to_string(LoopLevel level) {
  constexpr std::array<std::string_view, 4> kNames{"none", "notice", "warn", "stop"};
  return kNames[static_cast<std::size_t>(level)];
}

LoopLevel LoopLevels::of(std::uint32_t count) const {
  return count >= stop     ? LoopLevel::stop
         : count >= warn   ? LoopLevel::warn
         : count >= notice ? LoopLevel::notice
                           : LoopLevel::none;
}

const Finding* Findings::worst() const {
  const Finding* found = nullptr;
  for (const Finding& each : *this) {
    if (found == nullptr || each.level > found->level) {
      found = &each;
    }
  }
  return found;
}

void TurnClock::judge(Findings& findings, std::chrono::nanoseconds waits_from) const {
  for (std::size_t i = 0; i < findings.size; ++i) {
    Finding& finding = findings.list[i];
    const std::uint32_t turns = finding.last_turn - finding.first_turn;
    const Instant first = began_[finding.first_turn % began_.size()];
    const Instant last = began_[finding.last_turn % began_.size()];
    if (turns > 0 && turns < began_.size() && first > Instant() && last > first) {
      finding.waits = last - first >= waits_from * turns;
      finding.level = finding.waits ? std::min(finding.level, LoopLevel::warn) : finding.level;
    }
  }
}

Findings find_loops(const Tail& tail, RequestRepeats repeats, const LoopOptions& options) {
  Findings found;
  const Stretch steps(tail);
  find_same_call(steps, options, found);
  find_cycle(steps, options, found);
  find_error_echo(steps, options, found);
  find_no_progress(steps, options, found);
  find_monologue(tail, options, found);
  const auto same_request = [&](std::uint32_t count, const LoopLevels& levels) {
    return Finding{.kind = LoopKind::same_request,
                   .level = levels.of(count),
                   .count = count,
                   .first_turn = tail.turns() + 1,  // for the same answer, again and again
                   .last_turn = tail.turns() + 1};
  };
  keep(found, same_request(repeats.same, options.same_request));
  keep(found, same_request(repeats.near, options.near_request));
  return found;
}

}  // namespace purser
