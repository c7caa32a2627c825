// limits/fair_queue_test.cpp — its four invariants, by properties.
#include "limits/fair_queue.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "base/seed.hpp"

namespace purser {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kDearest = 1'000'000'000;  // a dollar
constexpr DoorId kDoor{1};
const Instant kNow = Instant::from_seconds(1'000'000);
const auto kAllOpen = [](DoorId) { return FairQueue::Door::open; };

QueueUser user(std::string_view name, Priority priority = Priority::normal) {
  return {.name = digest(name), .priority = priority};
}

/// One server that takes a call at a time, and what it did.
class Server {
 public:
  explicit Server(std::size_t longest = 100'000) : queue(longest) {}

  FairQueue::Joined join(QueueUser who, Amount expected, Instant deadline = Instant::never(),
                         DoorId door = kDoor) {
    return queue.join({.ticket = Ticket(++tickets_),
                       .user = who,
                       .door = door,
                       .worst = {},
                       .expected = expected,
                       .deadline = deadline});
  }
  /// Lets the next one through, which then costs `cost`.
  std::optional<WaitingCall> serve(Amount cost, Instant now = kNow) {
    auto call = queue.next(now, kAllOpen, expired);
    if (call) {
      queue.correct(call->user, call->expected, cost);
      got[call->user.name] += cost.nanos();
      by_priority[call->user.priority] += cost.nanos();
    }
    return call;
  }

  FairQueue queue;
  std::vector<Ticket> expired;
  std::map<Digest, std::int64_t> got;
  std::map<Priority, std::int64_t> by_priority;

 private:
  std::uint64_t tickets_ = 0;
};

Amount any_cost(Seed& seed, std::int64_t most = kDearest) {
  const auto span = static_cast<std::uint64_t>(most - 10'000);
  return Amount::from_nanos(10'000 + static_cast<std::int64_t>(seed.below(span)));
}

RC_GTEST_PROP(FairQueue, TwoWhoWaitAllTheTimeGetTheSameWhateverTheirCallSizes,
              (std::uint64_t chance)) {
  Seed seed(chance);
  Server server;
  // One makes dear calls, the other cheap ones and far more of them; costs are misjudged wildly.
  const std::int64_t most[] = {20'000 + static_cast<std::int64_t>(seed.below(kDearest - 20'000)),
                               20'000 + static_cast<std::int64_t>(seed.below(kDearest - 20'000))};
  const QueueUser users[] = {user("ann"), user("bob")};
  int waiting[] = {0, 0};
  for (int i = 0; i < 400; ++i) {
    for (std::size_t u = 0; u < 2; ++u) {
      for (int more = 1 + static_cast<int>(seed.below(5)); waiting[u] < 2 || more > 0; --more) {
        server.join(users[u], any_cost(seed, most[u]));
        ++waiting[u];
      }
    }
    const auto ahead = server.queue.size();
    const auto call = server.queue.next(kNow, kAllOpen, server.expired);
    RC_ASSERT(call && server.queue.size() == ahead - 1);
    const std::size_t u = call->user.name == users[0].name ? 0 : 1;
    const Amount cost = any_cost(seed, most[u]);
    server.queue.correct(call->user, call->expected, cost);
    server.got[call->user.name] += cost.nanos();
    --waiting[u];
    const std::int64_t apart = server.got[users[0].name] - server.got[users[1].name];
    RC_ASSERT(std::abs(apart) <= std::max(most[0], most[1]));
  }
}

RC_GTEST_PROP(FairQueue, NobodyStarvesWhateverTheOthersDo, (std::uint64_t chance)) {
  Seed seed(chance);
  Server server;
  const Priority priority =
      std::array{Priority::background, Priority::normal, Priority::essential}[seed.below(3)];
  server.join(user("patient", priority), any_cost(seed));
  bool served = false;
  // Forty users of all priorities, and ever new ones: 41 × 21/1 dearest calls, misjudged ones too.
  for (int i = 0; i < 4'000 && !served; ++i) {
    for (int more = 0; more < 2; ++more) {
      const auto name = i % 10 == 0 ? std::to_string(i) : std::to_string(seed.below(40));
      server.join(user(name, static_cast<Priority>(seed.below(3))), any_cost(seed));
    }
    const auto call = server.serve(any_cost(seed));
    served = call->user.name == digest("patient") && call->user.priority == priority;
  }
  RC_ASSERT(served);
}

RC_GTEST_PROP(FairQueue, IsNeverLongerThanItsBoundAndForgetsNobodyWhoWaits,
              (std::uint64_t chance)) {
  Seed seed(chance);
  const std::size_t longest = seed.below(20);
  Server server(longest);
  std::map<Ticket, Instant> waiting;
  std::uint64_t tickets = 0;
  Instant now = kNow;
  for (int i = 0; i < 500; ++i) {
    now = now + seconds(seed.below(3));
    const auto what = seed.below(4);
    if (what < 2) {
      const Instant deadline = now + seconds(seed.below(20));
      const Ticket ticket(++tickets);
      const auto joined = server.queue.join({.ticket = ticket,
                                             .user = user(std::to_string(seed.below(5))),
                                             .door = DoorId(seed.below(3)),
                                             .worst = {},
                                             .expected = any_cost(seed),
                                             .deadline = deadline});
      RC_ASSERT((joined == FairQueue::Joined::full) == (waiting.size() == longest));
      if (joined == FairQueue::Joined::waits) {
        waiting[ticket] = deadline;
      }
    } else if (what == 2 && !waiting.empty()) {
      const Ticket gone =
          std::next(waiting.begin(), static_cast<std::ptrdiff_t>(seed.below(waiting.size())))
              ->first;
      server.queue.leave(gone);
      server.queue.leave(gone);  // twice is once
      waiting.erase(gone);
    } else {
      const DoorId open(seed.below(3));
      server.expired.clear();
      const auto call = server.queue.next(
          now,
          [&](DoorId door) { return door == open ? FairQueue::Door::open : FairQueue::Door::shut; },
          server.expired);
      for (const Ticket late : server.expired) {
        RC_ASSERT(waiting.at(late) <= now);
        waiting.erase(late);
      }
      if (call) {
        RC_ASSERT(call->deadline > now && call->door == open);
        RC_ASSERT(waiting.erase(call->ticket) == 1);
      }
    }
    RC_ASSERT(server.queue.size() == waiting.size());
    RC_ASSERT(server.queue.size() <= longest);
  }
}

TEST(FairQueue, WhoComesSecondIsNotBehindAllCallsOfTheFirst) {
  Server server;
  for (int i = 0; i < 50; ++i) {
    server.join(user("ann"), Amount::from_nanos(1'000'000));
  }
  for (int i = 0; i < 20; ++i) {
    server.serve(Amount::from_nanos(1'000'000));
  }
  for (int i = 0; i < 5; ++i) {
    server.join(user("bob"), Amount::from_nanos(1'000'000));
  }
  for (int i = 0; i < 11; ++i) {
    server.serve(Amount::from_nanos(1'000'000));
  }
  EXPECT_EQ(server.got[digest("bob")], 5'000'000) << "every second call is of the newcomer's";
}

TEST(FairQueue, IdlingEarnsNoCredit) {
  Server server;
  server.join(user("bob"), Amount::from_nanos(1'000'000));
  server.serve(Amount::from_nanos(1'000'000));
  for (int i = 0; i < 200; ++i) {  // a whole day of ann's, while bob is away
    server.join(user("ann"), Amount::from_nanos(1'000'000));
    if (i < 100) {
      server.serve(Amount::from_nanos(1'000'000));
    }
  }
  for (int i = 0; i < 50; ++i) {
    server.join(user("bob"), Amount::from_nanos(1'000'000));
  }
  server.got.clear();
  for (int i = 0; i < 20; ++i) {
    server.serve(Amount::from_nanos(1'000'000));
  }
  EXPECT_EQ(server.got[digest("bob")], 10'000'000);
}

TEST(FairQueue, PrioritiesShareByWeightAndTheHighestGoesFirst) {
  Server server;
  constexpr std::int64_t kCost = 1'000'000;
  for (const Priority priority : {Priority::background, Priority::normal, Priority::essential}) {
    for (int i = 0; i < 2'000; ++i) {
      server.join(user("u" + std::to_string(i % 50), priority), Amount::from_nanos(kCost));
    }
  }
  EXPECT_EQ(server.serve(Amount::from_nanos(kCost))->user.priority, Priority::essential);
  for (int i = 1; i < 210; ++i) {
    server.serve(Amount::from_nanos(kCost));
  }
  EXPECT_NEAR(static_cast<double>(server.by_priority[Priority::essential]), 160 * kCost, 2 * kCost);
  EXPECT_NEAR(static_cast<double>(server.by_priority[Priority::normal]), 40 * kCost, 2 * kCost);
  EXPECT_NEAR(static_cast<double>(server.by_priority[Priority::background]), 10 * kCost, 2 * kCost);
}

TEST(FairQueue, CallsThatCostNothingStillTakeTurns) {
  Server server;
  for (int i = 0; i < 10; ++i) {
    server.join(user("ann"), Amount());
    server.join(user("bob"), Amount());
  }
  std::map<Digest, int> turns;
  for (int i = 0; i < 10; ++i) {
    ++turns[server.serve(Amount())->user.name];
  }
  EXPECT_EQ(turns[digest("ann")], 5);
}

TEST(FairQueue, AShutDoorKeepsNobodyElseWaiting) {
  Server server;
  server.join(user("ann"), Amount(), Instant::never(), DoorId(1));
  server.join(user("ann"), Amount(), Instant::never(), DoorId(2));
  const auto second = [](DoorId door) {
    return door == DoorId(2) ? FairQueue::Door::open : FairQueue::Door::shut;
  };
  EXPECT_EQ(server.queue.next(kNow, second, server.expired)->door, DoorId(2));
  EXPECT_FALSE(server.queue.next(kNow, second, server.expired));
  EXPECT_EQ(server.queue.size(), 1);
}

TEST(FairQueue, RemembersABoundedNumberOfUsers) {
  Server server;
  for (int i = 0; i < 20'000; ++i) {
    server.join(user(std::to_string(i)), Amount());
    server.serve(Amount());
    server.queue.charge(user("c" + std::to_string(i), Priority::background), Amount());
  }
  EXPECT_LE(server.queue.users(), 3 * 4096);
}

}  // namespace
}  // namespace purser
