// spikes/baseline_test.cpp — what hours and days teach, and what an outlier does not.
#include "spikes/baseline.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "spikes/traffic_test.hpp"

namespace purser {
namespace {

void add(Baseline& baseline, std::int64_t second, std::int64_t calls) {
  baseline.advance(at(static_cast<double>(second)));
  baseline.add({.calls = calls});
}

/// `calls` in each hour of nine to five.
void work_day(Baseline& baseline, std::int64_t day, std::int64_t calls) {
  for (std::int64_t hour = 9; hour < 17; ++hour) {
    add(baseline, day * kDay + hour * kHour + 60, calls);
  }
}

TEST(Baseline, LearnsABusyHourADayAndTheHourOfTheDay) {
  Baseline baseline;
  for (std::int64_t day = 0; day < 14; ++day) {
    work_day(baseline, day, 20);
  }
  baseline.advance(at(14 * kDay + 10 * kHour));
  EXPECT_EQ(baseline.days(), 14U);
  EXPECT_NEAR(baseline.usual_busy_hour(Quantity::calls), 40, 1) << "sliding: two calls' worth";
  EXPECT_NEAR(baseline.usual_day(Quantity::calls), 160, 1);
  EXPECT_NEAR(baseline.usual_now(Quantity::calls), 20, 1);
  EXPECT_EQ(baseline.usual_busy_hour(Quantity::spend), 0);
  baseline.advance(at(14 * kDay + 20 * kHour));
  EXPECT_EQ(baseline.usual_now(Quantity::calls), 0);
}

TEST(Baseline, TheLastHourSlides) {
  Baseline baseline;
  add(baseline, 0, 60);
  EXPECT_DOUBLE_EQ(baseline.last_hour(Quantity::calls), 60);
  baseline.advance(at(kHour + kHour / 4));
  EXPECT_DOUBLE_EQ(baseline.last_hour(Quantity::calls), 45);
  EXPECT_DOUBLE_EQ(baseline.last_day(Quantity::calls), 60);
  baseline.advance(at(2 * kHour));
  EXPECT_DOUBLE_EQ(baseline.last_hour(Quantity::calls), 0);
  baseline.advance(at(kDay + kDay / 2));
  EXPECT_DOUBLE_EQ(baseline.last_day(Quantity::calls), 30);
  baseline.advance(at(3 * kDay));
  EXPECT_DOUBLE_EQ(baseline.last_day(Quantity::calls), 0);
  EXPECT_EQ(baseline.days(), 1U) << "days off teach nothing";
}

TEST(Baseline, AWeekdayThatIsBusierIsKnownAfterSomeWeeks) {
  Baseline baseline;
  for (std::int64_t day = 0; day < 70; ++day) {
    work_day(baseline, day, day % 7 == 6 ? 200 : 20);
  }
  baseline.advance(at(70 * kDay));
  EXPECT_LT(baseline.usual_day(Quantity::calls), 250);
  baseline.advance(at(76 * kDay));
  EXPECT_GT(baseline.usual_day(Quantity::calls), 1000);
}

RC_GTEST_PROP(Baseline, OneBadDayMovesTheUsualByAQuarterAtMost, ()) {
  const auto usual = *rc::gen::inRange(1, 1000);
  const auto bad = *rc::gen::inRange<std::int64_t>(1, 1'000'000'000);
  const auto days = *rc::gen::inRange(5, 30);
  Baseline baseline;
  for (std::int64_t day = 0; day < days; ++day) {
    work_day(baseline, day, usual);
  }
  baseline.advance(at(static_cast<double>(days * kDay)));
  const double hour = baseline.usual_busy_hour(Quantity::calls);
  const double total = baseline.usual_day(Quantity::calls);
  work_day(baseline, days, bad);
  baseline.advance(at(static_cast<double>((days + 1) * kDay)));
  RC_ASSERT(baseline.usual_busy_hour(Quantity::calls) < 1.2501 * hour);
  RC_ASSERT(baseline.usual_busy_hour(Quantity::calls) > 0.8 * hour);
  RC_ASSERT(baseline.usual_day(Quantity::calls) < 1.2501 * total);
  baseline.advance(at(static_cast<double>((days + 1) * kDay + 10 * kHour)));
  RC_ASSERT(baseline.usual_now(Quantity::calls) <= 2 * usual);
}

TEST(Baseline, ANewLevelThatStaysBecomesTheUsual) {
  Baseline baseline;
  for (std::int64_t day = 0; day < 14; ++day) {
    work_day(baseline, day, 10);
  }
  for (std::int64_t day = 14; day < 35; ++day) {
    work_day(baseline, day, 100);
  }
  baseline.advance(at(35 * kDay));
  EXPECT_GT(baseline.usual_day(Quantity::calls), 600);
}

TEST(Baseline, HasAConstantSize) {
  EXPECT_LE(sizeof(Baseline), 648U);
  EXPECT_TRUE(std::is_trivially_copyable_v<Baseline>) << "nothing of it lies elsewhere";
}

RC_GTEST_PROP(Weekly, OneBadSundayRaisesTheNextByLittleAndOtherDaysByLess, ()) {
  const auto bad = *rc::gen::inRange(3, 60);
  Weekly weekly;
  for (int day = 0; day < 28; ++day) {
    weekly.learn(3, day % 7);
  }
  for (int day = 0; day < 7; ++day) {
    weekly.learn(day == 6 ? bad : 3, day);
  }
  RC_ASSERT(weekly.usual(6) < 2.3 * std::exp(3));
  RC_ASSERT(weekly.usual(0) < 1.2501 * std::exp(3));
}

TEST(Typical, FindsTheCentreAndTheSpread) {
  Typical typical;
  Seed seed(1);
  for (int i = 0; i < 2000; ++i) {
    double normal = 0;  // of twelve uniforms
    for (int j = 0; j < 12; ++j) {
      normal += seed.unit();
    }
    typical.learn(5 + 0.25 * (normal - 6));
  }
  EXPECT_NEAR(typical.log_centre(), 5, 0.25);
  EXPECT_NEAR(typical.spread(), 0.25, 0.12);
}

}  // namespace
}  // namespace purser
