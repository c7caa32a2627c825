// ledger/away_test.cpp — accounts that leave memory, and come back as they were.
#include "ledger/away.hpp"

#include <gtest/gtest.h>

#include <string>

#include "ledger/treasury.hpp"

namespace purser {
namespace {

AccountKey key_of(std::string_view name) {
  return digest(name);
}

Need need_of(std::string_view name, std::int64_t units, std::int64_t max) {
  return {
      .account = key_of(name), .units = Units(units), .max = Units(max), .ends = Instant::never()};
}

void beat(Treasury& treasury, std::uint32_t beats) {
  for (std::uint32_t i = 0; i < beats; ++i) {
    treasury.expire(Instant{}, 0);
  }
}

TEST(Away, AnAccountLeavesOnlyAsItWasSeenAndWhenNobodyUsesIt) {
  Treasury treasury;
  const std::vector needs{need_of("user", 3, 10)};
  treasury.post(key_of("user"), Units(5), Units(10), Instant::never());
  EXPECT_TRUE(treasury.idle(kIdleBeatsMin, 10).empty());
  beat(treasury, kIdleBeatsMin);
  const auto seen = treasury.idle(kIdleBeatsMin, 10);
  ASSERT_EQ(seen.size(), 1U);

  const HoldId open = treasury.hold(needs).value();
  beat(treasury, kIdleBeatsMin);
  EXPECT_EQ(treasury.retire(seen.front()), Treasury::Retired::moved);  // something is held
  EXPECT_TRUE(treasury.idle(kIdleBeatsMin, 10).empty());
  treasury.settle(open, std::vector{Units(1)});
  EXPECT_EQ(treasury.retire(seen.front()), Treasury::Retired::moved);  // it was just used
  beat(treasury, kIdleBeatsMin);
  EXPECT_EQ(treasury.retire(seen.front()), Treasury::Retired::moved);  // more is posted
  EXPECT_FALSE(treasury.any_away());

  EXPECT_EQ(treasury.retire(treasury.idle(kIdleBeatsMin, 10).front()), Treasury::Retired::away);
  EXPECT_TRUE(treasury.is_away(key_of("user")));
  EXPECT_EQ(treasury.accounts(), 0U);
  const Treasury::Away user{.account = key_of("user"), .ends = Instant::never()};
  EXPECT_EQ(treasury.recall(user, Units(6)), Treasury::Recalled::back);
  EXPECT_EQ(treasury.recall(user, Units(0)), Treasury::Recalled::here);
  EXPECT_FALSE(treasury.is_away(key_of("user")));
  EXPECT_EQ(treasury.standing(key_of("user"))->posted, Units(6));
  EXPECT_EQ(treasury.hold(std::vector{need_of("user", 5, 10)}).error().standing.posted, Units(6));
}

TEST(AwayDeath, WhatIsAwayIsNeverOpenedAnew) {
  Treasury treasury;
  treasury.put_away(key_of("user"), Instant::never());
  EXPECT_DEATH((void)treasury.hold(std::vector{need_of("user", 1, 10)}), "T5");
  EXPECT_TRUE(treasury.hold(std::vector{need_of("other", 1, 10)}));
}

TEST(Away, TheColdestLeaveFirst) {
  Treasury treasury;
  const auto post = [&](int from, int until) {
    for (int i = from; i < until; ++i) {
      treasury.post(key_of(std::to_string(i)), Units(1), Units(10), Instant::never());
    }
  };
  post(0, 20'000);
  beat(treasury, 100);
  post(10'000, 20'000);
  beat(treasury, 50);
  EXPECT_EQ(treasury.idle_beats_of_coldest(5'000), 150U);
  EXPECT_EQ(treasury.idle_beats_of_coldest(15'000), 50U);
  EXPECT_EQ(treasury.idle_beats_of_coldest(20'000), kIdleBeatsMin);
  EXPECT_EQ(treasury.idle(150, 30'000).size(), 10'000U);
  EXPECT_EQ(treasury.idle(50, 30'000).size(), 20'000U);
}

TEST(Away, AnAccountAwayTakesAFewBytes) {
  Treasury treasury;
  const std::size_t empty = treasury.bytes();
  constexpr std::size_t kMany = 1'000'000;
  for (std::size_t i = 0; i < kMany; ++i) {
    treasury.put_away(key_of(std::to_string(i)), Instant::never());
  }
  EXPECT_LT(treasury.bytes() - empty, kMany * 17 / 4);
  EXPECT_GT(treasury.names_away(), kMany * 99 / 100);
  for (std::size_t i = 0; i < kMany; ++i) {
    ASSERT_TRUE(treasury.is_away(key_of(std::to_string(i))));
  }
  std::size_t mistaken = 0;
  for (std::size_t i = kMany; i < 2 * kMany; ++i) {
    mistaken += treasury.is_away(key_of(std::to_string(i))) ? 1U : 0U;
  }
  EXPECT_LT(mistaken, kMany / 200);
}

TEST(Away, NamesAwayGoWithTheirWindows) {
  Treasury treasury;
  const Instant day = Instant::from_seconds(86'400);
  treasury.put_away(key_of("daily"), day);
  treasury.put_away(key_of("for ever"), Instant::never());
  treasury.expire(day, 0);
  EXPECT_TRUE(treasury.is_away(key_of("daily")));  // the clock may yet be set back
  treasury.expire(day + kClockStepMax, 0);
  EXPECT_FALSE(treasury.is_away(key_of("daily")));
  EXPECT_TRUE(treasury.is_away(key_of("for ever")));
}

TEST(Away, LayersOfWindowsGoWhenAllOfThemAreOver) {
  constexpr std::uint64_t kMany = 300'000;  // several layers
  AwaySet away;
  Seed names(3);
  std::vector<AwaySet::Name> all;
  for (std::uint64_t i = 0; i < kMany; ++i) {
    all.push_back(names.next());
    // Later windows among earlier ones, and some for ever.
    away.add(all.back(), i % 10 == 0 ? Instant::never()
                                     : Instant::from_seconds(static_cast<std::int64_t>(i % 9000)));
  }
  for (const std::int64_t now : {0, 1000, 8998, 9000}) {
    away.expire(Instant::from_seconds(now));
    for (std::uint64_t i = 0; i < kMany; ++i) {
      if (i % 10 == 0 || static_cast<std::int64_t>(i % 9000) > now) {
        ASSERT_TRUE(away.may_have(all[i])) << i;
      }
    }
  }
  const std::size_t bytes = away.bytes();
  EXPECT_LT(away.size(), kMany / 9);  // those for ever are left
  for (std::uint64_t i = 0; i < kMany; i += 10) {
    away.add(all[i], Instant::never());
  }
  EXPECT_EQ(away.bytes(), bytes);  // who leaves again takes nothing more
}

}  // namespace
}  // namespace purser
