// routing/routing_test.cpp — who is tried again, and who is left alone.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "routing/attempts.hpp"
#include "routing/breaker.hpp"

namespace purser {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Fallback kTwo{.match = {}, .to = {{"", "small"}, {"other", "large"}}};

TEST(Attempts, RetriesAsAskedThenWalksTheFallbacks) {
  const RetryRules rules{.most = 2, .first = milliseconds(100), .longest = seconds(8)};
  Attempts attempts(rules, &kTwo);
  Seed chance(1);
  for (const int retry : {1, 2}) {
    const auto next = attempts.after(Failing::overloaded, {}, chance);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->target, nullptr);
    EXPECT_GE(next->wait, milliseconds(50 * retry));
    EXPECT_LE(next->wait, milliseconds(100 * retry));
  }
  auto next = attempts.after(Failing::overloaded, {}, chance);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->target, kTwo.to.data());
  EXPECT_EQ(next->wait, milliseconds(0)) << "nobody waits for another provider";
  next = attempts.after(Failing::elsewhere, {}, chance);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->target, &kTwo.to[1]);
  next = attempts.after(Failing::unreached, {}, chance);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->target, &kTwo.to[1]) << "a fallback is tried again, too";
  EXPECT_TRUE(attempts.after(Failing::unreached, {}, chance));
  EXPECT_FALSE(attempts.after(Failing::unreached, {}, chance));
  EXPECT_EQ(attempts.begun(), 7);
}

TEST(Attempts, LeavesAloneWhatAnotherTryWouldNotMend) {
  const RetryRules rules{.most = 5};
  Seed chance(1);
  EXPECT_FALSE(Attempts(rules, &kTwo).after(Failing::none, {}, chance));
  EXPECT_FALSE(Attempts(rules, nullptr).after(Failing::elsewhere, {}, chance));
  EXPECT_FALSE(Attempts(rules, &kTwo).after(Failing::unanswered, {}, chance))
      << "it may be billed already: the operator says whether that is worth it";
  const RetryRules daring{.most = 1, .unanswered = true};
  EXPECT_TRUE(Attempts(daring, nullptr).after(Failing::unanswered, {}, chance));
}

TEST(Attempts, WaitAsLongAsTheyAreTold) {
  const RetryRules rules{.most = 5, .first = milliseconds(100), .longest = seconds(8)};
  Seed chance(1);
  const auto next = Attempts(rules, nullptr).after(Failing::overloaded, seconds(3), chance);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->wait, seconds(3));
  EXPECT_FALSE(Attempts(rules, nullptr).after(Failing::overloaded, seconds(9), chance));
  const auto other = Attempts(rules, &kTwo).after(Failing::overloaded, seconds(9), chance);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->target, kTwo.to.data());
}

TEST(Attempts, GoByTheStatus) {
  EXPECT_EQ(failing_of(200), Failing::none);
  EXPECT_EQ(failing_of(400), Failing::none);
  EXPECT_EQ(failing_of(413), Failing::none);
  EXPECT_EQ(failing_of(422), Failing::none);
  EXPECT_EQ(failing_of(429), Failing::overloaded);
  EXPECT_EQ(failing_of(500), Failing::broken);
  EXPECT_EQ(failing_of(504), Failing::broken);
  EXPECT_EQ(failing_of(529), Failing::overloaded);
  EXPECT_EQ(failing_of(404), Failing::elsewhere);
}

RC_GTEST_PROP(Attempts, AreBoundedWhateverFails, ()) {
  const RetryRules rules{.most = *rc::gen::inRange<std::int64_t>(0, 5),
                         .first = milliseconds(*rc::gen::inRange(1, 1000)),
                         .longest = milliseconds(*rc::gen::inRange(1000, 20'000)),
                         .unanswered = *rc::gen::arbitrary<bool>()};
  Attempts attempts(rules, &kTwo);
  Seed chance(*rc::gen::arbitrary<std::uint64_t>());
  std::int64_t more = 0;
  while (true) {
    const auto failing =
        *rc::gen::element(Failing::unreached, Failing::unanswered, Failing::overloaded,
                          Failing::broken, Failing::elsewhere);
    const auto next = attempts.after(failing, {}, chance);
    if (!next) {
      break;
    }
    RC_ASSERT(next->wait <= rules.longest);
    ++more;
  }
  RC_ASSERT(more <= 3 * rules.most + 2);
  RC_ASSERT(attempts.begun() == more + 1);
}

const BreakerRules kRules{.failures = 3, .rest = seconds(5)};
const Instant kNow = Instant::from_seconds(1'000);

Breaker opened() {
  Breaker breaker;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(breaker.may_go(kNow));
    EXPECT_EQ(breaker.failed(kRules, kNow),
              i == 2 ? Breaker::Turned::opened : Breaker::Turned::nothing);
  }
  return breaker;
}

TEST(Breaker, OpensAfterFailuresInARowAndLetsOneLook) {
  Breaker breaker = opened();
  EXPECT_TRUE(breaker.is_open(kNow));
  EXPECT_FALSE(breaker.may_go(kNow + seconds(4)));
  EXPECT_TRUE(breaker.may_go(kNow + seconds(5)));
  EXPECT_FALSE(breaker.may_go(kNow + seconds(5))) << "one looks for all";
  EXPECT_EQ(breaker.answered(), Breaker::Turned::closed);
  EXPECT_TRUE(breaker.may_go(kNow + seconds(5)));
}

TEST(Breaker, RestsLongerEachTimeNobodyIsThere) {
  Breaker breaker = opened();
  Instant now = kNow;
  for (const int rest : {5, 10, 20, 40, 60, 60}) {
    EXPECT_FALSE(breaker.may_go(now + seconds(rest) - milliseconds(1))) << rest;
    now = now + seconds(rest);
    EXPECT_TRUE(breaker.may_go(now)) << rest;
    EXPECT_EQ(breaker.failed(kRules, now), Breaker::Turned::nothing);
  }
}

TEST(Breaker, IsNotMovedByThoseWhoLeftBeforeItOpened) {
  Breaker breaker = opened();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(breaker.failed(kRules, kNow + seconds(1)), Breaker::Turned::nothing);
  }
  EXPECT_TRUE(breaker.may_go(kNow + seconds(5)));
}

TEST(Breaker, DoesNotWaitForALookThatNeverReturns) {
  Breaker breaker = opened();
  EXPECT_TRUE(breaker.may_go(kNow + seconds(5)));
  EXPECT_FALSE(breaker.may_go(kNow + seconds(34)));
  EXPECT_TRUE(breaker.may_go(kNow + seconds(35)));
}

TEST(Breaker, StaysClosedWhereAnswersComeBetween) {
  Breaker breaker;
  for (int i = 0; i < 100; ++i) {
    breaker.failed(kRules, kNow);
    breaker.failed(kRules, kNow);
    breaker.answered();
    EXPECT_TRUE(breaker.may_go(kNow));
  }
  const BreakerRules never{.failures = 0};
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(breaker.failed(never, kNow), Breaker::Turned::nothing);
  }
}

}  // namespace
}  // namespace purser
