// limits/fit_test.cpp — the longest answer the money carries, against trying every length.
#include "limits/fit.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

namespace purser {
namespace {

// 2 dollars and 8 dollars a million tokens.
const Ask kAsk{.input_max = Tokens(1000),
               .choices = 1,
               .web_searches_max = 0,
               .rates = {.input = Rate(2'000'000),
                         .output = Rate(8'000'000),
                         .per_request = {},
                         .web_search = {},
                         .file_search = {}}};

struct Given {
  Measure measure;
  std::int64_t max;
  std::int64_t posted = 0;
  std::int64_t held = 0;
};

/// Touches and standings as a treasury would give them.
struct Scene {
  explicit Scene(const std::vector<Given>& given) {
    for (const Given& each : given) {
      const Units max(each.max);
      touches.add({.limit = &limit, .measure = each.measure, .subject = "ada", .starts = {}},
                  {.account = digest(std::to_string(touches.size())),
                   .units = {},
                   .max = max,
                   .ends = Instant::never()});
      standings.push_back({.posted = Units(each.posted), .held = Units(each.held), .max = max});
    }
  }
  std::expected<Tokens, Shortfall> fitted(const Ask& ask, std::int64_t wanted, std::int64_t least) {
    return fit(touches, standings, ask, {.wanted = Tokens(wanted), .least = Tokens(least)});
  }

  Limit limit;
  Touches touches;
  std::vector<Standing> standings;
};

constexpr std::int64_t kMicrodollar = 1000;

TEST(Fit, WithoutLimitsTheCallerGetsWhatItWants) {
  EXPECT_EQ(Scene({}).fitted(kAsk, 5000, 64), Tokens(5000));
  EXPECT_EQ(Scene({}).fitted(kAsk, 0, 64), Tokens(0));
}

TEST(Fit, LowersTheBoundToWhatTheMoneyLeftPays) {
  // 2000 for the prompt, 8 for each token of the answer.
  Scene scene({{Measure::usd, 10'000 * kMicrodollar}});
  EXPECT_EQ(scene.fitted(kAsk, 5000, 64), Tokens(1000));
  EXPECT_EQ(scene.touches.needs()[0].units, Units(10'000 * kMicrodollar));
  EXPECT_EQ(scene.fitted(kAsk, 999, 64), Tokens(999));
  EXPECT_EQ(scene.touches.needs()[0].units, Units(9992 * kMicrodollar));
}

TEST(Fit, EveryChoiceIsPaid) {
  Ask three = kAsk;
  three.choices = 3;
  EXPECT_EQ(Scene({{Measure::usd, 10'000 * kMicrodollar}}).fitted(three, 5000, 64), Tokens(333));
}

TEST(Fit, TheTightestAccountDecides) {
  EXPECT_EQ(Scene({{Measure::usd, 10'000 * kMicrodollar},
                   {Measure::tokens, 1500},
                   {Measure::tokens_out, 800, 100, 200},
                   {Measure::calls, 1}})
                .fitted(kAsk, 5000, 64),
            Tokens(500));
}

TEST(Fit, SaysWhichAccountIsShortAndWhetherForGood) {
  Scene held({{Measure::calls, 5}, {Measure::usd, 10'000 * kMicrodollar, 0, 9'000'000}});
  const auto short_for_now = held.fitted(kAsk, 5000, 64);
  ASSERT_FALSE(short_for_now);
  EXPECT_EQ(short_for_now.error().need, 1U);
  EXPECT_FALSE(short_for_now.error().final);
  EXPECT_EQ(held.touches.needs()[1].units, Units((2000 + 64 * 8) * kMicrodollar));

  Scene spent({{Measure::usd, 10'000 * kMicrodollar, 0, 9'000'000}, {Measure::calls, 5, 5}});
  const auto short_for_good = spent.fitted(kAsk, 5000, 64);
  ASSERT_FALSE(short_for_good);
  EXPECT_EQ(short_for_good.error().need, 1U);  // waiting for the first would be in vain
  EXPECT_TRUE(short_for_good.error().final);
}

TEST(Fit, AnAnswerShorterThanUsefulIsRefusedUnlessItWasWanted) {
  const std::vector<Given> given{{Measure::tokens_out, 50}};
  EXPECT_FALSE(Scene(given).fitted(kAsk, 5000, 64));
  EXPECT_EQ(Scene(given).fitted(kAsk, 10, 64), Tokens(10));
}

TEST(Fit, AFreeCallFitsUntilSomethingWasOverspent) {
  Ask free = kAsk;
  free.rates = {};
  EXPECT_EQ(Scene({{Measure::usd, 5, 5}}).fitted(free, 5000, 64), Tokens(5000));
  EXPECT_FALSE(Scene({{Measure::usd, 5, 6}}).fitted(free, 5000, 64));
}

TEST(Fit, ABoundBeyondAllReasonDoesNotOverflow) {
  Ask greedy = kAsk;
  greedy.choices = INT64_MAX;
  EXPECT_EQ(Scene({{Measure::tokens, INT64_MAX}}).fitted(greedy, INT64_MAX, 0), Tokens(0));
  EXPECT_EQ(Scene({{Measure::usd, 10'000 * kMicrodollar}}).fitted(kAsk, INT64_MAX, 0),
            Tokens(1000));
}

TEST(Units, AreMeasuredInTheAccountsOwn) {
  Usage usage;
  usage.input_uncached = Tokens(10);
  usage.cache_read = Tokens(5);
  usage.cache_write_short = Tokens(3);
  usage.cache_write_long = Tokens(2);
  usage.output = Tokens(7);
  const Amount cost = Amount::from_nanos(99);
  EXPECT_EQ(units_used(Measure::usd, cost, usage), Units(99));
  EXPECT_EQ(units_used(Measure::calls, cost, usage), Units(1));
  EXPECT_EQ(units_used(Measure::tokens, cost, usage), Units(27));
  EXPECT_EQ(units_used(Measure::tokens_in, cost, usage), Units(20));
  EXPECT_EQ(units_used(Measure::tokens_out, cost, usage), Units(7));
}

TEST(Worst, AddsPromptFeesSearchesAndEveryChoice) {
  Ask ask = kAsk;
  ask.choices = 2;
  ask.web_searches_max = 3;
  ask.rates.per_request = Amount::from_nanos(5);
  ask.rates.web_search = Rate(10'000'000'000);  // a cent each
  EXPECT_EQ(worst_cost(ask, Tokens(10)),
            Amount::from_nanos(2'000'000 + 5 + 30'000'000 + 2 * 10 * 8'000));
}

std::int64_t any_upto(std::int64_t most) {
  return *rc::gen::inRange<std::int64_t>(0, most + 1);
}

std::vector<Given> any_accounts() {
  std::vector<Given> given;
  const std::int64_t many = any_upto(5);
  while (std::ssize(given) < many) {
    const Measure measure =
        *rc::gen::elementOf(std::vector<Measure>(kMeasures.begin(), kMeasures.end()));
    const std::int64_t scale = measure == Measure::calls ? 3 : measure == Measure::usd ? 400 : 100;
    given.push_back({measure, any_upto(scale), any_upto(scale) / 3, any_upto(scale) / 4});
  }
  return given;
}

Ask any_ask() {
  return {.input_max = Tokens(any_upto(40)),
          .choices = 1 + any_upto(3),
          .web_searches_max = any_upto(2),
          .file_searches_max = any_upto(2),
          .rates = {.input = Rate(any_upto(3000)),
                    .output = Rate(any_upto(9000)),
                    .per_request = Amount::from_nanos(any_upto(9)),
                    .web_search = Rate(any_upto(9000)),
                    .file_search = Rate(any_upto(9000))}};
}

RC_GTEST_PROP(FitProperty, IsTheLongestAnswerThatCanBeHeld, ()) {
  const Ask ask = any_ask();
  const std::int64_t wanted = any_upto(60);
  const std::int64_t least = any_upto(20);
  const auto given = any_accounts();
  Scene scene(given);
  Treasury treasury;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const Need& need = scene.touches.needs()[i];
    treasury.post(need.account, Units(given[i].posted), need.max, need.ends);
    // Held by another call, under a maximum that was generous then.
    Need other = need;
    other.units = Units(given[i].held);
    other.max = Units(10'000);
    RC_ASSERT(treasury.hold({&other, 1}).has_value());
  }
  const auto holds = [&](std::int64_t output) {
    for (std::size_t i = 0; i < given.size(); ++i) {
      scene.touches.needs()[i].units = units_held(given[i].measure, ask, Tokens(output));
    }
    return treasury.hold(scene.touches.needs());
  };
  std::int64_t longest = -1;
  for (std::int64_t output = 0; output <= wanted; ++output) {
    if (const auto held = holds(output)) {
      longest = output;
      treasury.settle(*held, {});
    }
  }
  const auto fitted = scene.fitted(ask, wanted, least);
  RC_ASSERT(fitted.has_value() == (longest >= std::min(least, wanted)));
  if (fitted) {
    RC_ASSERT(fitted->count() == longest);
    RC_ASSERT(treasury.hold(scene.touches.needs()).has_value());
  } else {
    const auto refused = treasury.hold(scene.touches.needs());
    RC_ASSERT(!refused.has_value());
    RC_ASSERT(refused.error().need == fitted.error().need);
    RC_ASSERT(refused.error().final == fitted.error().final);
  }
}

}  // namespace
}  // namespace purser
