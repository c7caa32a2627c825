// bench/price_bench.cpp — what a price costs: one call's, the whole book's, and a re-rating's.
//
//   ninja price_bench && ./bench/price_bench
//
// `cold_call` prices each model of the book once after everything was driven out of the caches.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <numeric>
#include <random>

#include "money/builtin_prices.hpp"
#include "money/price_list.hpp"
#include "store/re_rate.hpp"
#include "store/store.hpp"

namespace purser {
namespace {

const Conditions kNow{.at = parse_rfc3339("2026-11-23T18:30:00Z").value()};

const PriceBook& book() {
  static const PriceBook kBook = PriceBook::parse(builtin_prices()).value();
  return kBook;
}

Usage a_turn() {
  Usage usage;
  usage.input_uncached = Tokens(812);
  usage.cache_read = Tokens(9'120);
  usage.cache_write_short = Tokens(1'100);
  usage.output = Tokens(532);
  return usage;
}

Amount price(std::string_view provider, std::string_view model, const Usage& usage) {
  return cost(*book().find(provider, model), usage, kNow);
}

void warm_call(benchmark::State& state, std::string_view provider, std::string_view model) {
  const Usage usage = a_turn();
  for (auto _ : state) {
    benchmark::DoNotOptimize(price(provider, model, usage));
  }
}
BENCHMARK_CAPTURE(warm_call, listed, "openai", "gpt-5.6-sol");
BENCHMARK_CAPTURE(warm_call, snapshot, "anthropic", "claude-sonnet-4-5-20250929");

/// What a call must know before it leaves: the dearest it could be.
void worst_case(benchmark::State& state) {
  for (auto _ : state) {
    const PriceList* list = book().find("anthropic", "claude-opus-5");
    benchmark::DoNotOptimize(worst_rates(*list, Tokens(12'345), kNow));
  }
}
BENCHMARK(worst_case);

void cold_call(benchmark::State& state) {
  constexpr std::size_t kCaches = std::size_t{128} << 20;
  auto lists = book().lists();
  std::shuffle(lists.begin(), lists.end(), std::mt19937(1));
  std::vector<std::pair<std::string, std::string>> names;
  for (const PriceList* list : lists) {
    names.emplace_back(list->provider, list->models.front());
  }
  std::vector<char> elsewhere(kCaches);
  const Usage usage = a_turn();
  for (auto _ : state) {
    std::iota(elsewhere.begin(), elsewhere.end(), '\0');
    benchmark::DoNotOptimize(elsewhere.data());
    for (const auto& [provider, model] : names) {  // the names come with the call: warm
      benchmark::DoNotOptimize(provider.data()[model.size() % provider.size()]);
    }
    const auto began = std::chrono::steady_clock::now();
    for (const auto& [provider, model] : names) {
      benchmark::DoNotOptimize(price(provider, model, usage));
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    state.SetIterationTime(took.count() / static_cast<double>(names.size()));
  }
}
BENCHMARK(cold_call)->UseManualTime()->Iterations(20);

void load_book(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(PriceBook::parse(builtin_prices()));
  }
}
BENCHMARK(load_book)->Unit(benchmark::kMillisecond);

/// Books of so many settled calls, gone with it.
class Books {
 public:
  explicit Books(std::int64_t calls) {
    std::string name = (std::filesystem::temp_directory_path() / "purser-bench-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    Recovered recovered;
    const auto store =
        Store::open({.folder = folder_, .durability = Durability::relaxed}, kNow.at, recovered)
            .value();
    for (std::int64_t id = 1; id <= calls; ++id) {
      HoldEntry hold;
      hold.call = CallId(id);
      hold.at = kNow.at + std::chrono::milliseconds(id);
      hold.provider = "openai";
      hold.legs = {{AccountKey{.high = 1, .low = 1}, Units(5000), Instant::never(), true}};
      store->hold(hold, [](const Result<void>&) {});
      SettleEntry end;
      end.call = hold.call;
      end.cost = Amount::from_nanos(1000);
      end.usage = a_turn();
      end.model = "gpt-5.6-sol";
      end.legs = hold.legs;
      store->settle(end);
    }
    good_ = store->fold().has_value();
  }
  ~Books() { std::filesystem::remove_all(folder_); }
  Books(const Books&) = delete;
  Books& operator=(const Books&) = delete;
  const std::filesystem::path& folder() const { return folder_; }
  bool good() const { return good_; }

 private:
  std::filesystem::path folder_;
  bool good_ = false;
};

/// A preview in which every call changes: the dearest there is.
void re_rate_plan(benchmark::State& state) {
  const Books books(state.range(0));
  const Repricing pricing = [](const CallToPrice& call) {
    return std::optional(
        price(call.provider, call.passes.front().model, call.passes.front().usage));
  };
  for (auto _ : state) {
    const auto planned = re_rate(books.folder(), {}, Instant::never(), pricing, "bench",
                                 kNow.at + std::chrono::hours(1), ReRate::preview);
    if (!books.good() || !planned || planned->changed != state.range(0)) {
      state.SkipWithError("not every call was priced anew");
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(re_rate_plan)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace purser

BENCHMARK_MAIN();
