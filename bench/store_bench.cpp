// bench/store_bench.cpp — what keeping books costs a call, and how soon they are open again.
//
//   ninja store_bench && ./bench/store_bench
//
// `kept_call` is everything: both appends, the journal's writes, the rows and the balances, in CPU
// time of the whole process. `append` is what of that the call itself waits for.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "base/hash.hpp"
#include "store/keys.hpp"
#include "store/reports.hpp"
#include "store/store.hpp"

namespace purser {
namespace {

const Instant kNow = parse_rfc3339("2026-11-23T18:30:00Z").value();
constexpr std::int64_t kCallsAFold = 4096;

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "purser-bench-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A call of a product with many users: six accounts, two of them the user's own.
HoldEntry hold_of(std::int64_t id) {
  const auto user = static_cast<std::uint64_t>(id * 7919 % 5000);
  HoldEntry hold{.call = CallId(id),
                 .at = kNow + std::chrono::milliseconds(id),
                 .dialect = Dialect::messages,
                 .stream = true,
                 .provider = "anthropic",
                 .model = "claude-sonnet-4-6",
                 .caller = {.key = "key_3f9aB71c9xQz",
                            .user = fmt::format("user-{:05}@example.org", user),
                            .tier = "pro",
                            .team = "research",
                            .feature = "document-search",
                            .session = fmt::format("0199aa00-1111-7222-8333-{:012}", id / 12),
                            .priority = Priority::normal,
                            .tags = {}},
                 .input_max = Tokens(12'345),
                 .output_max = Tokens(4096),
                 .worst = Amount::from_nanos(98'475'000),
                 .legs = {},
                 .name = {}};
  for (std::uint64_t leg = 0; leg < 6; ++leg) {
    const std::uint64_t subject = leg < 2 ? 1'000'000 + user : 0;
    hold.legs.push_back({.account = digest(fmt::format("{} of {}", leg, subject)),
                         .units = Units(hold.worst.nanos()),
                         .ends = kNow + std::chrono::hours(24 * 30),
                         .is_money = true});
  }
  return hold;
}

SettleEntry settle_of(const HoldEntry& hold) {
  SettleEntry settle{.call = hold.call,
                     .at = hold.at + std::chrono::seconds(3),
                     .outcome = Outcome::settled,
                     .cost = Amount::from_nanos(17'385'300),
                     .usage = {},
                     .model = "claude-sonnet-4-6",
                     .provider_id = fmt::format("msg_01{:022}", hold.call.count()),
                     .stop_reason = "end_turn",
                     .geo = {},
                     .status = 200,
                     .first_byte_us = 412'000,
                     .total_us = 3'012'000,
                     .edits = "output_max=4096;default",
                     .legs = hold.legs};
  settle.usage.input_uncached = Tokens(812);
  settle.usage.cache_read = Tokens(9'120);
  settle.usage.cache_write_short = Tokens(1'100);
  settle.usage.output = Tokens(532);
  settle.usage.reasoning = Tokens(210);
  for (Leg& leg : settle.legs) {
    leg.units = Units(settle.cost.nanos());
  }
  return settle;
}

struct Entries {
  std::vector<HoldEntry> holds;
  std::vector<SettleEntry> settles;
};
Entries entries_from(std::int64_t first, std::int64_t many) {
  Entries entries;
  for (std::int64_t id = first; id < first + many; ++id) {
    entries.holds.push_back(hold_of(id));
    entries.settles.push_back(settle_of(entries.holds.back()));
  }
  return entries;
}

std::unique_ptr<Store> open_books(const std::filesystem::path& folder, Recovered& recovered) {
  auto store = Store::open({.folder = folder, .durability = Durability::relaxed}, kNow, recovered);
  return std::move(store.value());
}

void append_all(Store& store, const Entries& entries) {
  for (std::size_t i = 0; i < entries.holds.size(); ++i) {
    store.hold(entries.holds[i], [](const Result<void>&) {});
    store.settle(entries.settles[i]);
  }
}

void append(benchmark::State& state) {
  const Folder folder;
  Recovered recovered;
  const auto store = open_books(folder.path(), recovered);
  std::int64_t next = 1;
  while (state.KeepRunningBatch(kCallsAFold)) {
    state.PauseTiming();
    if (!store->fold()) {
      state.SkipWithError("the books cannot be folded");
    }
    const Entries entries = entries_from(next, kCallsAFold);
    next += kCallsAFold;
    state.ResumeTiming();
    append_all(*store, entries);
  }
}
BENCHMARK(append);

void kept_call(benchmark::State& state) {
  const Folder folder;
  Recovered recovered;
  const auto store = open_books(folder.path(), recovered);
  std::int64_t next = 1;
  while (state.KeepRunningBatch(kCallsAFold)) {
    state.PauseTiming();
    const Entries entries = entries_from(next, kCallsAFold);
    next += kCallsAFold;
    state.ResumeTiming();
    append_all(*store, entries);
    if (!store->fold()) {
      state.SkipWithError("the books cannot be folded");
    }
  }
}
BENCHMARK(kept_call)->MeasureProcessCPUTime()->UseRealTime();

/// Books of a million calls, made once.
const std::filesystem::path& million() {
  static const Folder folder;
  static const bool made = [] {
    Recovered recovered;
    const auto store = open_books(folder.path(), recovered);
    for (std::int64_t first = 1; first <= 1'000'000; first += 10'000) {
      append_all(*store, entries_from(first, 10'000));
      store->fold().value();
    }
    return true;
  }();
  static_cast<void>(made);
  return folder.path();
}

void open_a_million(benchmark::State& state) {
  const auto& folder = million();
  for (auto _ : state) {
    Recovered recovered;
    const auto store = open_books(folder, recovered);
    state.counters["calls"] = static_cast<double>(recovered.calls);
  }
}
BENCHMARK(open_a_million)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(3);

void report_a_million(benchmark::State& state) {
  const auto& folder = million();
  for (auto _ : state) {
    benchmark::DoNotOptimize(report(folder, "user", Instant(), Instant::never()).value());
  }
}
BENCHMARK(report_a_million)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(3);

void report_the_last_minute(benchmark::State& state) {
  const auto& folder = million();
  const Instant end = kNow + std::chrono::milliseconds(1'000'000);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        report(folder, "user", end - std::chrono::minutes(1), Instant::never()).value());
  }
}
BENCHMARK(report_the_last_minute)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(3);

void verify_a_million(benchmark::State& state) {
  const auto& folder = million();
  for (auto _ : state) {
    const auto proof = verify_books(folder).value();
    if (!proof.findings.empty()) {
      state.SkipWithError(proof.findings.front().c_str());
    }
  }
}
BENCHMARK(verify_a_million)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(1);

void find_key(benchmark::State& state) {
  const Folder folder;
  const auto book = KeyBook::open(folder.path()).value();
  std::string secret;
  for (int i = 0; i < 1000; ++i) {
    secret = book->create({}, kNow).value().secret;
  }
  const auto ring = book->read().value();
  for (auto _ : state) {
    benchmark::DoNotOptimize(ring->find(secret, kNow));
  }
}
BENCHMARK(find_key);

}  // namespace
}  // namespace purser

BENCHMARK_MAIN();
