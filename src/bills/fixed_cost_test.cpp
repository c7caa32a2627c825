// bills/fixed_cost_test.cpp — parts add up to the whole, whatever is cut by whatever.
#include "bills/fixed_cost.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

#include "bills/spread.hpp"

namespace purser {
namespace {

using std::chrono::days;
using namespace std::chrono_literals;

Amount nanos(std::int64_t many) {
  return Amount::from_nanos(many);
}
Amount sum_of(const std::vector<Amount>& parts) {
  return std::accumulate(parts.begin(), parts.end(), Amount());
}

TEST(Spread, GivesTheLargestRemaindersAndOfEqualOnesTheFirst) {
  const std::vector<std::int64_t> thirds{1, 1, 1};
  EXPECT_EQ(spread(nanos(100), thirds), (std::vector{nanos(34), nanos(33), nanos(33)}));
  const std::vector<std::int64_t> uneven{1, 0, 5};
  EXPECT_EQ(spread(nanos(10), uneven), (std::vector{nanos(2), nanos(0), nanos(8)}));
  const std::vector<std::int64_t> nothing{0, 0};
  EXPECT_EQ(spread(nanos(10), nothing), (std::vector{nanos(0), nanos(0)}));
  EXPECT_TRUE(spread(nanos(10), {}).empty());
}

RC_GTEST_PROP(Spread, PartsAddUpAndAreWithinOneNanodollarOfTheirShare, ()) {
  const auto whole = *rc::gen::inRange<std::int64_t>(0, 4'000'000'000'000'000'000);
  const auto weights = *rc::gen::container<std::vector<std::int64_t>>(
      rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000'000));
  const std::vector<Amount> parts = spread(nanos(whole), weights);
  const __int128 total = std::accumulate(weights.begin(), weights.end(), __int128{0});
  RC_PRE(total > 0);
  RC_ASSERT(sum_of(parts) == nanos(whole));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const __int128 exact = static_cast<__int128>(whole) * weights[i];
    const __int128 given = static_cast<__int128>(parts[i].nanos()) * total;
    RC_ASSERT(given > exact - total && given < exact + total);
  }
}

FixedCost server(Amount usd) {
  return {.name = "gpu", .usd = usd, .from = 2026y / 11 / 10, .to = {}, .over = {}};
}

RC_GTEST_PROP(FixedCost, TheDaysOfAMonthAddUpToItsAmount, ()) {
  FixedCost cost = server(nanos(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000'000)));
  const std::chrono::year_month month = 2026y / 1 + std::chrono::months(*rc::gen::inRange(1, 60));
  cost.from = 2020y / 1 / 1;
  Amount total;
  for (Day day = month / 1; day <= Day(month / std::chrono::last); day += days(1)) {
    total += cost_of_day(cost, day);
  }
  RC_ASSERT(total == cost.usd);
}

TEST(FixedCost, IsPaidFromItsFirstDayToItsLast) {
  FixedCost cost = server(Amount::from_dollars(30));
  cost.to = 2026y / 11 / 12;
  EXPECT_EQ(cost_of_day(cost, 2026y / 11 / 9), Amount());
  EXPECT_EQ(cost_of_day(cost, 2026y / 11 / 10), Amount::from_dollars(1));
  EXPECT_EQ(cost_of_day(cost, 2026y / 11 / 12), Amount::from_dollars(1));
  EXPECT_EQ(cost_of_day(cost, 2026y / 11 / 13), Amount());
}

TEST(FixedCost, IsCarriedByThoseWhoCalledOnTheDayAndByNobodyOtherwise) {
  FixedCost cost = server(Amount::from_dollars(30));
  DayWeights weights;
  weights[2026y / 11 / 10] = {{"ann", {.calls = 3, .tokens = 1, .spend = nanos(0)}},
                              {"bob", {.calls = 1, .tokens = 1, .spend = nanos(5)}}};
  const auto by = [&](SpreadBy way) {
    cost.by = way;
    return spread_over(cost, weights, 2026y / 11 / 1, 2026y / 11 / 12);
  };
  using Parts = std::map<std::string, Amount>;
  const Amount day = Amount::from_dollars(1);
  EXPECT_EQ(by(SpreadBy::calls),
            (Parts{{"", day}, {"ann", nanos(750'000'000)}, {"bob", nanos(250'000'000)}}));
  EXPECT_EQ(by(SpreadBy::tokens),
            (Parts{{"", day}, {"ann", nanos(500'000'000)}, {"bob", nanos(500'000'000)}}));
  EXPECT_EQ(by(SpreadBy::spend), (Parts{{"", day}, {"bob", day}}));
}

RC_GTEST_PROP(FixedCost, WhatIsSpreadIsWhatTheDaysCost, ()) {
  FixedCost cost = server(nanos(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000)));
  cost.by = *rc::gen::element(SpreadBy::calls, SpreadBy::tokens, SpreadBy::spend);
  DayWeights weights;
  for (int i = *rc::gen::inRange(0, 40); i > 0; --i) {
    const Day day = Day(2026y / 11 / 1) + days(*rc::gen::inRange(0, 60));
    Weights& of = weights[day][*rc::gen::element<std::string>("ann", "bob", "", "eve")];
    of.calls += *rc::gen::inRange(0, 5);
    of.tokens += *rc::gen::inRange(0, 5);
    of.spend += nanos(*rc::gen::inRange(0, 5));
  }
  const Day since = Day(2026y / 11 / 1) + days(*rc::gen::inRange(0, 30));
  const Day until = since + days(*rc::gen::inRange(0, 40));
  Amount expected;
  for (Day day = since; day < until; day += days(1)) {
    expected += cost_of_day(cost, day);
  }
  Amount total;
  for (const auto& [name, part] : spread_over(cost, weights, since, until)) {
    total += part;
  }
  RC_ASSERT(total == expected);
}

TEST(FixedCost, DaysBeginAtMidnightUtc) {
  const auto at = [](std::string_view text) { return *parse_rfc3339(text); };
  EXPECT_EQ(day_of(at("2026-11-10T23:59:59Z")), Day(2026y / 11 / 10));
  EXPECT_EQ(day_from(at("2026-11-10T00:00:00Z")), Day(2026y / 11 / 10));
  EXPECT_EQ(day_from(at("2026-11-10T00:00:01Z")), Day(2026y / 11 / 11));
}

}  // namespace
}  // namespace purser
