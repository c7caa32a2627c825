// limits/pace_test.cpp — buckets against counting what was taken, second by second.
#include "limits/pace.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>

namespace purser {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Instant kNow = Instant::from_seconds(1'760'000'000);

Draw draw_of(std::int64_t units, std::int64_t rate, std::int64_t span_s, std::int64_t burst) {
  return {.bucket = {.high = 1, .low = 2},
          .units = Units(units),
          .rate = Units(rate),
          .span = seconds(span_s),
          .burst = Units(burst)};
}

/// Takes when the bucket gives.
bool take(Paces& paces, const Draw& draw, Instant now) {
  const bool gives = paces.look({&draw, 1}, now).has_value();
  if (gives) {
    paces.take({&draw, 1}, now);
  }
  return gives;
}

TEST(Paces, ABucketGivesItsBurstAtOnceAndThenItsRate) {
  Paces paces;
  const Draw one = draw_of(1, 60, 60, 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(take(paces, one, kNow));
  }
  const auto fast = paces.look({&one, 1}, kNow);
  ASSERT_FALSE(fast);
  EXPECT_EQ(fast.error().wait, seconds(1));
  EXPECT_TRUE(fast.error().ever);
  EXPECT_FALSE(take(paces, one, kNow + milliseconds(999)));
  EXPECT_TRUE(take(paces, one, kNow + seconds(1)));
  EXPECT_FALSE(take(paces, one, kNow + seconds(1)));
}

TEST(Paces, MoreThanABucketHoldsIsNeverGiven) {
  Paces paces;
  const Draw much = draw_of(4, 60, 60, 3);
  const auto fast = paces.look({&much, 1}, kNow);
  ASSERT_FALSE(fast);
  EXPECT_FALSE(fast.error().ever);
}

TEST(Paces, WhatIsGivenBackCanBeTakenAgain) {
  Paces paces;
  EXPECT_TRUE(take(paces, draw_of(1000, 1000, 60, 1000), kNow));
  EXPECT_FALSE(take(paces, draw_of(500, 1000, 60, 1000), kNow));
  paces.give_back(draw_of(1000, 1000, 60, 1000), Units(600));
  EXPECT_TRUE(take(paces, draw_of(500, 1000, 60, 1000), kNow));
}

TEST(Paces, AClockSetBackEmptiesABucketAtMost) {
  Paces paces;
  EXPECT_TRUE(take(paces, draw_of(1, 1, 1, 1), kNow));
  const Instant back = kNow - std::chrono::hours(1);
  EXPECT_FALSE(take(paces, draw_of(1, 1, 1, 1), back));
  EXPECT_TRUE(take(paces, draw_of(1, 1, 1, 1), back + seconds(1)));
}

TEST(Paces, FullBucketsAreForgotten) {
  Paces paces;
  EXPECT_TRUE(take(paces, draw_of(1, 1, 1, 1), kNow));
  paces.expire(kNow);
  EXPECT_EQ(paces.buckets(), 1U);
  paces.expire(kNow + seconds(1));
  EXPECT_EQ(paces.buckets(), 0U);
}

/// In any stretch of time a bucket gives no more than its burst and what flowed in meanwhile.
RC_GTEST_PROP(PacesProperty, NoStretchGetsMoreThanBurstAndRate, ()) {
  const auto rate = *rc::gen::inRange<std::int64_t>(1, 200);
  const auto burst = *rc::gen::inRange<std::int64_t>(1, 50);
  Paces paces;
  Instant now = kNow;
  std::deque<std::pair<Instant, std::int64_t>> taken;
  for (int i = 0; i < 200; ++i) {
    now = now + milliseconds(*rc::gen::inRange(0, 2000));
    const auto units = *rc::gen::inRange<std::int64_t>(1, burst + 2);
    if (!take(paces, draw_of(units, rate, 60, burst), now)) {
      continue;
    }
    taken.emplace_back(now, units);
    std::int64_t sum = 0;
    for (auto each = taken.rbegin(); each != taken.rend(); ++each) {
      sum += each->second;
      const auto stretch = (now - each->first).count();
      RC_ASSERT(static_cast<__int128>(sum - burst) * 60'000'000'000 <=
                static_cast<__int128>(stretch) * rate);
    }
  }
}

}  // namespace
}  // namespace purser
