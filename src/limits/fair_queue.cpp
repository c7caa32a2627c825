// limits/fair_queue.cpp — the least served goes next.
#include "limits/fair_queue.hpp"

#include <algorithm>

#include "base/invariant.hpp"

namespace purser {
namespace {

/// Users who do not wait are remembered this many a priority, so that one who is back at once goes
/// on where it was. Longer ago matters little: a newcomer begins no better than anybody.
constexpr std::size_t kIdleUsersMax = 4096;

/// Every call is some service, also one of a model without a price: 10 microdollars.
constexpr std::int64_t kLeastService = 10'000;
/// No call counts as more than 10,000 dollars, so counters never overflow between two of them.
constexpr std::int64_t kMostService = 10'000'000'000'000;
/// Where counters stop, far from overflow: a process that has let through 144 million dollars of
/// background calls by one queue. From there on ties decide.
constexpr std::int64_t kCounterMax = std::int64_t{1} << 61;

/// How much slower than the fastest a priority's counter runs is its part of the service: 16 to 4
/// to 1 when all wait.
constexpr std::int64_t kWeightOfAll = 16;
std::int64_t weight(Priority priority) {
  switch (priority) {
    case Priority::essential:
      return 16;
    case Priority::normal:
      return 4;
    case Priority::background:
      break;
  }
  return 1;
}

std::int64_t service(Amount cost) {
  return std::clamp(cost.nanos(), kLeastService, kMostService);
}

}  // namespace

std::size_t FairQueue::users() const {
  std::size_t count = 0;
  for (const Tier& tier : tiers_) {
    count += tier.users.size();
  }
  return count;
}

FairQueue::User& FairQueue::user_of(Tier& tier, Digest name) {
  const auto [at, is_new] = tier.users.try_emplace(name);
  User& user = at->second;
  if (is_new) {
    user.name = name;
    user.got = tier.waiting.empty() ? tier.reached : tier.waiting.begin()->got;
    user.turn = ++turns_;
    tier.idle.insert(idle_rank(user));
    forget_some(tier);
  }
  return user;
}

/// From idle to waiting: lifted to the least who waits, so that idling earned nothing.
void FairQueue::wake(Tier& tier, User& user) {
  tier.idle.erase(idle_rank(user));
  const Service least = tier.waiting.empty() ? tier.reached : tier.waiting.begin()->got;
  user.got = std::max(user.got, least);
  if (tier.waiting.empty()) {
    Service among = INT64_MAX;
    for (const Tier& other : tiers_) {
      among = other.waiting.empty() ? among : std::min(among, other.got);
    }
    tier.got = std::max(tier.got, among == INT64_MAX ? reached_ : among);
  }
  tier.waiting.insert(rank(user));
}

void FairQueue::sleep(Tier& tier, User& user) {
  user.turn = ++turns_;
  tier.idle.insert(idle_rank(user));
  forget_some(tier);
}

/// The one who has been idle for longest; never the last, who has only just come.
void FairQueue::forget_some(Tier& tier) {
  while (tier.idle.size() > kIdleUsersMax) {
    const Digest name = tier.idle.begin()->user->name;
    tier.idle.erase(tier.idle.begin());
    tier.users.erase(name);
  }
}

void FairQueue::add(Tier& tier, User& user, Priority priority, Service service) {
  const bool waits = !user.line.empty();
  if (waits) {
    tier.waiting.erase(rank(user));
  }
  user.got = std::clamp(user.got + service, -kCounterMax, kCounterMax);
  if (waits) {
    tier.waiting.insert(rank(user));
  }
  tier.got =
      std::clamp(tier.got + service * (kWeightOfAll / weight(priority)), -kCounterMax, kCounterMax);
}

FairQueue::Joined FairQueue::join(const WaitingCall& call) {
  if (waiting_.size() >= longest_) {
    return Joined::full;
  }
  const bool is_new = waiting_.emplace(call.ticket, call.user).second;
  INVARIANT(is_new, "a call waits once");
  Tier& at = tier(call.user.priority);
  User& user = user_of(at, call.user.name);
  if (user.line.empty()) {
    wake(at, user);
  }
  user.line.push_back(call);
  return Joined::waits;
}

void FairQueue::leave(Ticket ticket) {
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end()) {
    return;
  }
  Tier& at = tier(found->second.priority);
  User& user = user_of(at, found->second.name);
  waiting_.erase(found);
  const auto gone = std::ranges::find(user.line, ticket, &WaitingCall::ticket);
  INVARIANT(gone != user.line.end(), "who waits is in its user's line");
  if (user.line.size() == 1) {
    at.waiting.erase(rank(user));
    user.line.clear();
    sleep(at, user);
    return;
  }
  user.line.erase(gone);
}

/// Those with less service, for their weight, first; of equals the higher priority.
std::array<Priority, 3> FairQueue::in_turn() const {
  std::array order{Priority::essential, Priority::normal, Priority::background};
  std::ranges::sort(order, {}, [this](Priority priority) {
    return std::pair(tiers_[static_cast<std::size_t>(priority)].got, -weight(priority));
  });
  return order;
}

std::optional<WaitingCall> FairQueue::next(Instant now, const std::function<Door(DoorId)>& door,
                                           std::vector<Ticket>& expired) {
  for (const Priority priority : in_turn()) {
    Tier& at = tier(priority);
    const Service before = at.got;
    if (auto call = next_of(at, now, door, expired)) {
      reached_ = std::max(reached_, before);
      return call;
    }
  }
  return std::nullopt;
}

std::optional<WaitingCall> FairQueue::next_of(Tier& tier, Instant now,
                                              const std::function<Door(DoorId)>& door,
                                              std::vector<Ticket>& expired) {
  for (auto it = tier.waiting.begin(); it != tier.waiting.end();) {
    User& user = *(it++)->user;
    const Rank stood = rank(user);
    auto call = take_first(user, now, door, expired);
    if (!call && !user.line.empty()) {
      continue;  // its doors are shut: it keeps its place
    }
    tier.waiting.erase(stood);
    if (call) {
      tier.reached = std::max(tier.reached, user.got);
      user.turn = ++turns_;
    }
    if (!user.line.empty()) {
      tier.waiting.insert(rank(user));
    }
    if (call) {
      add(tier, user, call->user.priority, service(call->expected));
    }
    if (user.line.empty()) {
      sleep(tier, user);
    }
    if (call) {
      return call;
    }
  }
  return std::nullopt;
}

/// In order of arrival, but for those before a door that is shut.
std::optional<WaitingCall> FairQueue::take_first(User& user, Instant now,
                                                 const std::function<Door(DoorId)>& door,
                                                 std::vector<Ticket>& expired) {
  for (auto it = user.line.begin(); it != user.line.end();) {
    if (it->deadline <= now) {
      expired.push_back(it->ticket);
      waiting_.erase(it->ticket);
      it = user.line.erase(it);
    } else if (door(it->door) == Door::open) {
      const WaitingCall call = *it;
      waiting_.erase(call.ticket);
      user.line.erase(it);
      return call;
    } else {
      ++it;
    }
  }
  return std::nullopt;
}

void FairQueue::charge(QueueUser user, Amount expected) {
  Tier& at = tier(user.priority);
  add(at, user_of(at, user.name), user.priority, service(expected));
}

void FairQueue::correct(QueueUser user, Amount expected, Amount cost) {
  Tier& at = tier(user.priority);
  const auto found = at.users.find(user.name);
  if (found != at.users.end()) {  // it may have been forgotten
    add(at, found->second, user.priority, service(cost) - service(expected));
  }
}

}  // namespace purser
