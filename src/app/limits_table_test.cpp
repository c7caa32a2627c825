// app/limits_table_test.cpp — how a caller stands, and what another tier would change.
#include "app/limits_table.hpp"

#include <gtest/gtest.h>

namespace purser {
namespace {

constexpr std::string_view kYaml = R"(
tiers: {free: {}, paid: {}}
limits:
  - {name: daily, per: user, window: day, max: {usd: "2"}, tiers: {paid: {unlimited: true}}}
  - {name: trial, match: {tier: free}, per: user, window: lifetime, max: {calls: 10}}
  - {name: any, per: all, window: rolling, span: 24h, max: {calls: 50}}
  - {name: beat, per: all, window: pace, span: 60s, max: {calls: 6}}
)";

class LimitsTable : public testing::Test {
 protected:
  void SetUp() override {
    const auto config = read_config(kYaml, "test");
    ASSERT_TRUE(config) << config.error().message;
    config_ = *config;
    limits_ = *LimitSet::compile(config_.limits, config_.time_zone, config_.tiers);
    view_ = {.limits = &limits_, .tiers = tiers_of(config_), .now = Instant::from_seconds(1000)};
  }
  std::vector<std::string> row(const Caller& caller, std::string_view limit) const {
    for (const auto& each : limits_table(view_, Facts{.caller = caller}).rows) {
      if (each.front() == limit) {
        return each;
      }
    }
    return {};
  }
  Config config_;
  LimitSet limits_;
  LimitsView view_;
  static Caller ann(std::string tier) {
    Caller caller;
    caller.user = "ann";
    caller.tier = std::move(tier);
    return caller;
  }
  const Caller free_ = ann("free");
  const Caller paid_ = ann("paid");
};

TEST_F(LimitsTable, SaysWhatIsUsedWhatIsLeftAndWhatATierWouldChange) {
  const auto accounts = accounts_touched(view_, Facts{.caller = free_});
  for (const AccountKey& account : accounts) {
    view_.standings[account] = {.posted = Units(3), .held = Units(1)};
  }
  EXPECT_EQ(row(free_, "trial"),
            (std::vector<std::string>{"trial", "calls", "ann", "lifetime", "3 calls", "1 call",
                                      "10 calls", "6 calls", "never", "enforce", "10 calls", ""}));
  const auto daily = row(paid_, "daily");
  EXPECT_EQ(daily[6], "unlimited");
  EXPECT_EQ(daily[7], "unlimited");
  EXPECT_EQ(daily[10], "$2.00");
  EXPECT_EQ(daily[11], "unlimited");
}

TEST_F(LimitsTable, ALimitOfAnotherTierShowsItsAccountButNoMaximumForThisCaller) {
  const auto trial = row(paid_, "trial");
  ASSERT_FALSE(trial.empty());
  EXPECT_EQ(trial[6], "");
  EXPECT_EQ(trial[7], "");
  EXPECT_EQ(trial[10], "10 calls");
}

TEST_F(LimitsTable, ARollingWindowIsTheSumOfItsPieces) {
  const auto accounts = accounts_touched(view_, Facts{.caller = free_});
  for (const AccountKey& account : accounts) {
    view_.standings[account] = {.posted = Units(1), .held = {}};
  }
  EXPECT_EQ(row(free_, "any")[4], "25 calls");  // 24 pieces, and the one under way
  EXPECT_EQ(row(free_, "any")[7], "25 calls");
}

TEST_F(LimitsTable, ABucketShowsItsPaceAlone) {
  const auto beat = row(free_, "beat");
  EXPECT_EQ(beat[3], "pace 1m");
  EXPECT_EQ(beat[4], "");
  EXPECT_EQ(beat[6], "6 calls");
}

TEST_F(LimitsTable, RulesAreListedAsConfigured) {
  const Table table = rules_table(limits_.limits());
  ASSERT_EQ(table.rows.size(), 4U);
  EXPECT_EQ(table.rows[0][5], "paid: unlimited");
  EXPECT_EQ(table.rows[1][1], "tier=free");
  EXPECT_EQ(table.rows[2][1], "all calls");
}

}  // namespace
}  // namespace purser
