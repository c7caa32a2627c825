// sessions/loops.cpp — five looks at the last steps. All are quadratic in at most 32 steps.
#include "sessions/loops.hpp"

#include <algorithm>

namespace purser {
namespace {

constexpr std::size_t kCycleMin = 2;
constexpr std::size_t kCycleMax = 6;
/// Results this long that are as long as one before differ in a clock or a cursor, if at all.
constexpr std::uint32_t kSameLengthMin = 256;

/// The steps since somebody last said something new, with what of them was new.
class Stretch {
 public:
  explicit Stretch(const Tail& tail) {
    std::array<bool, Tail::kSteps> fresh{};
    std::size_t from = 0;
    for (std::size_t i = 0; i < tail.size(); ++i) {
      fresh[i] = brings_news(tail, i);
      if (fresh[i] && tail[i].kind != Step::Kind::called) {
        from = i + 1;
      }
    }
    for (std::size_t i = from; i < tail.size(); ++i) {
      if (tail[i].kind == Step::Kind::heard) {
        continue;  // words that were said before
      }
      bool known = false;
      for (std::size_t j = 0; j < i && !known; ++j) {
        known = tail[j].action == tail[i].action;
      }
      steps_[size_] = tail[i];
      fresh_[size_] = fresh[i];
      known_[size_] = known;
      ++size_;
    }
  }

  std::size_t size() const { return size_; }
  const Step& operator[](std::size_t at) const { return steps_[at]; }
  /// A result that was not seen before.
  bool fresh(std::size_t at) const { return fresh_[at]; }
  /// An action that was done before.
  bool known(std::size_t at) const { return known_[at]; }
  /// Whether a step strictly between two brought news.
  bool news_between(std::size_t first, std::size_t last) const {
    return std::any_of(fresh_.begin() + static_cast<std::ptrdiff_t>(first) + 1,
                       fresh_.begin() + static_cast<std::ptrdiff_t>(last),
                       [](bool fresh) { return fresh; });
  }

 private:
  /// Nothing at all and an empty text are no news.
  static bool brings_news(const Tail& tail, std::size_t at) {
    const Step& step = tail[at];
    if (step.result == 0 || (step.kind == Step::Kind::called && step.bytes == 0)) {
      return false;
    }
    for (std::size_t i = 0; i < at; ++i) {
      if (tail[i].result == step.result) {
        return false;
      }
    }
    return true;
  }

  std::array<Step, Tail::kSteps> steps_{};
  std::array<bool, Tail::kSteps> fresh_{};
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

/// How often the action of step `at` was done up to it; what came back, and what went on between.
struct Repeats {
  std::uint32_t same = 0;  // with the same result
  std::uint32_t all = 0;
  std::size_t first_same = 0;
  std::size_t first = 0;
};

Repeats repeats_of(const Stretch& steps, std::size_t at) {
  Repeats found{.first_same = at, .first = at};
  for (std::size_t i = at + 1; i-- > 0;) {
    if (steps[i].action != steps[at].action) {
      continue;
    }
    ++found.all;
    found.first = i;
    if (steps[i].result == steps[at].result) {
      ++found.same;
      found.first_same = i;
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
    if (steps[at].kind == Step::Kind::said && steps[at].result == 0) {
      continue;  // a monologue's
    }
    const Repeats repeats = repeats_of(steps, at);
    const bool between = steps.news_between(repeats.first_same, at);
    const LoopLevels& levels = between ? options.same_call_between : options.same_call;
    keep(found, {.kind = LoopKind::same_call,
                 .level = levels.of(repeats.same),
                 .count = repeats.same,
                 .first_turn = steps[repeats.first_same].turn,
                 .last_turn = steps[at].turn,
                 .tool = steps[at].tool});
    keep(found, {.kind = LoopKind::same_call,
                 .level = options.same_call_changing.of(repeats.all),
                 .count = repeats.all,
                 .first_turn = steps[repeats.first].turn,
                 .last_turn = steps[at].turn,
                 .tool = steps[at].tool});
  }
}

bool same_outcome(const Step& a, const Step& b) {
  return a.result == b.result || (a.bytes == b.bytes && a.bytes >= kSameLengthMin);
}

/// How many steps up to the end repeat the one `period` before them.
std::size_t repeating(const Stretch& steps, std::size_t period, bool outcome_too) {
  std::size_t count = 0;
  for (std::size_t at = steps.size(); at-- > period; ++count) {
    const Step& step = steps[at];
    const Step& before = steps[at - period];
    if (step.action != before.action || (outcome_too && !same_outcome(step, before))) {
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
    for (const bool outcome_too : {true, false}) {
      const std::size_t count = repeating(steps, period, outcome_too);
      const auto rounds = static_cast<std::uint32_t>(count / period + 1);
      const LoopLevels& levels = outcome_too ? options.cycle : options.cycle_changing;
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
  for (std::size_t at = steps.size(); at-- > 0 && !steps.fresh(at); ++stale) {
    again += again == stale && steps.known(at) ? 1 : 0;
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

void find_monologue(const Stretch& steps, const LoopOptions& options, Findings& found) {
  std::uint32_t count = 0;
  for (std::size_t at = steps.size(); at-- > 0; ++count) {
    if (steps[at].kind != Step::Kind::said || steps[at].result != 0) {
      break;
    }
  }
  if (count > 0) {
    keep(found, {.kind = LoopKind::monologue,
                 .level = options.monologue.of(count),
                 .count = count,
                 .first_turn = steps[steps.size() - count].turn,
                 .last_turn = steps[steps.size() - 1].turn});
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

Findings find_loops(const Tail& tail, std::uint32_t same_requests, const LoopOptions& options) {
  Findings found;
  const Stretch steps(tail);
  find_same_call(steps, options, found);
  find_cycle(steps, options, found);
  find_error_echo(steps, options, found);
  find_no_progress(steps, options, found);
  find_monologue(steps, options, found);
  keep(found, {.kind = LoopKind::same_request,
               .level = options.same_request.of(same_requests),
               .count = same_requests,
               .first_turn = tail.turns() + 1,
               .last_turn = tail.turns() + 1});
  return found;
}

}  // namespace purser
