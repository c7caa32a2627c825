// bench/treasury_bench.cpp — hold + settle pairs a second on one core, and bytes an account.
//
//   ninja treasury_bench && ./bench/treasury_bench
//
// Six accounts a call, as many open holds as a busy gateway has. `shared` is how calls really are:
// a user's and a session's account of their own, and four that many callers share. `scattered` is
// the worst there is: all six anywhere.
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <vector>

#include "base/seed.hpp"
#include "ledger/treasury.hpp"

namespace purser {
namespace {

constexpr std::size_t kAccountsACall = 6;
constexpr std::size_t kOpen = 1000;  // calls in flight
using Needs = std::array<Need, kAccountsACall>;
using Posted = std::array<Units, kAccountsACall>;

Need need_of(std::uint64_t account) {
  Seed name(account);  // as even as a digest, and nearly free: drawing is part of what is timed
  return {.account = {.high = name.next(), .low = name.next()},
          .units = Units(1000),
          .max = Units(INT64_MAX),
          .ends = Instant::never()};
}

/// Draws different accounts out of `accounts`; the first `shared` from the first hundred.
Needs draw(Seed& seed, std::uint64_t accounts, std::size_t shared) {
  Needs needs;
  for (std::size_t i = 0; i < kAccountsACall; ++i) {
    const std::uint64_t among = i < shared ? 100 : accounts;
    // One residue a place: six draws never meet.
    needs[i] = need_of(seed.below(among / kAccountsACall) * kAccountsACall + i);
  }
  return needs;
}

void pairs(benchmark::State& state, std::size_t shared) {
  const auto accounts = static_cast<std::uint64_t>(state.range(0));
  Treasury treasury(Seed(1));
  for (std::uint64_t account = 0; account < accounts; ++account) {
    treasury.post(need_of(account).account, Units(1), Units(INT64_MAX), Instant::never());
  }
  const std::size_t bytes = treasury.bytes();
  Seed seed(2);
  std::vector<HoldId> open(kOpen);
  for (HoldId& hold : open) {
    hold = treasury.hold(draw(seed, accounts, shared)).value();
  }
  Posted posted;
  posted.fill(Units(700));
  std::size_t turn = 0;
  for (auto _ : state) {
    HoldId& oldest = open[turn++ % kOpen];
    treasury.settle(oldest, posted);
    oldest = treasury.hold(draw(seed, accounts, shared)).value();
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes/account"] =
      static_cast<double>(bytes) / static_cast<double>(treasury.accounts());
}

void shared(benchmark::State& state) {
  pairs(state, 4);
}
void scattered(benchmark::State& state) {
  pairs(state, 0);
}
BENCHMARK(shared)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(scattered)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

/// The slowest way to grow: every call opens all its accounts.
void opening(benchmark::State& state) {
  Treasury treasury(Seed(1));
  std::uint64_t next = 0;
  for (auto _ : state) {
    Needs needs;
    for (Need& need : needs) {
      need = need_of(next++);
    }
    treasury.settle(treasury.hold(needs).value(), {});
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(opening)->Iterations(200'000);

/// What drawing six names costs, to be taken off the others.
void drawing(benchmark::State& state) {
  Seed seed(2);
  for (auto _ : state) {
    benchmark::DoNotOptimize(draw(seed, 1'000'000, 4));
  }
}
BENCHMARK(drawing);

}  // namespace
}  // namespace purser

BENCHMARK_MAIN();
