// money/tool_price_test.cpp — a tool's cost, to the nanodollar.
#include "money/tool_price.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace purser {
namespace {

constexpr Rate picos(std::int64_t count) {
  return Rate(count);
}

TEST(ToolPrice, APriceACallIsHeldAndChargedAsItIs) {
  const ToolPrice price{.per_call = Amount::from_nanos(5'000'000)};
  EXPECT_EQ(worst_cost(price), Amount::from_nanos(5'000'000));
  EXPECT_EQ(cost(price, {.bytes = 1'000'000}), Amount::from_nanos(5'000'000));
}

TEST(ToolPrice, UnitsBytesAndSecondsAddUpAndAreRoundedOnce) {
  const ToolPrice price{.per_call = Amount::from_nanos(1),
                        .per_unit = picos(400),
                        .units_at = "/n",
                        .per_kib = picos(1'024),
                        .per_second = picos(200),
                        .at_most = Amount::from_nanos(77)};
  EXPECT_EQ(worst_cost(price), Amount::from_nanos(77));
  // 0.4 + 0.1 + 0.2 nanodollars are one, not none of three.
  EXPECT_EQ(
      cost(price, {.micro_units = kMicrosAUnit, .bytes = 100, .time = std::chrono::seconds(1)}),
      Amount::from_nanos(2));
}

TEST(ToolPrice, HalfAUnitIsHalfThePrice) {
  const ToolPrice price{.per_unit = picos(2'000'000'000), .units_at = "/n"};
  EXPECT_EQ(cost(price, {.micro_units = 2'500'000}), Amount::from_nanos(5'000'000));
}

TEST(ToolPrice, AResultThatDoesNotSayHowManyUnitsHasNoCost) {
  const ToolPrice price{.per_unit = picos(1), .units_at = "/n"};
  EXPECT_EQ(cost(price, {}), std::nullopt);
}

RC_GTEST_PROP(ToolPrice, MoreIsNeverCheaperAndNothingOverflows, ()) {
  const auto any = rc::gen::inRange<std::int64_t>(0, INT64_MAX);
  const ToolPrice price{
      .per_call = Amount::from_nanos(*rc::gen::inRange<std::int64_t>(0, 1 << 30)),
      .per_unit = Rate(*rc::gen::inRange<std::int64_t>(1, 10'000'000'000'000'000)),
      .units_at = "/n",
      .per_kib = Rate(*rc::gen::inRange<std::int64_t>(0, 10'000'000'000'000'000)),
      .per_second = Rate(*rc::gen::inRange<std::int64_t>(0, 10'000'000'000'000'000))};
  const ToolUse use{.micro_units = *any, .bytes = *any, .time = std::chrono::nanoseconds(*any)};
  ToolUse less = use;
  less.bytes /= 2;
  less.micro_units = *less.micro_units / 2;
  const auto whole = cost(price, use);
  RC_ASSERT(whole.has_value() && *whole >= price.per_call && *whole <= kCostMax);
  RC_ASSERT(*cost(price, less) <= *whole);
}

}  // namespace
}  // namespace purser
