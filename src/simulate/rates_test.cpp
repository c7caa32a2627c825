// simulate/rates_test.cpp — the provider's arithmetic, against bills worked out by hand.
#include "simulate/rates.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace purser::simulate {
namespace {

std::int64_t bill(std::string_view model, Usage usage, Terms terms = {}) {
  return nanodollars(*find_model(model), usage, terms);
}

TEST(Rates, BillsWorkedOutByHand) {
  // 10,000 × $2.50/M + 1,000 × $10/M = $0.025 + $0.010.
  EXPECT_EQ(bill("gpt-4o", {.input = 10'000, .output = 1'000}), 35'000'000);
  EXPECT_EQ(bill("gpt-4o-2024-08-06", {.input = 10'000, .output = 1'000}), 35'000'000);
  // 1 × $0.15/M = 150 nano-dollars; 1 cached × $0.075/M = 75.
  EXPECT_EQ(bill("gpt-4o-mini", {.input = 1, .cache_read = 1}), 225);
  // 100 × 4 + 900 × 0.20 + 500 × 5 + 300 × 8 + 50 × 20 dollars a million.
  EXPECT_EQ(bill("claude-opus-5-5", {.input = 100,
                                     .cache_read = 900,
                                     .cache_write_short = 500,
                                     .cache_write_long = 300,
                                     .output = 50}),
            400'000 + 180'000 + 2'500'000 + 2'400'000 + 1'000'000);
}

TEST(Rates, ASearchCostsACentAndNoPlaceMakesItDearer) {
  EXPECT_EQ(bill("claude-sonnet-5-5", {.searches = 3}, {.us_only = true}), 30'000'000);
  EXPECT_EQ(bill("claude-sonnet-5-5", {.input = 1'000, .searches = 1}, {.us_only = true}),
            10'000'000 + 2'200'000);
}

TEST(Rates, OnePromptTokenOverTheCliffReprices) {
  EXPECT_EQ(bill("claude-haiku-5-5", {.input = 99'000, .cache_read = 1'000, .output = 1'000}),
            9'900'000 + 10'000 + 500'000);
  EXPECT_EQ(bill("claude-haiku-5-5", {.input = 99'001, .cache_read = 1'000, .output = 1'000}),
            49'500'500 + 50'000 + 2'500'000);
  EXPECT_EQ(bill("gpt-6-sol", {.input = 272'000}), 544'000'000);
  EXPECT_EQ(bill("gpt-6-sol", {.input = 272'001, .output = 1'000}), 1'088'004'000 + 15'000'000);
}

TEST(Rates, TiersAreSharesOfTheListPrice) {
  const Usage usage{.input = 1'000, .output = 100};  // $0.002 + $0.001 at gpt-6-sol
  EXPECT_EQ(bill("gpt-6-sol", usage), 3'000'000);
  EXPECT_EQ(bill("gpt-6-sol", usage, {.tier = Tier::flex}), 1'500'000);
  EXPECT_EQ(bill("gpt-6-sol", usage, {.tier = Tier::priority}), 6'000'000);
  EXPECT_EQ(bill("claude-opus-5-5", usage, {.fast = true}), 12'000'000);
}

TEST(Rates, AHalfNanodollarIsRoundedUpOnce) {
  // 1 × $0.01/M = 10 nano-dollars; half of 25 at flex is 12.5 when taken together.
  EXPECT_EQ(bill("gpt-6-luna", {.cache_read = 1}, {.tier = Tier::flex}), 5);
  EXPECT_EQ(bill("gpt-5.4-mini", {.cache_read = 1}, {.tier = Tier::flex}), 38);  // 37.5
  EXPECT_EQ(bill("gpt-5.4-mini", {.cache_read = 2}, {.tier = Tier::flex}), 75);
}

TEST(Rates, EveryModelIsFoundByBothItsNames) {
  std::set<std::string_view> names;
  for (const Model& model : models()) {
    EXPECT_EQ(find_model(model.id), &model);
    EXPECT_EQ(find_model(model.answers_as), &model);
    EXPECT_TRUE(names.insert(model.id).second) << model.id;
  }
  EXPECT_EQ(find_model("gpt-99"), nullptr);
}

RC_GTEST_PROP(Rates, TwoCallsInOneCostTheSumWithinTheirRounding, ()) {
  const Model& model = models()[*rc::gen::inRange<std::size_t>(0, models().size())];
  const auto tokens = rc::gen::inRange<std::int64_t>(0, 20'000);
  const auto usage = [&] {
    return Usage{.input = *tokens, .cache_read = *tokens, .output = *tokens};
  };
  const Usage a = usage();
  const Usage b = usage();
  const Usage both{.input = a.input + b.input,
                   .cache_read = a.cache_read + b.cache_read,
                   .output = a.output + b.output};
  const std::int64_t parts = nanodollars(model, a, {}) + nanodollars(model, b, {});
  const std::int64_t whole = nanodollars(model, both, {});
  RC_ASSERT(std::abs(parts - whole) <= 1);
}

}  // namespace
}  // namespace purser::simulate
