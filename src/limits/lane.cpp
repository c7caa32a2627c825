// limits/lane.cpp — places, gates and the queue before them.
#include "limits/lane.hpp"

#include <algorithm>

#include "base/invariant.hpp"

namespace purser {
namespace {

/// Gates that are not open, at most. Callers may bring credentials of their own, so there may be
/// any number; one that is not kept is open, and its provider will say so again.
constexpr std::size_t kGatesMax = 1024;

/// How much one call counts in what calls cost of their worst case: a sixteenth.
constexpr std::int64_t kSmoothing = 16;

/// Turned away with nothing better known: by then some of those who wait are through.
constexpr std::chrono::seconds kRetryAfter{1};

}  // namespace

void Lane::set_rules(const LaneRules& rules) {
  rules_ = rules;
  queue_.set_longest(static_cast<std::size_t>(rules.longest));
}

std::int64_t Lane::room(DoorId door, Instant now) const {
  const std::int64_t places =
      rules_.at_once ? std::max<std::int64_t>(0, *rules_.at_once - under_way_) : INT64_MAX;
  const auto gate = gates_.find(door);
  return gate == gates_.end() ? places : std::min(places, gate->second->room(now));
}

Amount Lane::expected(Amount worst) const {
  return Amount::from_nanos(worst.nanos() / 1'000 * of_worst_.count() / 1'000);
}

Lane::Pass Lane::let_go(const QueueUser& user, DoorId door, Amount worst, Instant now) {
  Pass pass{.user = user, .worst = worst, .expected = expected(worst), .gate = {}, .round = 0};
  if (const auto gate = gates_.find(door); gate != gates_.end()) {
    pass.gate = gate->second;
    pass.round = gate->second->left(now);
  }
  ++under_way_;
  return pass;
}

Lane::Entered Lane::enter(const Ask& ask, Instant now) {
  if (queue_.size() == 0 && room(ask.door, now) > 0) {
    Pass pass = let_go(ask.user, ask.door, ask.worst, now);
    queue_.charge(pass.user, pass.expected);
    return pass;
  }
  const Instant deadline = now + rules_.wait;
  const auto gate = gates_.find(ask.door);
  if (gate != gates_.end() && gate->second->room(now) == 0 &&
      gate->second->closed_until() >= deadline) {
    return TooBusy{retry_after(ask.door, now)};  // it would wait in vain
  }
  const Ticket ticket(++tickets_);
  const auto joined = queue_.join({.ticket = ticket,
                                   .user = ask.user,
                                   .door = ask.door,
                                   .worst = ask.worst,
                                   .expected = expected(ask.worst),
                                   .deadline = deadline});
  if (joined == FairQueue::Joined::full) {
    return TooBusy{retry_after(ask.door, now)};
  }
  return Queued{ticket, deadline};
}

Lane::Moves Lane::advance(Instant now) {
  Moves moves;
  const auto door = [&](DoorId at) {
    return room(at, now) > 0 ? FairQueue::Door::open : FairQueue::Door::shut;
  };
  while (queue_.size() > 0 && (!rules_.at_once || under_way_ < *rules_.at_once)) {
    const auto call = queue_.next(now, door, moves.expired);
    if (!call) {
      break;
    }
    Pass pass = let_go(call->user, call->door, call->worst, now);
    pass.expected = call->expected;
    moves.went.emplace_back(call->ticket, std::move(pass));
  }
  return moves;
}

/// The gate, made when there is none. Nothing: there are too many that are shut.
std::shared_ptr<ProviderGate> Lane::gate_to_close(DoorId door, Instant now) {
  const auto found = gates_.find(door);
  if (found != gates_.end()) {
    return found->second;
  }
  if (gates_.size() >= kGatesMax) {
    std::erase_if(gates_, [&](const auto& gate) {
      return gate.second->state(now) == ProviderGate::State::open;
    });
  }
  if (gates_.size() >= kGatesMax) {
    return nullptr;
  }
  return gates_.emplace(door, std::make_shared<ProviderGate>()).first->second;
}

void Lane::hear(DoorId door, ToldPace told, Instant now) {
  if (rules_.pace == PaceTold::ignore || told.pace == Pace::fine || told.pace == Pace::no_money) {
    return;
  }
  const auto gate = gate_to_close(door, now);
  if (gate && gate->hear(told, now) == ProviderGate::Told::closed) {
    ++closed_count_;
  }
}

void Lane::answered(Pass& pass) {
  if (pass.gate) {
    pass.gate->answered(std::exchange(pass.round, 0));
  }
}

void Lane::end(Pass& pass, Amount cost) {
  INVARIANT(under_way_ > 0, "a call ends once, having left");
  --under_way_;
  if (pass.gate) {
    pass.gate->ended(std::exchange(pass.round, 0));
  }
  queue_.correct(pass.user, pass.expected, cost);
  if (cost > Amount() && pass.worst > Amount()) {
    const __int128 part = static_cast<__int128>(cost.nanos()) * kWhole.count() / pass.worst.nanos();
    const Share seen(static_cast<std::int64_t>(std::min<__int128>(part, kWhole.count())));
    of_worst_ += Share((seen - of_worst_).count() / kSmoothing);
  }
}

std::chrono::nanoseconds Lane::retry_after(DoorId door, Instant now) const {
  const auto gate = gates_.find(door);
  const auto shut =
      gate == gates_.end() ? std::chrono::nanoseconds(0) : gate->second->closed_until() - now;
  return std::max<std::chrono::nanoseconds>(shut, kRetryAfter);
}

bool Lane::calm(Instant now) {
  if (!gates_.empty()) {
    std::erase_if(gates_, [&](const auto& gate) {
      return gate.second->state(now) == ProviderGate::State::open;
    });
  }
  return gates_.empty() && queue_.size() == 0;
}

}  // namespace purser
