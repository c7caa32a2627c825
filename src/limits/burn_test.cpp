// limits/burn_test.cpp — rates by scenes whose answer is known, and by properties.
#include "limits/burn.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "base/seed.hpp"

namespace purser {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant kDay = Instant::from_seconds(1'795'564'800);  // midnight UTC
const Units kMax{24'000'000'000};                           // a dollar an hour

Budget day_with(std::int64_t used) {
  return {.used = Units(used), .max = kMax, .window = {kDay, kDay + hours(24)}};
}

/// `each` every second for `length`, from `begins`.
void spend(BurnMeter& meter, Instant begins, seconds length, std::int64_t each) {
  for (seconds at{0}; at < length; at += seconds(1)) {
    meter.add(Units(each), Priority::normal, begins + at);
  }
}

double burn_of(const BurnMeter& meter, const Budget& budget, Instant now) {
  return static_cast<double>(meter.burn(budget, now).count()) / 1e6;
}

TEST(BurnMeter, ASteadyRateIsWhatItIs) {
  const std::int64_t sustainable = kMax.count() / 86'400;  // a second
  for (const seconds length : {seconds(minutes(30)), seconds(hours(3)), seconds(hours(11))}) {
    BurnMeter meter;
    spend(meter, kDay, length, 2 * sustainable);
    const std::int64_t used = 2 * sustainable * length.count();
    if (used < kMax.count()) {
      const double left = 1 - static_cast<double>(used) / static_cast<double>(kMax.count());
      const double time_left = 1 - static_cast<double>(length.count()) / 86'400;
      const double expected = 2 * time_left / left;
      EXPECT_NEAR(burn_of(meter, day_with(used), kDay + length), expected, expected / 100);
    }
  }
}

TEST(BurnMeter, ALoudMomentAndALoudHourThatIsOverAreNoDanger) {
  BurnMeter moment;
  spend(moment, kDay, hours(6), 1'000'000);
  spend(moment, kDay + hours(6), seconds(20), 20'000'000);
  EXPECT_LT(burn_of(moment, day_with(0), kDay + hours(6) + seconds(20)), 8)
      << "72 times for 20 seconds";
  BurnMeter over;
  spend(over, kDay, hours(1), 3'000'000);
  EXPECT_GT(burn_of(over, day_with(10'800'000'000), kDay + hours(1)), 10);
  EXPECT_LT(burn_of(over, day_with(10'800'000'000), kDay + hours(1) + minutes(20)), 1)
      << "the last five minutes were quiet";
}

TEST(BurnMeter, WhatEssentialCallsWillWantIsLeftToThem) {
  const std::int64_t sustainable = kMax.count() / 86'400;
  const auto burn_with = [&](std::int64_t essential, std::int64_t others) {
    BurnMeter meter;
    for (seconds at{0}; at < hours(1); at += seconds(1)) {
      meter.add(Units(essential * sustainable / 10), Priority::essential, kDay + at);
      meter.add(Units(others * sustainable / 10), Priority::normal, kDay + at);
    }
    return burn_of(meter, {.used = Units(0), .max = kMax, .window = {kDay, kDay + hours(25)}},
                   kDay + hours(1));
  };
  EXPECT_NEAR(burn_with(0, 20), 2, 0.02);
  EXPECT_NEAR(burn_with(5, 5), 1, 0.02) << "both together last exactly";
  EXPECT_NEAR(burn_with(5, 10), 2, 0.02) << "they may use half, and use all";
  EXPECT_NEAR(burn_with(9, 0), 0, 0.02) << "nobody else is to blame";
  EXPECT_EQ(burn_with(11, 1), 1000);
}

TEST(BurnMeter, AColdOneBurnsNothingAndABudgetWithoutEndHasNoRate) {
  EXPECT_EQ(BurnMeter().burn(day_with(1), kDay), Share(0));
  BurnMeter meter;
  spend(meter, kDay, hours(1), 1'000'000'000);
  Budget budget = day_with(0);
  budget.window.ends = Instant::never();
  EXPECT_EQ(meter.burn(budget, kDay + hours(1)), Share(0));
  EXPECT_EQ(meter.burn(day_with(kMax.count()), kDay + hours(1)), BurnMeter::kBurnMax);
}

TEST(BurnMeter, NothingWrapsAtTheEdges) {
  BurnMeter meter;
  meter.add(Units(INT64_MAX), Priority::essential, kDay);
  meter.add(Units(INT64_MAX), Priority::essential, kDay);
  meter.add(Units(INT64_MAX), Priority::essential, kDay - hours(1));
  const Budget tight{
      .used = Units(0), .max = Units(1), .window = {kDay, Instant::from_nanos(INT64_MAX - 1)}};
  EXPECT_EQ(meter.burn(tight, kDay), BurnMeter::kBurnMax);
  const Budget wide{.used = Units(0), .max = Units(INT64_MAX), .window = {kDay, kDay + seconds(1)}};
  EXPECT_EQ(meter.burn(wide, kDay), Share(0)) << "all of it is essential, and fits";
  EXPECT_EQ(meter.burn(day_with(0), Instant::from_nanos(INT64_MAX)), Share(0));
}

TEST(UsedShare, IsRoundedDownAndEndsAtTheWhole) {
  EXPECT_EQ(used_share({.used = Units(1), .max = Units(3), .window = {}}), Share(333'333));
  EXPECT_EQ(used_share({.used = Units(9), .max = Units(3), .window = {}}), kWhole);
  EXPECT_EQ(used_share({.used = Units(0), .max = Units(0), .window = {}}), kWhole);
  EXPECT_EQ(used_share({.used = Units(INT64_MAX - 1), .max = Units(INT64_MAX), .window = {}}),
            Share(999'999));
}

RC_GTEST_PROP(BurnMeter, WhoSpendsMoreBurnsFaster, (std::uint64_t chance)) {
  Seed seed(chance);
  BurnMeter less;
  BurnMeter more;
  Instant at = kDay;
  for (int i = 0; i < 200; ++i) {
    at = at + seconds(static_cast<std::int64_t>(seed.below(300)));
    const Priority priority = seed.below(2) == 0 ? Priority::normal : Priority::background;
    const auto amount = static_cast<std::int64_t>(seed.below(50'000'000));
    less.add(Units(amount), priority, at);
    more.add(Units(amount + static_cast<std::int64_t>(seed.below(5'000'000))), priority, at);
    const Budget budget = day_with(static_cast<std::int64_t>(seed.below(23'000'000'000)));
    RC_ASSERT(less.burn(budget, at) <= more.burn(budget, at));
  }
}

RC_GTEST_PROP(BurnMeter, ForgetsAsAnExponentialDoes, (std::uint64_t chance)) {
  Seed seed(chance);
  BurnMeter meter;
  meter.add(Units(1'000'000'000), Priority::normal, kDay);
  const auto later = static_cast<std::int64_t>(seed.below(3600));
  const Instant now = kDay + seconds(later);
  const double t = std::max(static_cast<double>(later), 25.0);
  const double short_rate =
      std::exp(-static_cast<double>(later) / 300) / 300 / (1 - std::exp(-t / 300));
  const double sustainable = 24.0 / static_cast<double>(86'400 - later);
  const double expected = short_rate / sustainable;
  const double found = burn_of(meter, day_with(0), now);
  RC_ASSERT(found <= expected * 1.001 + 1e-5);  // the long windows may say less
}

TEST(BurnMeters, KnowManyAccountsAndForgetTheQuietestFirst) {
  BurnMeters meters(64);
  Seed seed(1);
  const AccountKey first{.high = seed.next(), .low = seed.next()};
  for (int i = 0; i < 1'000; ++i) {
    const Instant now = kDay + seconds(i);
    meters.add(first, Units(1'000'000), Priority::normal, now);
    meters.add({.high = seed.next(), .low = seed.next()}, Units(1), Priority::normal,
               now - seconds(1));
  }
  const Instant now = kDay + seconds(1'000);
  EXPECT_GT(meters.find(first).burn(day_with(0), now), kWhole) << "it was never quiet";
  EXPECT_EQ(meters.find({.high = 1, .low = 2}).burn(day_with(0), now), Share(0));
}

}  // namespace
}  // namespace purser
