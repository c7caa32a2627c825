// money/money_test.cpp — amounts, the book, and every trap a price has laid for somebody.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "money/builtin_prices.hpp"
#include "money/price_file.hpp"
#include "money/price_list.hpp"

namespace purser {
namespace {

const PriceBook& book() {
  static const PriceBook made = [] {
    auto parsed = PriceBook::parse(builtin_prices());
    EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
    return std::move(*parsed);
  }();
  return made;
}

const Instant kToday = *parse_rfc3339("2026-11-23T12:00:00Z");

struct Case {
  const char* provider = "openai";
  const char* model = "gpt-4o";
  Usage usage;
  Conditions conditions{.tier = ServiceTier::standard,
                        .speed = Speed::standard,
                        .geo = {},
                        .region = {},
                        .at = kToday};
};

std::int64_t nanos(const Case& priced) {
  const PriceList* list = book().find(priced.provider, priced.model);
  EXPECT_NE(list, nullptr) << priced.model;
  return list == nullptr ? -1 : cost(*list, priced.usage, priced.conditions).nanos();
}

Usage usage(std::int64_t input, std::int64_t output, std::int64_t read = 0,
            std::int64_t write_short = 0, std::int64_t write_long = 0) {
  Usage made;
  made.input_uncached = Tokens(input);
  made.output = Tokens(output);
  made.cache_read = Tokens(read);
  made.cache_write_short = Tokens(write_short);
  made.cache_write_long = Tokens(write_long);
  return made;
}

TEST(Amount, IsWrittenAndReadExactly) {
  EXPECT_EQ(to_exact_dollars(Amount::from_nanos(1)), "0.000000001");
  EXPECT_EQ(to_exact_dollars(Amount::from_nanos(-1'500'000'000)), "-1.500000000");
  EXPECT_EQ(to_dollars(Amount::from_dollars(2)), "$2.00");
  EXPECT_EQ(to_dollars(Amount::from_nanos(12'300'000)), "$0.0123");
  EXPECT_EQ(parse_dollars("$1.5")->nanos(), 1'500'000'000);
  EXPECT_EQ(parse_dollars("0.000000001")->nanos(), 1);
  for (const char* text :
       {"", ".", "1.", ".5", "1e3", "1,5", "0.0000000001", "abc", "9000000000", "--1", "1 ", "$"}) {
    EXPECT_FALSE(parse_dollars(text)) << text;
  }
}

RC_GTEST_PROP(Amount, ComesBackFromItsText, (std::int64_t nanos)) {
  const Amount amount = Amount::from_nanos(nanos % 9'000'000'000'000'000'000 / 2);
  RC_ASSERT(*parse_dollars(to_exact_dollars(amount)) == amount);
}

TEST(Prices, FollowTheLists) {
  EXPECT_EQ(nanos({.usage = usage(1000, 100)}), 1000 * 2500 + 100 * 10'000);
  EXPECT_EQ(nanos({.provider = "anthropic",
                   .model = "claude-opus-5-5",
                   .usage = usage(1000, 100, 10'000, 2000, 500)}),
            1000 * 4000 + 100 * 20'000 + 10'000 * 200 + 2000 * 5000 + 500 * 8000);
}

TEST(Prices, ASnapshotFindsItsModelAndANewModelFindsNothing) {
  EXPECT_EQ(book().find("openai", "gpt-4o-mini-2024-07-18"), book().find("openai", "gpt-4o-mini"));
  EXPECT_NE(book().find("anthropic", "claude-sonnet-4-5-20250929"), nullptr);
  EXPECT_NE(book().find("anthropic", "claude-haiku-4-5@20251001"), nullptr);
  for (const char* model : {"gpt-6.3", "gpt-6.2-solar", "gpt-4o-mini-next", "gpt", "", "claude"}) {
    EXPECT_EQ(book().find("openai", model), nullptr) << model;
  }
  EXPECT_EQ(book().find("nobody", "gpt-4o"), nullptr);
}

TEST(Prices, TheLongPromptCardHoldsForEveryTokenAndOnlyAboveTheLine) {
  const auto haiku = [](std::int64_t prompt) {
    return nanos(
        {.provider = "anthropic", .model = "claude-haiku-5-5", .usage = usage(prompt, 1000)});
  };
  EXPECT_EQ(haiku(100'000), 100'000 * 100 + 1000 * 500);
  EXPECT_EQ(haiku(100'001), 100'001 * 500 + 1000 * 2500);
  // Cached tokens count towards the size of the prompt.
  EXPECT_EQ(
      nanos({.provider = "anthropic", .model = "claude-haiku-5-5", .usage = usage(1, 0, 100'000)}),
      500 + 100'000 * 50);
  const auto sol = [](std::int64_t prompt) {
    return nanos({.model = "gpt-6.2-sol", .usage = usage(prompt, 10)});
  };
  EXPECT_EQ(sol(272'000), 272'000 * 2000 + 10 * 10'000);
  EXPECT_EQ(sol(272'001), std::int64_t{272'001} * 4000 + 10 * 15'000);
}

TEST(Prices, ChangeOnTheirDays) {
  const auto on = [](const char* provider, const char* model, const char* day) {
    Case priced{.provider = provider, .model = model, .usage = usage(1000, 0, 1000)};
    priced.conditions.at = *parse_rfc3339(day);
    return nanos(priced);
  };
  EXPECT_EQ(on("anthropic", "claude-sonnet-5-5", "2026-10-06T23:59:59Z"), 2'000'000 + 200'000);
  EXPECT_EQ(on("anthropic", "claude-sonnet-5-5", "2026-10-07"), 2'000'000 + 100'000);
  EXPECT_EQ(on("google", "gemini-4-argon", "2026-11-30T23:59:59Z"), 2'000'000 + 100'000);
  EXPECT_EQ(on("google", "gemini-4-argon", "2026-12-01"), 4'000'000 + 200'000);
  EXPECT_EQ(on("openai", "gpt-5.6-sol", "2026-08-20"), 5'000'000 + 500'000);
  EXPECT_EQ(on("openai", "gpt-5.6-sol", "2026-08-21"), 4'000'000 + 400'000);
}

TEST(Prices, TiersSpeedsAndRegionsMultiplyExactly) {
  Case priced{.usage = usage(1001, 0)};
  priced.conditions.tier = ServiceTier::batch;
  EXPECT_EQ(nanos(priced), 1001 * 1250);
  priced = {.provider = "anthropic", .model = "claude-opus-5-5", .usage = usage(3, 1)};
  priced.conditions.geo = "us";
  EXPECT_EQ(nanos(priced), (3 * 4000 + 20'000) * 11 / 10);
  priced.usage.web_searches = 2;  // $0.01 each, multiplied by nothing
  EXPECT_EQ(nanos(priced), (3 * 4000 + 20'000) * 11 / 10 + 20'000'000);
  priced.usage.web_searches = 0;
  priced.conditions = {.speed = Speed::fast, .geo = {}, .region = {}, .at = kToday};
  EXPECT_EQ(nanos(priced), 3 * 8000 + 40'000);
}

TEST(Prices, PeakHoursAreUtcWeekdaysWithoutHolidays) {
  const auto at = [](const char* time) {
    Case priced{.provider = "deepseek", .model = "deepseek-flash", .usage = usage(1000, 0)};
    priced.conditions.at = *parse_rfc3339(time);
    return nanos(priced);
  };
  EXPECT_EQ(at("2026-11-23T00:59:59Z"), 150'000);  // a Monday
  EXPECT_EQ(at("2026-11-23T01:00:00Z"), 300'000);
  EXPECT_EQ(at("2026-11-23T03:59:59Z"), 300'000);
  EXPECT_EQ(at("2026-11-23T04:00:00Z"), 150'000);
  EXPECT_EQ(at("2026-11-22T02:00:00Z"), 150'000);  // a Sunday
  EXPECT_EQ(at("2026-10-01T02:00:00Z"), 150'000);  // a holiday
}

TEST(Prices, RoundHalfUpOnceForTheWholeCall) {
  // 0.1 dollars a million, cached at 0.01: three cached tokens are 30 picodollars × 1000.
  EXPECT_EQ(nanos({.provider = "anthropic", .model = "claude-haiku-5-5", .usage = usage(0, 0, 3)}),
            30);
  Case half{.provider = "anthropic", .model = "claude-haiku-5-5", .usage = usage(0, 0, 1)};
  half.conditions.tier = ServiceTier::batch;  // 5 nanodollars exactly
  EXPECT_EQ(nanos(half), 5);
  half.conditions.geo = "us";  // 5.5
  EXPECT_EQ(nanos(half), 6);
}

TEST(Prices, TheBuiltInBookIsLargeAndSaysItsSources) {
  std::size_t models = 0;
  std::set<std::string> providers;
  for (const PriceList* list : book().lists()) {
    ++models;
    providers.insert(list->provider);
    for (const PriceVersion& version : list->versions) {
      EXPECT_FALSE(version.source.empty());
      EXPECT_TRUE(parse_rfc3339(version.checked)) << list->models.front();
    }
  }
  EXPECT_GE(models, 150U);
  EXPECT_GE(providers.size(), 8U);
}

Usage any_usage_below(std::int64_t prompt_max, std::int64_t output_max) {
  Usage made;
  const auto part = [&](std::int64_t& left) {
    const auto taken = *rc::gen::inRange<std::int64_t>(0, left + 1);
    left -= taken;
    return Tokens(taken);
  };
  std::int64_t prompt = prompt_max;
  made.input_uncached = part(prompt);
  made.cache_read = part(prompt);
  made.cache_write_short = part(prompt);
  made.cache_write_long = part(prompt);
  std::int64_t inside = made.input_uncached.count();
  made.audio_in = part(inside);
  made.image_in = part(inside);
  std::int64_t output = output_max;
  made.output = part(output);
  made.reasoning = made.output;
  return made;
}

RC_GTEST_PROP(Holds, AreNeverBelowWhatACallCanCost, ()) {
  const auto lists = book().lists();
  const PriceList& list = *lists[*rc::gen::inRange<std::size_t>(0, lists.size())];
  const auto prompt_max = *rc::gen::inRange<std::int64_t>(0, 600'000);
  const auto output_max = *rc::gen::inRange<std::int64_t>(0, 200'000);
  Conditions asked{.tier = static_cast<ServiceTier>(*rc::gen::inRange(0, 6)),
                   .speed = *rc::gen::arbitrary<bool>() ? Speed::fast : Speed::standard,
                   .geo = *rc::gen::arbitrary<bool>() ? "us" : "",
                   .region = {},
                   .at = kToday + std::chrono::hours(*rc::gen::inRange(-5000, 5000))};
  const WorstRates worst = worst_rates(list, Tokens(prompt_max), asked);
  const Amount held = at_most(Tokens(prompt_max), worst.input) +
                      at_most(Tokens(output_max), worst.output) + worst.per_request;
  if (asked.geo.empty()) {
    asked.geo = *rc::gen::arbitrary<bool>() ? "us" : "global";  // as the workspace says
  }
  RC_ASSERT(cost(list, any_usage_below(prompt_max, output_max), asked) <= held);
}

RC_GTEST_PROP(Holds, WhatIsAffordableCostsNoMoreThanTheBudget, ()) {
  const Amount budget = Amount::from_nanos(*rc::gen::inRange<std::int64_t>(0, 10'000'000'000));
  const Rate rate(*rc::gen::inRange<std::int64_t>(1, 200'000'000));
  const Tokens tokens = affordable(budget, rate);
  RC_ASSERT(at_most(tokens, rate) <= budget);
  RC_ASSERT(at_most(tokens + Tokens(1), rate) > budget);
}

TEST(PriceFile, RefusesEveryMistakeWhereItStands) {
  const auto row = [](const std::string& inside) {
    return R"({"provider":"p","rows":[{)" + inside + "}]}";
  };
  const std::string good = R"("models":["m"],"checked":"2026-01-01","source":"s",)"
                           R"("usd_per_mtok":{"input":"1","output":"2"})";
  ASSERT_TRUE(read_price_file(row(good)));
  for (const std::string& text :
       {std::string("{"), std::string("[]"), std::string(R"({"provider":"p"})"), row(""),
        row(R"("models":[])"), row(good + R"(,"surprise":1)"), row(good + R"(,"from":"yesterday")"),
        row(good + R"(,"output_max":-1)"), row(good + R"(,"tiers":{"gold":{"times":"2"}})"),
        row(good + R"(,"us_times":"0")"), row(good + R"(,"above":[{"tokens":5}])"),
        row(R"("models":["m"],"checked":"2026-01-01","source":"s","usd_per_mtok":{"input":1})"),
        row(R"("models":["m"],"checked":"2026-01-01","source":"s","usd_per_mtok":{"output":"1"})"),
        row(R"("models":["m"],"source":"s","usd_per_mtok":{"input":"1"})"),
        row(R"("models":["m"],"checked":"x","source":"s","usd_per_mtok":{"input":"99999"})")}) {
    EXPECT_FALSE(read_price_file(text)) << text;
  }
}

TEST(PriceFile, APricePerTokenTypedAsOnePerMillionIsQuestioned) {
  EXPECT_FALSE(parse_rate_per_million("2500000"));
  EXPECT_FALSE(parse_rate_per_million("2.5e-06"));
  EXPECT_EQ(*parse_rate_per_million("0.003"), Rate(3000));
}

TEST(PriceBook, RefusesAModelPricedTwice) {
  const std::string twice =
      R"({"provider":"p","rows":[
        {"models":["a","b"],"checked":"2026-01-01","source":"s","usd_per_mtok":{"input":"1"}},
        {"models":["b"],"checked":"2026-01-01","source":"s","usd_per_mtok":{"input":"2"}}]})";
  const auto parsed = PriceBook::parse({{"x.json", twice}});
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().message.find("priced twice"), std::string::npos);
}

}  // namespace
}  // namespace purser
