// bench/limits_bench.cpp — what limits cost a call: finding its accounts, and fitting its answer.
//
//   ninja limits_bench && ./bench/limits_bench
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>

#include "limits/calendar.hpp"
#include "limits/fit.hpp"
#include "limits/kill.hpp"
#include "limits/limit_set.hpp"
#include "limits/shed.hpp"

namespace purser {
namespace {

const Instant kNow = parse_rfc3339("2026-11-23T18:30:00Z").value();

Caller ada() {
  Caller caller;
  caller.key = "key_3f9a";
  caller.user = "ada@example.org";
  caller.tier = "tier 3";
  caller.team = "research";
  caller.feature = "chat";
  caller.session = "0199aa00-1111-7222-8333-444455556666";
  return caller;
}

/// `many` rules; each call matches the six for everybody, and of the others those of its own tier.
LimitSet rules(std::int64_t many) {
  constexpr std::array kPers{Per::user, Per::session, Per::team, Per::feature, Per::tier, Per::all};
  constexpr std::array kWindows{Window::day,  Window::lifetime, Window::minute,
                                Window::hour, Window::week,     Window::month};
  std::vector<Limit> limits;
  while (std::ssize(limits) < many) {
    const std::size_t i = limits.size();
    Limit limit;
    limit.name = fmt::format("limit {}", i);
    limit.per = kPers[i % kPers.size()];
    limit.window = kWindows[i % kWindows.size()];
    limit.max.usd = Amount::from_dollars(5);
    if (i >= kPers.size()) {
      limit.match.all.values(Label::tier) = {fmt::format("tier {}", i % 10)};
      limit.match.all.values(Label::model) = {"gpt-5.4", "claude-opus-5"};
    }
    limits.push_back(std::move(limit));
  }
  return LimitSet::compile(std::move(limits), "Europe/Berlin").value();
}

void touch(benchmark::State& state) {
  const LimitSet set = rules(state.range(0));
  const Caller caller = ada();
  Touches touches;
  for (auto _ : state) {
    set.touch({.caller = caller, .provider = "openai", .model = "gpt-5.4"}, kNow, Control::enforce,
              touches);
    benchmark::DoNotOptimize(touches);
  }
  state.counters["touched"] = static_cast<double>(touches.size());
}
BENCHMARK(touch)->Arg(6)->Arg(10)->Arg(100);

/// A whole verdict with a million live users: which accounts, what they hold, the hold, its end;
/// and with as many again who have left memory.
void verdict(benchmark::State& state) {
  const LimitSet set = rules(state.range(0));
  Treasury treasury;
  Touches touches;
  Caller caller = ada();
  const auto hold_one = [&](std::int64_t user) {
    caller.user = fmt::format("user {}", user);
    set.touch({.caller = caller, .provider = "openai", .model = "gpt-5.4"}, kNow, Control::enforce,
              touches);
    benchmark::DoNotOptimize(touches.reckon(treasury));
    for (Need& need : touches.needs()) {
      need.units = Units(1);
    }
    const auto hold = treasury.hold(touches.needs());
    treasury.settle(*hold, {});
  };
  for (std::int64_t user = 0; user < state.range(1); ++user) {
    hold_one(user);
  }
  for (std::int64_t user = 0; user < state.range(2); ++user) {
    treasury.put_away(digest(fmt::format("away {}", user)), Instant::never());
  }
  std::uint64_t next = 1;
  for (auto _ : state) {
    next = next * 6364136223846793005U + 1442695040888963407U;
    hold_one(static_cast<std::int64_t>((next >> 33) % static_cast<std::uint64_t>(state.range(1))));
  }
  state.counters["touched"] = static_cast<double>(touches.size());
  state.counters["bytes"] = static_cast<double>(treasury.bytes());
}
BENCHMARK(verdict)
    ->Args({100, 1'000, 0})
    ->Args({100, 1'000'000, 0})
    ->Args({100, 1'000'000, 1'000'000});

void window(benchmark::State& state) {
  const Calendar calendar = Calendar::of("Europe/Berlin").value();
  Instant now = kNow;
  for (auto _ : state) {
    now = now + std::chrono::nanoseconds(state.range(0));
    benchmark::DoNotOptimize(calendar.bounds(Window::day, now));
  }
}
BENCHMARK(window)->Arg(1'000)->Arg(86'400'000'000'000)->ArgName("step_ns");

void fitting(benchmark::State& state) {
  const LimitSet set = rules(10);
  const Caller caller = ada();
  Touches touches;
  set.touch({.caller = caller, .provider = "openai", .model = "gpt-5.4"}, kNow, Control::enforce,
            touches);
  std::array<Standing, kNeedsMax> standings;
  Treasury().standings(touches.needs(), standings);
  const Ask ask{.input_max = Tokens(1000),
                .choices = 1,
                .web_searches_max = 0,
                .rates = {.input = Rate(2'000'000),
                          .output = Rate(8'000'000),
                          .per_request = {},
                          .web_search = {},
                          .file_search = {}}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        fit(touches, standings, ask, {.wanted = Tokens(8192), .least = Tokens(64)}));
  }
}
BENCHMARK(fitting);

/// A call that no switch is for, among switches that name four kinds of labels.
void switches(benchmark::State& state) {
  std::vector<KillSwitch> kills;
  while (std::ssize(kills) < state.range(0)) {
    const std::size_t i = kills.size();
    KillSwitch kill;
    std::string& label = kill.target.*kKillLabels[i % 4].value;
    label = fmt::format("other {}", i);
    kills.push_back(std::move(kill));
  }
  const KillSet set(std::move(kills));
  const Caller caller = ada();
  const std::array<std::string_view, 2> models{"gpt-5.4", "gpt-5.4"};
  for (auto _ : state) {
    benchmark::DoNotOptimize(set.find(caller, models, kNow));
  }
}
BENCHMARK(switches)->Arg(0)->Arg(4)->Arg(4'000);

void shedding(benchmark::State& state) {
  const Budget budget{.used = Units(80'000'000'000),
                      .max = Units(100'000'000'000),
                      .window = Calendar().bounds(Window::day, kNow)};
  BurnMeters meters(4'096);
  const AccountKey account{.high = 1, .low = 2};
  Instant at = kNow;
  std::uint64_t draw = 0;
  for (auto _ : state) {
    at = at + std::chrono::milliseconds(10);
    meters.add(account, Units(1'000'000), Priority::normal, at);
    benchmark::DoNotOptimize(decide(ShedRule(), budget, meters.find(account), Priority::background,
                                    kNow, draw += 0x9E3779B97F4A7C15));
  }
}
BENCHMARK(shedding);

}  // namespace
}  // namespace purser

BENCHMARK_MAIN();
