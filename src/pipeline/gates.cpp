// pipeline/gates.cpp — the lanes of all providers behind one lock, and the sleep of those who wait.
#include "pipeline/gates.hpp"

#include "pipeline/stages.hpp"
#include "wire/pace_fields.hpp"

namespace purser {
namespace {

/// How often those who wait look. Deadlines are swept a few times a second anyway.
constexpr std::chrono::milliseconds kLookEvery{50};

/// The lanes' clock: one that no correction of the system's turns back.
Instant lane_time(SteadyTime at) {
  return Instant::from_nanos(
      std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count());
}
Instant lane_now() {
  return lane_time(std::chrono::steady_clock::now());
}
SteadyTime steady(Instant at) {
  return SteadyTime(std::chrono::nanoseconds(at.nanos()));
}

/// Providers count by model and credential, and those who pay for another tier or speed apart.
/// Where callers bring their own credential, each has its own gate.
DoorId door_of(const Admitted& admitted) {
  const ServiceTier tier = admitted.call.tier_asked.value_or(admitted.provider->tier_default);
  std::string name{static_cast<char>(tier), static_cast<char>(admitted.call.speed_asked)};
  name += admitted.model;
  if (admitted.secret.secret != admitted.provider->secret) {
    name += '\n';
    name += admitted.secret.secret;
  }
  return DoorId(digest(name).low);
}

Lane::Ask ask_of(const Admitted& admitted, const Held& held) {
  return {.user = {.name = digest(session_scope(admitted.caller)),
                   .priority = admitted.caller.priority},
          .door = door_of(admitted),
          .worst = held.worst};
}

}  // namespace

/// Looks now and then whether a gate has opened, and whether the call's patience is at an end.
class GateWatch final : public Waiting, public Line {
 public:
  GateWatch(Gates& gates, Gates::Way& way, Ticket ticket)
      : gates_(gates), way_(way), ticket_(ticket) {
    deadline = SteadyTime::min();
  }
  void overdue() override { deadline = steady(gates_.look(way_, ticket_, lane_now())); }
  void give_up() override { gates_.give_up(way_, ticket_); }

 private:
  Gates& gates_;
  Gates::Way& way_;
  Ticket ticket_;
};

/// Not settled: the process stops in the middle of a call, and there is nobody left to wake.
Passage::~Passage() {
  if (stands_ == Stands::under_way) {
    gates_.end(provider_, pass_, {}, Gates::Wake::nobody);
  }
}

void Passage::settle(Amount cost) {
  if (std::exchange(stands_, Stands::ended) == Stands::under_way) {
    gates_.end(provider_, pass_, cost, Gates::Wake::next);
  }
}

void Gates::set_rules(const std::string& provider, Dialect dialect, const LaneRules& rules) {
  const std::lock_guard lock(mutex_);
  Way& way = way_to(provider, dialect, rules).second;
  way.lane.set_rules(rules);
  advance(way, lane_now());
}

Gates::Ways::value_type& Gates::way_to(const std::string& provider, Dialect dialect,
                                       const LaneRules& rules) {
  const auto [at, is_new] = ways_.try_emplace(provider);
  Way& way = at->second;
  if (is_new) {
    way.lane.set_rules(rules);
  }
  if (!way.serves[static_cast<std::size_t>(dialect)]) {
    const bool restless = way.restless;
    note(way, false);
    way.serves[static_cast<std::size_t>(dialect)] = true;
    note(way, restless);
  }
  return *at;
}

/// Told to the calls of every dialect that go this way.
void Gates::note(Way& way, bool restless) {
  if (restless == way.restless) {
    return;
  }
  way.restless = restless;
  for (std::size_t dialect = 0; dialect < kDialects; ++dialect) {
    if (way.serves[dialect]) {
      restless_[dialect].fetch_add(restless ? 1 : -1, std::memory_order_relaxed);
    }
  }
}

/// Exactly once for each who waits: whoever takes it out of the list wakes it.
void Gates::wake(Way& way, Ticket ticket, std::optional<Lane::Pass> pass) {
  const auto found = way.waiters.find(ticket);
  INVARIANT(found != way.waiters.end(), "who waits in the lane has a waiter");
  Waiter& waiter = *found->second;
  way.waiters.erase(found);
  waiter.pass = std::move(pass);
  waiter.inbox->push(*waiter.signal);
}

/// After anything has changed in a lane: those who may go, go.
void Gates::advance(Way& way, Instant now) {
  Lane::Moves moves = way.lane.advance(now);
  for (auto& [ticket, pass] : moves.went) {
    wake(way, ticket, std::move(pass));
  }
  for (const Ticket ticket : moves.expired) {
    wake(way, ticket, std::nullopt);
  }
  note(way, !way.lane.calm(now));
}

/// Ends the wait of the one with this ticket if its time is over, and else of those whose gate has
/// opened meanwhile: nobody else would notice. When to look again.
Instant Gates::look(Way& way, Ticket ticket, Instant now) {
  const std::lock_guard lock(mutex_);
  const auto at = way.waiters.find(ticket);
  if (at == way.waiters.end()) {
    return Instant::never();
  }
  if (at->second->deadline <= now) {
    way.lane.leave(ticket);
    wake(way, ticket, std::nullopt);
    return Instant::never();
  }
  const Instant deadline = at->second->deadline;
  if (now - way.looked >= kLookEvery) {  // all who wait come here: one look is for all of them
    way.looked = now;
    advance(way, now);
  }
  return std::min(deadline, now + kLookEvery);
}

/// Nothing when it is on its way already.
void Gates::give_up(Way& way, Ticket ticket) {
  const std::lock_guard lock(mutex_);
  if (way.waiters.contains(ticket)) {
    way.lane.leave(ticket);
    wake(way, ticket, std::nullopt);
  }
}

Awaitable<std::expected<void, Lane::TooBusy>> Gates::pass(Admitted& admitted, const Held& held,
                                                          Running& running, Core& core) {
  const Lane::Ask ask = ask_of(admitted, held);
  Signal signal;
  Waiter waiter{.inbox = &core.inbox, .signal = &signal, .deadline = {}};
  const Instant came = lane_now();
  Ways::value_type* named = nullptr;
  Ticket ticket;
  {
    const std::lock_guard lock(mutex_);
    named = &way_to(admitted.provider->name, admitted.call.dialect, admitted.provider->queue);
    Way& way = named->second;
    Lane::Entered entered = way.lane.enter(ask, came);
    if (auto* pass = std::get_if<Lane::Pass>(&entered)) {
      admitted.passage = std::make_unique<Passage>(*this, named->first, std::move(*pass),
                                                   std::chrono::milliseconds(0));
      co_return std::expected<void, Lane::TooBusy>();
    }
    if (const auto* busy = std::get_if<Lane::TooBusy>(&entered)) {
      co_return std::unexpected(*busy);
    }
    ticket = std::get<Lane::Queued>(entered).ticket;
    waiter.deadline = std::get<Lane::Queued>(entered).deadline;
    way.waiters.emplace(ticket, &waiter);
    ++way.waited;
    advance(way, came);
  }
  GateWatch watch(*this, named->second, ticket);
  core.deadlines.watch(watch);
  running.wait_in(&watch);
  co_await signal.wait();
  running.wait_in(nullptr);
  if (waiter.pass) {
    admitted.passage =
        std::make_unique<Passage>(*this, named->first, std::move(*waiter.pass),
                                  std::chrono::ceil<std::chrono::milliseconds>(lane_now() - came));
    co_return std::expected<void, Lane::TooBusy>();
  }
  const std::lock_guard lock(mutex_);
  co_return std::unexpected(Lane::TooBusy{named->second.lane.retry_after(ask.door, lane_now())});
}

void Gates::hear(const Admitted& admitted, ToldPace told) {
  const bool refused = told.pace == Pace::too_fast;
  const bool fine = told.pace == Pace::fine || told.pace == Pace::no_money;
  if (fine && !admitted.passage) {
    return;  // nearly all answers there are
  }
  const std::lock_guard lock(mutex_);
  const Instant now = lane_now();
  Way& way =
      way_to(admitted.provider->name, admitted.call.dialect, admitted.provider->queue).second;
  if (admitted.passage && !refused) {
    way.lane.answered(admitted.passage->pass_);
  }
  if (!fine) {
    way.lane.hear(door_of(admitted), told, now);
  }
  advance(way, now);
}

void Gates::end(const std::string& provider, Lane::Pass& pass, Amount cost, Wake wake) {
  const std::lock_guard lock(mutex_);
  Way& way = ways_.at(provider);
  way.lane.end(pass, cost);
  if (wake == Wake::next) {
    advance(way, lane_now());
  }
}

std::vector<Gates::Standing> Gates::standings() {
  const std::lock_guard lock(mutex_);
  std::vector<Standing> all;
  for (const auto& [provider, way] : ways_) {
    all.push_back({.provider = provider,
                   .waiting = static_cast<std::int64_t>(way.lane.waiting()),
                   .waited = way.waited,
                   .closed = way.lane.closed_count()});
  }
  return all;
}

ToldPace told_pace(int status, const std::vector<Field>& fields) {
  PaceFields seen(now());
  for (const Field& field : fields) {
    if (field.known == FieldName::unknown) {
      seen.see(field.name, field.value);
    }
  }
  return seen.told(status);
}

}  // namespace purser
