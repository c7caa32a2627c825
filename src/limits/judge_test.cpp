// limits/judge_test.cpp — what is done on the way to a maximum, in order.
#include "limits/judge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "limits/call_rule.hpp"
#include "limits/limit_set.hpp"

namespace purser {
namespace {

using testing::ElementsAre;
using Words = std::vector<std::string>;

const Instant kNow = parse_rfc3339("2026-11-23T18:30:00Z").value();

Share percent(std::int64_t of) {
  return Share(of * 10'000);
}

/// The example of the documentation: 80 % alert, 90 % downgrade, 95 % only essential, 100 % deny.
Limit budget() {
  Limit limit;
  limit.name = "budget";
  limit.max.usd = Amount::from_dollars(100);
  limit.at = {{.share = percent(80), .action = Threshold::Action::alert},
              {.share = percent(90), .action = Threshold::Action::downgrade, .models = {"small"}},
              {.share = percent(95), .action = Threshold::Action::essential_only}};
  return limit;
}

/// A call that asks for one unit, with the account's `posted` used up.
Judgement judged(const LimitSet& set, std::int64_t posted, Priority priority = Priority::normal,
                 Control control = Control::enforce) {
  const Caller caller;
  Touches touches;
  set.touch({.caller = caller}, kNow, control, touches);
  std::array<Standing, kNeedsMax> standings;
  for (std::size_t i = 0; i < touches.size(); ++i) {
    touches.needs()[i].units = Units(1);
    standings[i] = {.posted = Units(posted), .held = {}, .max = touches.needs()[i].max};
  }
  return judge(touches, standings, priority);
}

LimitSet set_of(const Limit& limit) {
  return LimitSet::compile({limit}, "UTC").value();
}

constexpr std::int64_t kDollar = 1'000'000'000;

TEST(Judge, DoesWhatTheThresholdsSayInOrder) {
  const LimitSet set = set_of(budget());
  EXPECT_FALSE(judged(set, 89 * kDollar).downgrade);
  EXPECT_EQ(judged(set, 90 * kDollar).downgrade->threshold->models, Words{"small"});
  EXPECT_FALSE(judged(set, 94 * kDollar).deny);
  EXPECT_TRUE(judged(set, 95 * kDollar).deny);
  EXPECT_FALSE(judged(set, 95 * kDollar, Priority::essential).deny);
  EXPECT_TRUE(judged(set, 95 * kDollar, Priority::background).deny);
}

TEST(Judge, AnObservedLimitOnlySaysWhatItWouldDo) {
  Limit limit = budget();
  limit.observe = true;
  for (const LimitSet& set : {set_of(limit)}) {
    const Judgement late = judged(set, 96 * kDollar);
    EXPECT_FALSE(late.deny);
    EXPECT_FALSE(late.downgrade);
    EXPECT_THAT(late.would, ElementsAre("deny budget", "downgrade budget"));
    EXPECT_THAT(judged(set, 100 * kDollar).would,
                ElementsAre("deny budget", "deny budget", "downgrade budget"));
  }
  const Judgement exempt =
      judged(set_of(budget()), 96 * kDollar, Priority::normal, Control::observe);
  EXPECT_FALSE(exempt.deny);
  EXPECT_THAT(exempt.would, ElementsAre("deny budget", "downgrade budget"));
}

TEST(Judge, TheLastAllowedTurnLands) {
  Limit limit;
  limit.name = "turns";
  limit.per = Per::session;
  limit.window = Window::lifetime;
  limit.max.turns = 20;
  limit.at = {{.share = kWhole, .action = Threshold::Action::land}};
  const LimitSet set = set_of(limit);
  EXPECT_FALSE(judged(set, 18).land);
  EXPECT_TRUE(judged(set, 19).land);
}

TEST(Judge, TheHighestAlertPassedIsTheOneThatIsTold) {
  Limit limit = budget();
  limit.at = {{.share = percent(50)}, {.share = percent(80)}};
  EXPECT_EQ(alert_of(limit, percent(49)), nullptr);
  EXPECT_EQ(alert_of(limit, percent(60))->share, percent(50));
  EXPECT_EQ(alert_of(limit, percent(100))->share, percent(80));
}

TEST(CallRules, OfSeveralBoundsTheTightestCounts) {
  const Caller caller;
  const std::vector<CallRule> rules{
      {.match = {}, .output_max = Tokens(4000), .effort_max = "high"},
      {.match = {}, .output_max = Tokens(1000), .models = {"a", "b"}, .effort_max = "low"}};
  const CallBounds bounds = bounds_of(rules, {.caller = caller, .model = "c"});
  EXPECT_EQ(bounds.output_max, Tokens(1000));
  EXPECT_EQ(bounds.effort_max, "low");
  EXPECT_EQ(bounds.refuses_model, &rules[1]);
  EXPECT_EQ(bounds_of(rules, {.caller = caller, .model = "b"}).refuses_model, nullptr);
}

}  // namespace
}  // namespace purser
