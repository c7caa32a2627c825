// bench/spikes_bench.cpp — what it costs a call to be held against its subject's past.
//
//   ninja spikes_bench && ./bench/spikes_bench
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "spikes/spikes.hpp"

namespace purser {
namespace {

const Instant kStart = Instant::from_seconds(1'793'577'600);

/// Calls of many subjects in turn, a millisecond apart: with more subjects than fit the caches this
/// is mostly waiting for memory.
void see(benchmark::State& state) {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    names.push_back("user-" + std::to_string(i) + "@example.org");
  }
  SpikeOptions options;
  options.subjects_max = names.size();
  Spikes spikes(options);
  const Load load{.calls = 1, .spend = Amount::from_nanos(3'141'592), .tokens = Tokens(1234)};
  Instant now = kStart;
  std::size_t next = 0;
  for (auto _ : state) {
    now = now + std::chrono::milliseconds(1);
    benchmark::DoNotOptimize(spikes.see({SubjectKind::user, names[next]}, load, now));
    next = next * 7 + 1 < names.size() ? next * 7 + 1 : (next + 1) % names.size();
  }
}
BENCHMARK(see)->Arg(1)->Arg(1'000)->Arg(20'000)->ArgName("subjects");

/// Each call in another hour: closing hours, days, and ceilings made anew.
void see_another_hour(benchmark::State& state) {
  Spikes spikes;
  const Load load{.calls = 1, .spend = Amount::from_nanos(3'141'592), .tokens = Tokens(1234)};
  Instant now = kStart;
  for (auto _ : state) {
    now = now + std::chrono::hours(1);
    benchmark::DoNotOptimize(spikes.see({SubjectKind::user, "ada@example.org"}, load, now));
    if (now > Instant::from_seconds(4'000'000'000)) {
      now = kStart;
    }
  }
}
BENCHMARK(see_another_hour);

/// A subject that spikes and keeps trying.
void see_throttled(benchmark::State& state) {
  Spikes spikes;
  Instant now = kStart;
  spikes.see({SubjectKind::user, "ada@example.org"}, {.calls = 5000}, now);
  for (auto _ : state) {
    now = now + std::chrono::microseconds(10);
    benchmark::DoNotOptimize(spikes.see({SubjectKind::user, "ada@example.org"}, {}, now));
  }
}
BENCHMARK(see_throttled);

}  // namespace
}  // namespace purser

BENCHMARK_MAIN();
