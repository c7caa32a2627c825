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
/// So long after it began to open it is simply open: the window has doubled with every second.
constexpr std::chrono::seconds kOpeningMax{5};
static_assert(kFirstWindow << kOpeningMax.count() == kOpenWindow);

/// Refusals in a row, without a time, that close it.
constexpr int kRefusalsMin = 3;
/// For so long they count as in a row: what came before is too old to say anything.
constexpr std::chrono::seconds kDoubtMax{10};
/// Told to wait without a time: this, then twice as long each time.
constexpr std::chrono::seconds kFirstBackoff{1};
constexpr int kDoublingsMax = 6;  // 64 s: kGateClosedMax bounds it anyway
/// Shorter is no wait: a few calls more or less in a hundredth of a second.
constexpr nanoseconds kLeastWait = std::chrono::milliseconds(1);

}  // namespace

void ProviderGate::begin_round() {
  ++round_;
  unanswered_ = 0;
}

void ProviderGate::close(nanoseconds wait, Instant now) {
  const nanoseconds bounded = std::clamp<nanoseconds>(wait, kLeastWait, kGateClosedMax);
  closed_until_ = std::max(closed_until_, now + bounded);
  probe_at_ = now + kProbeEvery;
  probe_left_.reset();
  window_ = kFirstWindow;
  begin_round();
}

ProviderGate::Told ProviderGate::hear(ToldPace told, Instant now) {
  const bool refused = told.pace == Pace::too_fast;
  // Nothing left, and no time: it serves, and says nothing of when it would not.
  if (!refused && (told.pace != Pace::exhausted || !told.wait)) {
    return Told::nothing_new;
  }
  const State before = state(now);
  const auto news = before == State::closed ? Told::nothing_new : Told::closed;
  if (told.wait) {
    close(*told.wait, now);
    return news;
  }
  if (before == State::closed) {
    return Told::nothing_new;  // ten calls refused in one breath say it once
  }
  if (before == State::open) {
    refusals_ = 0;
    window_ = 0;
    begin_round();
  }
  ++refusals_;
  refused_at_ = now;
  if (refusals_ < kRefusalsMin) {
    return Told::nothing_new;
  }
  close(kFirstBackoff * (1 << std::min(refusals_ - kRefusalsMin, kDoublingsMax)), now);
  return news;
}

ProviderGate::State ProviderGate::state(Instant now) const {
  if (now < closed_until_) {
    return State::closed;
  }
  if (window_ > 0 && now - closed_until_ < kOpeningMax) {
    return State::opening;
  }
  return refusals_ > 0 && now - refused_at_ < kDoubtMax ? State::doubted : State::open;
}

std::int64_t ProviderGate::room(Instant now) const {
  switch (state(now)) {
    case State::open:
    case State::doubted:
      return INT64_MAX;
    case State::closed:
      return now >= probe_at_ ? 1 : 0;
    case State::opening:
      break;
  }
  const auto open_for = std::chrono::floor<std::chrono::seconds>(now - closed_until_);
  return std::max<std::int64_t>(0, (window_ << open_for.count()) - unanswered_);
}

ProviderGate::Round ProviderGate::left(Instant now) {
  INVARIANT(room(now) > 0, "who leaves has looked for room");
  const State at = state(now);
  if (at == State::open) {
    return 0;
  }
  if (at == State::closed) {
    probe_left_ = now;
    probe_at_ = now + kProbeEvery;
  }
  ++unanswered_;
  return round_;
}

void ProviderGate::answered(Round round) {
  if (round == 0 || round != round_) {
    return;
  }
  ended(round);
  refusals_ = 0;
  if (probe_left_) {  // it was open then already
    closed_until_ = std::min(closed_until_, *probe_left_);
    probe_left_.reset();
  }
  if (window_ > 0 && ++window_ >= kOpenWindow) {
    window_ = 0;
    begin_round();
  }
}

void ProviderGate::ended(Round round) {
  if (round == 0 || round != round_) {
    return;
  }
  INVARIANT(unanswered_ > 0, "a call ends once, having left");
  --unanswered_;
}

}  // namespace purser
