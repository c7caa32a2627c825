// money/price_list_test.cpp — which price holds, and what a usage costs at it.
#include "money/price_list.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "money/price_file.hpp"

namespace purser {
namespace {

Instant day(std::string_view text) {
  return parse_rfc3339(text).value();
}

/// One row of a price file with `rest` beside its names and source.
PriceList list_of(std::string_view rest) {
  auto lists = read_price_file(R"({"provider": "p", "rows": [{"models": ["m"], "source": "s",
      "checked": "2026-11-01", )" +
                               std::string(rest) + "}]}");
  INVARIANT(lists.has_value(), lists.error().message.c_str());
  return lists->front();
}

/// Every kind of condition at once, with factors that do not come out even.
PriceList everything() {
  return list_of(R"(
      "usd_per_mtok": {"input": "0.123457", "cache_read": "0.011", "cache_write_short": "0.155",
                       "cache_write_long": "0.247", "output": "0.700001", "audio_in": "1.3",
                       "image_out": "30.7"},
      "above": [{"tokens": 1000, "usd_per_mtok": {"input": "0.5", "cache_read": "0.05",
                                                  "output": "2.5", "audio_in": "0.2"}}],
      "fast": {"usd_per_mtok": {"input": "0.9", "output": "3.3"}},
      "tiers": {"batch": {"times": "0.5"}, "priority": {"times": "2.5"},
                "flex": {"usd_per_mtok": {"input": "0.061", "output": "0.35"}}},
      "us_times": "1.1", "regional_times": "1.1",
      "peak": {"times": "2", "utc": ["01:00-04:00"]},
      "fees_usd": {"web_search": "0.01", "request": "0.005"})");
}

TEST(Cost, IsRoundedOnceAndHalfUp) {
  // Half a nanodollar each: together one, and alone rounded up to one.
  const PriceList list = list_of(R"("usd_per_mtok": {"input": "0.0005", "output": "0.0005"})");
  EXPECT_EQ(cost(list, {.input_uncached = Tokens(1), .output = Tokens(1)}, {}).nanos(), 1);
  EXPECT_EQ(cost(list, {.input_uncached = Tokens(1)}, {}).nanos(), 1);
  EXPECT_EQ(cost(list, {.input_uncached = Tokens(3)}, {}).nanos(), 2);
  const PriceList less = list_of(R"("usd_per_mtok": {"input": "0.000499", "output": "0"})");
  EXPECT_EQ(cost(less, {.input_uncached = Tokens(1)}, {}).nanos(), 0);
}

TEST(Cost, TakesTheLongPromptCardForEveryTokenOnlyAboveItsThreshold) {
  const PriceList list = list_of(R"("usd_per_mtok": {"input": "1", "cache_read": "0.1",
      "output": "5"}, "above": [{"tokens": 100000, "usd_per_mtok": {"input": "2",
      "cache_read": "0.2", "output": "7.5"}}])");
  Usage usage{
      .input_uncached = Tokens(60'000), .cache_read = Tokens(40'000), .output = Tokens(1000)};
  EXPECT_EQ(cost(list, usage, {}).nanos(), 60'000'000 + 4'000'000 + 5'000'000);
  usage.cache_read += Tokens(1);
  EXPECT_EQ(cost(list, usage, {}).nanos(), 120'000'000 + 8'000'200 + 7'500'000);
}

TEST(Cost, TakesEachPartAtItsOwnPriceOutOfItsWhole) {
  const PriceList list = list_of(R"("usd_per_mtok": {"input": "1", "cache_read": "0.5",
      "output": "10", "audio_in": "40", "audio_cached": "2", "audio_out": "80", "image_in": "3",
      "image_out": "30", "video_in": "4"})");
  const Usage usage{.input_uncached = Tokens(100),
                    .cache_read = Tokens(20),
                    .output = Tokens(50),
                    .reasoning = Tokens(9),
                    .audio_in = Tokens(10),
                    .audio_cached = Tokens(5),
                    .audio_out = Tokens(8),
                    .image_in = Tokens(20),
                    .image_out = Tokens(2),
                    .video_in = Tokens(30)};
  EXPECT_EQ(cost(list, usage, {}).nanos(), (40 * 1 + 10 * 40 + 20 * 3 + 30 * 4) * 1000 + 15 * 500 +
                                               5 * 2000 + (40 * 10 + 8 * 80 + 2 * 30) * 1000);
}

TEST(Cost, NeverTakesMoreOutOfAWholeThanThereIs) {
  const PriceList list = list_of(R"("usd_per_mtok": {"input": "1", "output": "10",
      "audio_in": "40"})");
  EXPECT_EQ(cost(list, {.input_uncached = Tokens(10), .audio_in = Tokens(1'000)}, {}).nanos(),
            10 * 40'000);
}

TEST(Cost, MultipliesTokensButNotSearchesForInferenceInTheUs) {
  const PriceList list = list_of(R"("usd_per_mtok": {"input": "1", "output": "5"},
      "us_times": "1.1", "fees_usd": {"web_search": "0.01"})");
  const Usage usage{.input_uncached = Tokens(1000), .web_searches = 3};
  EXPECT_EQ(cost(list, usage, {.geo = "us"}).nanos(), 1'100'000 + 30'000'000);
  EXPECT_EQ(cost(list, usage, {.geo = "global"}).nanos(), 1'000'000 + 30'000'000);
  EXPECT_EQ(cost(list, usage, {.geo = "not_available"}).nanos(), 1'000'000 + 30'000'000);
}

TEST(Cost, KeepsAFactorExact) {
  const PriceList list =
      list_of(R"("usd_per_mtok": {"input": "0.003", "output": "0"}, "us_times": "1.1")");
  EXPECT_EQ(cost(list, {.input_uncached = Tokens(5)}, {.geo = "us"}).nanos(), 17);  // 16.5
  EXPECT_EQ(cost(list, {.input_uncached = Tokens(1)}, {.geo = "us"}).nanos(), 3);   // 3.3
}

TEST(Cost, ChargesForDataKeptInARegion) {
  const PriceList list = list_of(R"("usd_per_mtok": {"input": "1", "output": "5"},
      "regional_times": "1.1")");
  EXPECT_EQ(cost(list, {.output = Tokens(10)}, {.region = "eu"}).nanos(), 55'000);
  EXPECT_EQ(cost(list, {.output = Tokens(10)}, {}).nanos(), 50'000);
}

TEST(Cost, TakesATiersFactorOrItsOwnCard) {
  const PriceList list = list_of(R"("usd_per_mtok": {"input": "2", "output": "8"},
      "tiers": {"batch": {"times": "0.5"}, "priority": {"usd_per_mtok": {"input": "3.5",
      "output": "14"}}})");
  const Usage usage{.input_uncached = Tokens(100), .output = Tokens(10)};
  EXPECT_EQ(cost(list, usage, {.tier = ServiceTier::batch}).nanos(), 140'000);
  EXPECT_EQ(cost(list, usage, {.tier = ServiceTier::priority}).nanos(), 490'000);
  EXPECT_EQ(cost(list, usage, {.tier = ServiceTier::scale}).nanos(), 280'000);
}

TEST(Cost, ChargesTheFastCardOnlyWhereThereIsOne) {
  const PriceList fast = list_of(R"("usd_per_mtok": {"input": "4", "output": "20"},
      "fast": {"usd_per_mtok": {"input": "8", "output": "40"}})");
  const PriceList slow = list_of(R"("usd_per_mtok": {"input": "4", "output": "20"})");
  EXPECT_EQ(cost(fast, {.output = Tokens(1)}, {.speed = Speed::fast}).nanos(), 40'000);
  EXPECT_EQ(cost(slow, {.output = Tokens(1)}, {.speed = Speed::fast}).nanos(), 20'000);
}

TEST(Cost, DoublesInPeakHoursOnWorkingDaysOnly) {
  const PriceList list = list_of(R"("usd_per_mtok": {"input": "1", "output": "1"},
      "peak": {"times": "2", "utc": ["01:00-04:00", "06:00-10:00"], "weekdays_only": true,
               "holidays": ["2027-01-01"]})");
  const auto one = [&](std::string_view at) {
    return cost(list, {.output = Tokens(1)}, {.at = day(at)}).nanos();
  };
  EXPECT_EQ(one("2026-11-23T00:59:59.999Z"), 1000);  // a Monday
  EXPECT_EQ(one("2026-11-23T01:00:00Z"), 2000);
  EXPECT_EQ(one("2026-11-23T03:59:59.999Z"), 2000);
  EXPECT_EQ(one("2026-11-23T04:00:00Z"), 1000);
  EXPECT_EQ(one("2026-11-23T06:00:00Z"), 2000);
  EXPECT_EQ(one("2026-11-23T10:00:00Z"), 1000);
  EXPECT_EQ(one("2026-11-22T02:00:00Z"), 1000);  // Sunday
  EXPECT_EQ(one("2026-11-28T02:00:00Z"), 1000);  // Saturday
  EXPECT_EQ(one("2027-01-01T02:00:00Z"), 1000);  // a Friday, and a holiday
  EXPECT_EQ(one("1969-12-29T02:00:00Z"), 2000);  // a Monday before time began
}

TEST(Cost, HasAFeeForEveryRequest) {
  const PriceList list = list_of(R"("usd_per_mtok": {"input": "1", "output": "1"},
      "fees_usd": {"request": "0.005"})");
  EXPECT_EQ(cost(list, {}, {}).nanos(), 5'000'000);
}

TEST(Cost, StaysFiniteWhateverAProviderReports) {
  const PriceList list = list_of(R"("usd_per_mtok": {"input": "10000", "output": "10000"},
      "tiers": {"priority": {"times": "19.999"}}, "us_times": "19.999", "regional_times": "19.999",
      "peak": {"times": "19.999", "utc": ["00:00-24:00"]}, "fees_usd": {"web_search": "100"})");
  constexpr std::int64_t kMany = INT64_MAX / 4;
  const Usage usage{.input_uncached = Tokens(kMany),
                    .cache_read = Tokens(kMany),
                    .cache_write_short = Tokens(kMany),
                    .cache_write_long = Tokens(kMany),
                    .output = Tokens(INT64_MAX),
                    .web_searches = INT64_MAX};
  EXPECT_EQ(cost(list, usage, {.tier = ServiceTier::priority, .geo = "us", .region = "eu"}),
            kCostMax);
  EXPECT_EQ(at_most(Tokens(INT64_MAX), Rate(INT64_MAX)), kCostMax);
}

TEST(Affordable, RoundsDownWhereHoldsRoundUp) {
  EXPECT_EQ(at_most(Tokens(1), Rate(1)).nanos(), 1);
  EXPECT_EQ(at_most(Tokens(1001), Rate(1)).nanos(), 2);
  EXPECT_EQ(affordable(Amount::from_nanos(1), Rate(600)), Tokens(1));
  EXPECT_EQ(affordable(Amount::from_nanos(0), Rate(600)), Tokens(0));
  EXPECT_EQ(affordable(Amount::from_nanos(-5), Rate(600)), Tokens(0));
  EXPECT_EQ(affordable(Amount(), Rate(0)), Tokens(INT64_MAX));
}

RC_GTEST_PROP(Affordable, IsTheMostThatABudgetPays, ()) {
  const auto budget = Amount::from_nanos(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000'000));
  const Rate rate(*rc::gen::inRange<std::int64_t>(1, kRateMax.count() + 1));
  const Tokens most = affordable(budget, rate);
  RC_ASSERT(at_most(most, rate) <= budget);
  RC_ASSERT(at_most(most + Tokens(1), rate) > budget || budget >= kCostMax);
}

Usage any_usage(Tokens prompt_max, Tokens output_max) {
  const auto upto = [](Tokens most) {
    return Tokens(*rc::gen::inRange<std::int64_t>(0, most.count() + 1));
  };
  Usage usage;
  usage.input_uncached = upto(prompt_max);
  usage.cache_read = upto(prompt_max - usage.input_uncached);
  usage.cache_write_short = upto(prompt_max - usage.input_uncached - usage.cache_read);
  usage.cache_write_long =
      upto(prompt_max - usage.input_uncached - usage.cache_read - usage.cache_write_short);
  usage.output = upto(output_max);
  usage.audio_in = upto(prompt_max);
  usage.audio_cached = upto(prompt_max);
  usage.image_in = upto(prompt_max);
  usage.video_in = upto(prompt_max);
  usage.audio_out = upto(output_max);
  usage.image_out = upto(output_max);
  usage.web_searches = *rc::gen::inRange(0, 5);
  return usage;
}

Conditions any_conditions() {
  return {.tier = static_cast<ServiceTier>(*rc::gen::inRange<int>(0, kServiceTiers)),
          .speed = *rc::gen::element(Speed::standard, Speed::fast),
          .geo = *rc::gen::element<std::string_view>("", "us", "global"),
          .region = *rc::gen::element<std::string_view>("", "eu"),
          .at = Instant::from_seconds(*rc::gen::inRange(1'790'000'000, 1'800'000'000))};
}

Amount worst_of(const WorstRates& rates, Tokens prompt, Tokens output, std::int64_t searches) {
  return at_most(prompt, rates.input) + at_most(output, rates.output) + rates.per_request +
         at_most(Tokens(searches), rates.web_search);
}

RC_GTEST_PROP(WorstRates, HoldWhateverIsAnsweredWithinTheBounds, ()) {
  static const PriceList list = everything();
  const Tokens prompt_max(*rc::gen::inRange(0, 3000));
  const Tokens output_max(*rc::gen::inRange(0, 3000));
  const Conditions answered = any_conditions();
  Conditions asked = answered;
  if (answered.geo == "us" && *rc::gen::arbitrary<bool>()) {
    asked.geo = {};  // the workspace decides
  }
  const Usage usage = any_usage(prompt_max, output_max);
  const WorstRates worst = worst_rates(list, prompt_max, asked);
  RC_ASSERT(cost(list, usage, answered) <=
            worst_of(worst, prompt_max, output_max, usage.web_searches));
}

RC_GTEST_PROP(WorstRates, GrowWithThePrompt, ()) {
  static const PriceList list = everything();
  const Conditions asked = any_conditions();
  const Tokens few(*rc::gen::inRange(0, 3000));
  const Tokens many = few + Tokens(*rc::gen::inRange(0, 3000));
  RC_ASSERT(worst_rates(list, few, asked).input <= worst_rates(list, many, asked).input);
  RC_ASSERT(worst_rates(list, few, asked).output <= worst_rates(list, many, asked).output);
}

RC_GTEST_PROP(Cost, NeverFallsWhenMoreIsUsed, ()) {
  // A long-prompt card that is dearer in every class, as all known ones are.
  static const PriceList list = list_of(R"("usd_per_mtok": {"input": "0.1234", "cache_read":
      "0.011", "output": "0.7"}, "above": [{"tokens": 1000, "usd_per_mtok": {"input": "0.5",
      "cache_read": "0.05", "output": "2.5"}}], "fees_usd": {"web_search": "0.01"})");
  const Usage less = any_usage(Tokens(2000), Tokens(2000));
  const Usage more = less + any_usage(Tokens(2000), Tokens(2000));
  RC_ASSERT(cost(list, less, {}) <= cost(list, more, {}));
}

RC_GTEST_PROP(Cost, DiffersFromTheSumOfItsPartsByTheirRoundingsOnly, ()) {
  static const PriceList list = everything();
  const Conditions conditions = any_conditions();
  const Usage usage{.input_uncached = Tokens(*rc::gen::inRange(0, 500)),
                    .output = Tokens(*rc::gen::inRange(0, 500))};
  const Amount fee = cost(list, {}, conditions);
  const Amount parts = cost(list, {.input_uncached = usage.input_uncached}, conditions) +
                       cost(list, {.output = usage.output}, conditions) - fee;
  const std::int64_t apart = (cost(list, usage, conditions) - parts).nanos();
  RC_ASSERT(apart >= -1 && apart <= 1);
}

}  // namespace
}  // namespace purser
