// limits/provider_gate.cpp — closed at a word, opened gently.
#include "limits/provider_gate.hpp"

#include <algorithm>

#include "base/invariant.hpp"

namespace purser {
namespace {

using std::chrono::nanoseconds;

/// The first to go: two, so that one slow answer does not keep all others waiting.
constexpr std::int64_t kFirstWindow = 2;
/// A window this wide is none: the provider keeps up.
constexpr std::int64_t kOpenWindow = 64;
/// Told to wait without a time: this, then twice as long each time.
constexpr std::chrono::seconds kFirstBackoff{1};
constexpr int kDoublingsMax = 6;  // 64 s: kGateClosedMax bounds it anyway
/// So long after it opened it is simply open, however few came: what they could learn is too old.
constexpr std::chrono::seconds kOpeningMax{60};
/// Shorter is no wait: a few calls more or less in a hundredth of a second.
constexpr nanoseconds kLeastWait = std::chrono::milliseconds(1);

}  // namespace

void ProviderGate::close(nanoseconds wait, Instant now) {
  const nanoseconds bounded = std::clamp<nanoseconds>(wait, kLeastWait, kGateClosedMax);
  closed_until_ = std::max(closed_until_, now + bounded);
  window_ = kFirstWindow;
  unanswered_ = 0;
  ++round_;
}

ProviderGate::Told ProviderGate::hear(ToldPace told, Instant now) {
  switch (told.pace) {
    case Pace::fine:
    case Pace::no_money:
      return Told::nothing_new;
    case Pace::exhausted:
      if (!told.wait) {
        return Told::nothing_new;  // it serves, and says nothing of when it would not
      }
      break;
    case Pace::too_fast:
      break;
  }
  const bool was_closed = state(now) == State::closed;
  if (state(now) == State::open) {
    refusals_ = 0;
  }
  if (told.wait) {
    close(*told.wait, now);
  } else if (!was_closed) {
    // Ten calls refused in one breath say it once.
    close(kFirstBackoff * (1 << std::min(refusals_, kDoublingsMax)), now);
    ++refusals_;
  }
  return was_closed ? Told::nothing_new : Told::closed;
}

ProviderGate::State ProviderGate::state(Instant now) const {
  if (now < closed_until_) {
    return State::closed;
  }
  return window_ == 0 || now - closed_until_ >= kOpeningMax ? State::open : State::opening;
}

std::int64_t ProviderGate::room(Instant now) const {
  switch (state(now)) {
    case State::open:
      return INT64_MAX;
    case State::closed:
      return 0;
    case State::opening:
      break;
  }
  return std::max<std::int64_t>(0, window_ - unanswered_);
}

ProviderGate::Round ProviderGate::left(Instant now) {
  const State at = state(now);
  INVARIANT(at != State::closed, "nobody leaves by a closed gate");
  if (at == State::open) {
    return 0;
  }
  ++unanswered_;
  return round_;
}

void ProviderGate::answered(Round round) {
  if (round == 0 || round != round_ || window_ == 0) {
    return;
  }
  ended(round);
  if (++window_ >= kOpenWindow) {
    window_ = 0;
    unanswered_ = 0;
    refusals_ = 0;
  }
}

void ProviderGate::ended(Round round) {
  if (round == 0 || round != round_ || window_ == 0) {
    return;
  }
  INVARIANT(unanswered_ > 0, "a call ends once, having left");
  --unanswered_;
}

}  // namespace purser
