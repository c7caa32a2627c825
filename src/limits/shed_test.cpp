// limits/shed_test.cpp — chances by properties, and whole days of three priorities on one budget.
#include "limits/shed.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>

#include "base/seed.hpp"

namespace purser {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::array kPriorities{Priority::background, Priority::normal, Priority::essential};
const ShedRule kRule;

Share any_used(Seed& seed) {
  return Share(static_cast<std::int64_t>(seed.below(1'000'001)));
}
Share any_burn(Seed& seed) {
  return Share(static_cast<std::int64_t>(seed.below(5'000'000)));
}

TEST(ShedChance, IsARampFromItsShareToTheNextOnesStart) {
  struct Row {
    Priority priority;
    int used_percent;
    int burn_percent;
    int chance_percent;
  };
  for (const auto& [priority, used, burn, chance] : {
           Row{Priority::background, 69, 900, 0},
           Row{Priority::background, 70, 900, 0},
           Row{Priority::background, 80, 150, 50},
           Row{Priority::background, 90, 150, 100},
           Row{Priority::background, 75, 300, 100},
           Row{Priority::background, 99, 100, 0},
           Row{Priority::normal, 90, 900, 0},
           Row{Priority::normal, 95, 125, 25},
           Row{Priority::normal, 95, 150, 50},
           Row{Priority::normal, 100, 150, 100},
           Row{Priority::essential, 100, 900, 0},
       }) {
    EXPECT_EQ(shed_chance(kRule, priority, Share(used * 10'000), Share(burn * 10'000)),
              Share(chance * 10'000))
        << to_string(priority) << ' ' << used << " % used, " << burn << " %";
  }
}

TEST(ShedRule, ACliffIsNoRule) {
  EXPECT_TRUE(check(kRule));
  EXPECT_FALSE(check({.background = Share(900'000), .normal = Share(900'000)}));
  EXPECT_FALSE(check({.background = Share(900'000), .normal = Share(800'000)}));
  EXPECT_FALSE(check({.background = Share(700'000), .normal = kWhole}));
  EXPECT_FALSE(check({.background = Share(-1), .normal = Share(900'000)}));
}

RC_GTEST_PROP(ShedChance, GrowsWithWhatIsUsedAndHowFast, (std::uint64_t chance)) {
  Seed seed(chance);
  const Share used = any_used(seed);
  const Share burn = any_burn(seed);
  for (const Priority priority : kPriorities) {
    const Share here = shed_chance(kRule, priority, used, burn);
    RC_ASSERT(here >= Share(0) && here <= kWhole);
    RC_ASSERT(shed_chance(kRule, priority, std::max(used, any_used(seed)), burn) >= here);
    RC_ASSERT(shed_chance(kRule, priority, used, std::max(burn, any_burn(seed))) >= here);
  }
  RC_ASSERT(shed_chance(kRule, Priority::background, used, burn) >=
            shed_chance(kRule, Priority::normal, used, burn));
  RC_ASSERT(shed_chance(kRule, Priority::essential, used, burn) == Share(0));
}

RC_GTEST_PROP(ShedChance, NeverJumps, (std::uint64_t chance)) {
  Seed seed(chance);
  const Share used = any_used(seed);
  const Share burn = any_burn(seed);
  const Share step(1'000);  // a tenth of a percent
  for (const Priority priority : {Priority::background, Priority::normal}) {
    const Share here = shed_chance(kRule, priority, used, burn);
    // Four times a ramp of 10 % of the budget, and two for the rate: no step adds more.
    RC_ASSERT((shed_chance(kRule, priority, used + step, burn) - here).count() <= 40 * 1'000 + 8);
    RC_ASSERT((shed_chance(kRule, priority, used, burn + step) - here).count() <= 2 * 1'000 + 2);
  }
}

RC_GTEST_PROP(ShedChance, IsNothingWhileTheBudgetWillLast, (std::uint64_t chance)) {
  Seed seed(chance);
  const Share burn(static_cast<std::int64_t>(seed.below(1'000'001)));
  for (const Priority priority : kPriorities) {
    RC_ASSERT(shed_chance(kRule, priority, any_used(seed), burn) == Share(0));
  }
}

TEST(Decide, TheSameDrawIsTheSameVerdictAndDrawsAreShedAsOftenAsTheChanceSays) {
  const Instant now = Instant::from_seconds(1'795'564'800);
  const Budget budget{
      .used = Units(80), .max = Units(100), .window = {now - hours(12), now + hours(12)}};
  BurnMeter meter;
  for (std::int64_t i = 0; i < 7'200; ++i) {
    meter.add(Units(i % 1'000 == 0 ? 1 : 0), Priority::normal, now - seconds(7'200 - i));
  }
  int shed = 0;
  Share chance;
  for (int call = 0; call < 10'000; ++call) {
    const std::uint64_t draw = shed_draw("call_" + std::to_string(call));
    const Shed once = decide(kRule, budget, meter, Priority::background, now, draw);
    const Shed again = decide(kRule, budget, meter, Priority::background, now, draw);
    EXPECT_EQ(once.verdict, again.verdict);
    chance = once.chance;
    shed += once.verdict == Shed::Verdict::shed ? 1 : 0;
  }
  ASSERT_GT(chance, Share(100'000));
  EXPECT_NEAR(shed, static_cast<double>(chance.count()) / 100, 200);
}

TEST(Decide, SaysWhy) {
  const Shed shed{.verdict = Shed::Verdict::shed,
                  .chance = Share(1),
                  .used = Share(825'000),
                  .burn = Share(3'249'999)};
  EXPECT_EQ(to_text(shed, Priority::background),
            "82 % is used, and at 3.2 times the rate that would last; background calls are shed "
            "first");
}

/// What a day asks for, in budgets.
struct Demand {
  double background;
  double normal;
  double essential;
  double rush = 1;  // how much more of it comes in the busy hours, 9 to 12
};

struct Day {
  std::int64_t spent = 0;
  std::array<std::int64_t, 3> wanted{};  // by priority
  std::array<std::int64_t, 3> shed{};
  std::array<std::int64_t, 3> starved{};  // refused because the money was gone
};

/// A day in steps of ten seconds, on a budget of ten dollars; every call costs about a tenth of a
/// cent.
Day play(const Demand& demand, std::uint64_t chance) {
  constexpr std::int64_t kMax = 10'000'000'000;
  constexpr std::int64_t kCall = 1'000'000;
  const Instant midnight = Instant::from_seconds(1'795'564'800);
  Seed seed(chance);
  Day day;
  BurnMeters meters(8);
  const AccountKey account{.high = 1, .low = 2};
  const std::array wants{demand.background, demand.normal, demand.essential};
  for (std::int64_t at = 0; at < 86'400; at += 10) {
    const Instant now = midnight + seconds(at);
    const bool busy = at >= 9 * 3'600 && at < 12 * 3'600;
    for (std::size_t i = 0; i < wants.size(); ++i) {
      const double calls = wants[i] * (busy ? demand.rush : 1) * kMax / kCall / 8'640;
      const auto whole = static_cast<int>(calls) + (seed.unit() < std::fmod(calls, 1) ? 1 : 0);
      for (int call = 0; call < whole; ++call) {
        const auto cost = static_cast<std::int64_t>(seed.below(2 * kCall));
        const Budget budget{.used = Units(day.spent),
                            .max = Units(kMax),
                            .window = {midnight, midnight + hours(24)}};
        ++day.wanted[i];
        const Shed shed =
            decide(kRule, budget, meters.find(account), kPriorities[i], now, seed.next());
        if (shed.verdict == Shed::Verdict::shed) {
          ++day.shed[i];
        } else if (day.spent + cost > kMax) {
          ++day.starved[i];
        } else {
          day.spent += cost;
          meters.add(account, Units(cost), kPriorities[i], now);
        }
      }
    }
  }
  EXPECT_LE(day.spent, kMax);
  return day;
}

TEST(ShedDay, EssentialCallsAreNeverStarvedAndTheBudgetIsUsed) {
  for (std::uint64_t chance = 1; chance <= 20; ++chance) {
    for (const Demand& demand :
         {Demand{.background = 2, .normal = 0.4, .essential = 0.1},
          Demand{.background = 0.8, .normal = 0.6, .essential = 0.1},
          Demand{.background = 5, .normal = 0.3, .essential = 0.08},
          Demand{.background = 1, .normal = 0.5, .essential = 0.1, .rush = 3}}) {
      const Day day = play(demand, chance);
      EXPECT_EQ(day.shed[2], 0);
      EXPECT_EQ(day.starved[2], 0) << "of " << day.wanted[2] << ", background " << demand.background
                                   << ", seed " << chance << ", spent " << day.spent;
      EXPECT_GE(day.spent, 9'300'000'000) << "background " << demand.background;
      EXPECT_GT(day.shed[0] * day.wanted[1], day.shed[1] * day.wanted[0]) << "background first";
    }
  }
}

TEST(ShedDay, NothingIsShedOnADayThatFitsItsBudget) {
  for (std::uint64_t chance = 1; chance <= 20; ++chance) {
    const Day day = play({.background = 0.3, .normal = 0.3, .essential = 0.3}, chance);
    EXPECT_EQ(day.starved, (std::array<std::int64_t, 3>{}));
    // A few minutes louder than the day: a handful at most.
    EXPECT_LE(day.shed[0] + day.shed[1], 30) << chance;
  }
}

}  // namespace
}  // namespace purser
