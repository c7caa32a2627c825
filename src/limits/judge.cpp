// limits/judge.cpp — asking each account how far along it is.
#include "limits/judge.hpp"

#include <algorithm>
#include <limits>

#include "base/invariant.hpp"

namespace purser {
namespace {

/// Counted one by one: the call that fills the account is known before it is made.
bool counts_itself(Measure measure) {
  return measure == Measure::calls || measure == Measure::turns || measure == Measure::tool_calls;
}

Standing with_this_call(const Touched& touched, const Standing& standing, const Need& need) {
  Standing now = seen(touched, standing);
  if (counts_itself(touched.measure)) {
    now.held += need.units;
  }
  return now;
}

/// Essential calls pass where only those do.
bool denies(Threshold::Action action, Priority priority) {
  return action == Threshold::Action::deny ||
         (action == Threshold::Action::essential_only && priority != Priority::essential);
}

/// Denying at a share of calls means: once that share is used, not by the call that fills it.
bool is_reached(const Threshold& threshold, const Standing& before, const Standing& with) {
  const bool by_this = threshold.action == Threshold::Action::land;
  return share_of(by_this ? with : before) >= threshold.share;
}

void note_would(Judgement& judgement, const Touched& touched, const Threshold& threshold,
                Priority priority) {
  if (threshold.action == Threshold::Action::essential_only &&
      !denies(threshold.action, priority)) {
    return;
  }
  const std::string_view what = denies(threshold.action, priority)
                                    ? to_string(Threshold::Action::deny)
                                    : to_string(threshold.action);
  judgement.would.push_back(std::string(what) + ' ' + touched.limit->name);
}

void take(Judgement& judgement, const Passed& passed, Priority priority) {
  switch (passed.threshold->action) {
    case Threshold::Action::alert:
      return;  // told when a call is settled: see alert_of()
    case Threshold::Action::downgrade:
      judgement.downgrade = judgement.downgrade.value_or(passed);
      return;
    case Threshold::Action::land:
      judgement.land = judgement.land.value_or(passed);
      return;
    case Threshold::Action::essential_only:
    case Threshold::Action::deny:
      if (denies(passed.threshold->action, priority)) {
        judgement.deny = judgement.deny.value_or(passed);
      }
      return;
  }
}

/// A whole maximum needs no threshold: the treasury refuses. Observed, nobody does, so it is said.
void note_full(Judgement& judgement, const Touched& touched, const Standing& standing,
               const Need& need) {
  if (!seen(touched, standing).carries(need.units)) {
    judgement.would.push_back("deny " + touched.limit->name);
  }
}

}  // namespace

Share share_of(const Standing& standing) {
  const __int128 used = static_cast<__int128>(standing.posted.count()) + standing.held.count();
  if (standing.max <= Units{}) {
    return kWhole;
  }
  const __int128 share = used * kWhole.count() / standing.max.count();
  return Share(static_cast<std::int64_t>(
      std::min<__int128>(share, std::numeric_limits<std::int64_t>::max())));
}

Judgement judge(const Touches& touches, std::span<const Standing> standings, Priority priority) {
  INVARIANT(standings.size() >= touches.size(), "a standing for each need");
  Judgement judgement;
  for (std::size_t i = 0; i < touches.size(); ++i) {
    const Touched& touched = touches.list()[i];
    const Need& need = touches.needs()[i];
    const Standing before = seen(touched, standings[i]);
    const Standing with = with_this_call(touched, standings[i], need);
    if (touched.observed) {
      note_full(judgement, touched, standings[i], need);
    }
    // From the highest share down: a later threshold of the same kind stands for those before it.
    for (auto at = touched.limit->at.rbegin(); at != touched.limit->at.rend(); ++at) {
      if (!is_reached(*at, before, with)) {
        continue;
      }
      if (touched.observed && at->action != Threshold::Action::alert) {
        note_would(judgement, touched, *at, priority);
      } else {
        take(judgement, {.need = i, .threshold = &*at}, priority);
      }
    }
  }
  return judgement;
}

const Threshold* alert_of(const Limit& limit, Share share) {
  for (auto at = limit.at.rbegin(); at != limit.at.rend(); ++at) {
    if (at->action == Threshold::Action::alert && share >= at->share) {
      return &*at;
    }
  }
  return nullptr;
}

}  // namespace purser
