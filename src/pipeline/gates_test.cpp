// pipeline/gates_test.cpp — many cores at one gate: nobody is lost, and no place is given twice.
#include "pipeline/gates.hpp"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "pipeline/stages.hpp"

namespace purser {
namespace {

constexpr int kCores = 3;
constexpr int kCallsACore = 200;

/// What all cores of a test share.
struct Shared {
  Gates gates;
  Books books;
  Provider provider;
  std::atomic<std::int64_t> under_way{0};
  std::atomic<std::int64_t> under_way_max{0};
  std::atomic<std::int64_t> served{0};
  std::atomic<std::int64_t> turned_away{0};
  std::atomic<std::int64_t> killed{0};
  std::shared_ptr<const Policy> policy = std::make_shared<Policy>();
  KillSet kills;
};

Admitted call_of(const Shared& shared, int number) {
  Admitted admitted;
  admitted.policy = shared.policy;
  admitted.provider = &shared.provider;
  admitted.model = number % 5 == 0 ? "a" : "b";
  admitted.caller.user = "user " + std::to_string(number % 7);
  admitted.caller.priority = static_cast<Priority>(number % 3);
  return admitted;
}

/// One call as serve() makes it, whose answer takes a few turns of its core.
Awaitable<void> one_call(Shared& shared, Core& core, int number) {
  Admitted admitted = call_of(shared, number);
  Held held;
  held.worst = Amount::from_nanos(1'000'000 * (1 + number % 4));
  Running running(admitted);
  core.running.push_back(running);
  const auto passed = co_await shared.gates.pass(admitted, held, running, core);
  if (running.killed()) {
    if (passed) {
      admitted.passage->settle({});
    }
    ++shared.killed;
    co_return;
  }
  if (!passed) {
    ++shared.turned_away;
    co_return;
  }
  const std::int64_t now = ++shared.under_way;
  for (std::int64_t most = shared.under_way_max;
       now > most && !shared.under_way_max.compare_exchange_weak(most, now);) {
  }
  co_await asio::post(core.io, asio::use_awaitable_t<Executor>{});
  const bool refused = number % 40 == 0;
  shared.gates.hear(admitted, {.pace = refused ? Pace::too_fast : Pace::fine,
                               .wait = std::chrono::milliseconds(5)});
  co_await asio::post(core.io, asio::use_awaitable_t<Executor>{});
  --shared.under_way;
  admitted.passage->settle(held.worst);
  ++shared.served;
}

Awaitable<void> sweep_often(Core& core) {
  Timer timer(core.io);
  while (true) {
    timer.expires_after(std::chrono::milliseconds(2));
    co_await timer.async_wait(kAwait);
    core.deadlines.sweep(std::chrono::steady_clock::now());
  }
}

/// Throws the shared switches again and again, at whoever is there.
Awaitable<void> kill_often(Shared& shared, Core& core) {
  Timer timer(core.io);
  while (true) {
    for (Running& running : core.running) {
      running.look(shared.kills, now());
    }
    timer.expires_after(std::chrono::milliseconds(1));
    co_await timer.async_wait(kAwait);
  }
}

/// All calls of all cores at once, until the last has ended.
void run(Shared& shared) {
  std::vector<std::unique_ptr<Core>> cores;
  std::vector<std::thread> threads;
  for (int c = 0; c < kCores; ++c) {
    Core& core = *cores.emplace_back(std::make_unique<Core>(shared.books));
    asio::co_spawn(core.io, sweep_often(core), asio::detached);
    if (!shared.kills.empty()) {
      asio::co_spawn(core.io, kill_often(shared, core), asio::detached);
    }
    for (int i = 0; i < kCallsACore; ++i) {
      asio::co_spawn(core.io, one_call(shared, core, c + kCores * i), asio::detached);
    }
  }
  for (const auto& core : cores) {
    threads.emplace_back([&core = *core] { core.io.run(); });
  }
  while (shared.served + shared.turned_away + shared.killed < kCores * kCallsACore) {
    std::this_thread::yield();
  }
  for (std::size_t i = 0; i < cores.size(); ++i) {
    cores[i]->io.stop();
    threads[i].join();
  }
}

TEST(Gates, LetEveryCallOfEveryCoreThroughAndNeverMoreAtOnceThanTheyMay) {
  Shared shared;
  shared.provider.name = "openai";
  shared.provider.queue = {.at_once = 4, .wait = std::chrono::seconds(60)};
  run(shared);
  EXPECT_EQ(shared.served, kCores * kCallsACore);
  EXPECT_LE(shared.under_way_max, 4);
  EXPECT_EQ(shared.gates.standings().at(0).waiting, 0);
}

TEST(Gates, TurnAwayWhomTheyCannotServeInTimeAndLoseNobody) {
  Shared shared;
  shared.provider.name = "openai";
  shared.provider.queue = {.at_once = 2, .longest = 100, .wait = std::chrono::milliseconds(5)};
  run(shared);
  EXPECT_EQ(shared.served + shared.turned_away, kCores * kCallsACore);
  EXPECT_GT(shared.turned_away, 0);
  EXPECT_EQ(shared.gates.standings().at(0).waiting, 0);
}

TEST(Gates, LetGoOfWhoIsSwitchedOffWhileItWaitsAndOfNobodyElse) {
  Shared shared;
  shared.provider.name = "openai";
  shared.provider.queue = {.at_once = 1, .wait = std::chrono::seconds(60)};
  KillSwitch kill;
  kill.target.user = "user 3";
  shared.kills = KillSet({kill});
  run(shared);
  EXPECT_EQ(shared.turned_away, 0);
  EXPECT_GT(shared.killed, 0);
  EXPECT_LE(shared.killed, kCores * kCallsACore / 7 + 1);
  EXPECT_EQ(shared.served + shared.killed, kCores * kCallsACore);
  EXPECT_EQ(shared.under_way_max, 1);
  EXPECT_EQ(shared.gates.standings().at(0).waiting, 0);
}

}  // namespace
}  // namespace purser
