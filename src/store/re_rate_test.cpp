// store/re_rate_test.cpp — a wrong price is made good by entries, and only where it still counts.
#include "store/re_rate.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "store/balances.hpp"
#include "store/reports.hpp"
#include "store/store.hpp"

namespace purser {
namespace {

const Instant kNow = Instant::from_seconds(1'795'000'000);
const AccountKey kOpen{.high = 1, .low = 1};
const AccountKey kEnded{.high = 2, .low = 2};
const AccountKey kTokens{.high = 3, .low = 3};

/// Ten calls at 1,000 nanodollars, then one presumed at 5,000.
class ReRateTest : public testing::Test {
 protected:
  ReRateTest() {
    std::string name = (std::filesystem::temp_directory_path() / "purser-rate-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    Recovered recovered;
    const auto store = Store::open({.folder = folder_}, kNow, recovered).value();
    for (std::int64_t id = 1; id <= 11; ++id) {
      HoldEntry hold;
      hold.call = CallId(id);
      hold.at = kNow + std::chrono::hours(id);
      hold.provider = "openai";
      hold.worst = Amount::from_nanos(5000);
      hold.legs = {{kOpen, Units(5000), Instant::never(), true},
                   {kEnded, Units(5000), kNow + std::chrono::hours(20), true},
                   {kTokens, Units(5000), Instant::never(), false}};
      store->hold(hold, [](const Result<void>&) {});
      SettleEntry end;
      end.call = hold.call;
      end.outcome = id == 11 ? Outcome::presumed : Outcome::settled;
      end.cost = Amount::from_nanos(id == 11 ? 5000 : 1000);
      end.usage.output = Tokens(10);
      end.model = id % 2 == 0 ? "even" : "odd";
      end.legs = hold.legs;
      for (Leg& leg : end.legs) {
        leg.units = leg.is_money ? Units(end.cost.nanos()) : Units(10);
      }
      store->settle(end);
    }
    EXPECT_TRUE(store->fold());
  }
  ~ReRateTest() override { std::filesystem::remove_all(folder_); }

  Result<ReRated> run(ReRate mode, Instant since = {}, std::int64_t nanos = 400) const {
    const Repricing pricing = [&](const CallToPrice& call) -> std::optional<Amount> {
      EXPECT_EQ(call.provider, "openai");
      EXPECT_EQ(call.passes.size(), 1U);
      EXPECT_EQ(call.passes.front().model, call.model);
      EXPECT_EQ(call.passes.front().usage.output, Tokens(10));
      return call.model == "even" ? std::optional(Amount::from_nanos(nanos)) : std::nullopt;
    };
    return re_rate(folder_, since, Instant::never(), pricing, "typed per token",
                   kNow + std::chrono::hours(30), mode);
  }
  std::int64_t total() const {
    const auto proof = verify_books(folder_);
    EXPECT_TRUE(proof);
    EXPECT_TRUE(proof->findings.empty()) << proof->findings.front();
    return proof->total.nanos();
  }

  std::filesystem::path folder_;
};

TEST_F(ReRateTest, APreviewMovesNothing) {
  const auto done = run(ReRate::preview);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->calls, 10) << "what is presumed stays at its hold";
  EXPECT_EQ(done->changed, 5);
  EXPECT_EQ(done->before, Amount::from_nanos(10'000));
  EXPECT_EQ(done->after, Amount::from_nanos(7'000));
  EXPECT_EQ(verify_books(folder_)->corrections, 0);
  EXPECT_EQ(total(), 15'000);
}

TEST_F(ReRateTest, PostsTheDifferenceWhereTheWindowIsOpen) {
  const auto posted = [&](const AccountKey& account) {
    return (*BalanceReader::open(folder_))->posted(account)->value();
  };
  const std::array accounts{kOpen, kEnded, kTokens};
  std::array<Units, 3> before;
  std::ranges::transform(accounts, before.begin(), posted);
  const auto done = run(ReRate::post);
  ASSERT_TRUE(done);
  EXPECT_EQ(posted(kOpen), before[0] + Units(-3000));
  EXPECT_EQ(posted(kEnded), before[1]) << "its window is over";
  EXPECT_EQ(posted(kTokens), before[2]) << "it counts no money";
  EXPECT_EQ(total(), 12'000);
  const auto rows = report(folder_, "model", {}, Instant::never());
  ASSERT_TRUE(rows);
  for (const ReportRow& row : *rows) {
    EXPECT_EQ(row.cost, Amount::from_nanos(row.name == "even" ? 2'000 : 10'000)) << row.name;
  }
}

TEST_F(ReRateTest, TwiceIsOnceAndBackAgainIsNothing) {
  ASSERT_TRUE(run(ReRate::post));
  EXPECT_EQ(run(ReRate::post)->changed, 0);
  EXPECT_EQ(run(ReRate::post, {}, 1000)->changed, 5);
  EXPECT_EQ(total(), 15'000);
  EXPECT_EQ(verify_books(folder_)->corrections, 10);
}

/// An answer with an advisor, both of whose prices were wrong; and one whose parts were not kept.
TEST_F(ReRateTest, ACallOfSeveralPassesIsPricedAnewPassByPass) {
  const Instant after = kNow + std::chrono::hours(12);
  Pass own{.model = {}, .usage = {}};
  own.usage.input_uncached = Tokens(100);
  own.usage.cache_write_long = Tokens(7);
  own.usage.web_searches = 2;
  Pass advisor{.model = "advisor", .usage = {}};
  advisor.usage.output = Tokens(30);
  advisor.usage.audio_out = Tokens(5);
  {
    Recovered recovered;
    const auto store = Store::open({.folder = folder_}, after, recovered).value();
    for (std::int64_t id = 12; id <= 13; ++id) {
      HoldEntry hold;
      hold.call = CallId(id);
      hold.at = after;
      hold.provider = "openai";
      hold.worst = Amount::from_nanos(9000);
      store->hold(hold, [](const Result<void>&) {});
      SettleEntry end;
      end.call = hold.call;
      end.cost = Amount::from_nanos(800);
      end.model = "executor";
      end.passes = 2;
      end.usage = own.usage + advisor.usage;
      end.parts = id == 12 ? std::vector{own, advisor} : std::vector<Pass>();
      store->settle(end);
    }
    ASSERT_TRUE(store->fold());
  }
  own.model = "executor";
  const Repricing pricing = [&](const CallToPrice& call) -> std::optional<Amount> {
    EXPECT_EQ(call.call, CallId(12)) << "without its parts a sum has no price";
    EXPECT_EQ(call.model, "executor");
    EXPECT_EQ(call.passes.size(), 2U);
    EXPECT_EQ(call.passes[0].model, own.model);
    EXPECT_EQ(call.passes[0].usage, own.usage);
    EXPECT_EQ(call.passes[1].model, advisor.model);
    EXPECT_EQ(call.passes[1].usage, advisor.usage);
    return Amount::from_nanos(100 + 330);
  };
  const auto done = re_rate(folder_, after, Instant::never(), pricing, "advised",
                            kNow + std::chrono::hours(30), ReRate::post);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->calls, 1);
  EXPECT_EQ(done->after - done->before, Amount::from_nanos(430 - 800));
  EXPECT_EQ(total(), 15'000 + 430 + 800);
}

TEST_F(ReRateTest, OnlyTheRangeIsTouched) {
  for (std::int64_t hour = 0; hour <= 12; ++hour) {
    const Instant since = kNow + std::chrono::hours(hour);
    EXPECT_EQ(run(ReRate::preview, since)->calls, std::clamp<std::int64_t>(11 - hour, 0, 10))
        << hour;
  }
}

}  // namespace
}  // namespace purser
