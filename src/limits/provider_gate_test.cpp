// limits/provider_gate_test.cpp — closed at a word, for a bounded time, and opened gently.
#include "limits/provider_gate.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "base/seed.hpp"

namespace purser {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using State = ProviderGate::State;

const Instant kNow = Instant::from_seconds(1'000'000);

ToldPace too_fast(std::optional<nanoseconds> wait) {
  return {.pace = Pace::too_fast, .wait = wait};
}

TEST(ProviderGate, StaysOpenForWhatIsNotPace) {
  ProviderGate gate;
  gate.hear({}, kNow);
  gate.hear({.pace = Pace::no_money, .wait = seconds(60)}, kNow);
  gate.hear({.pace = Pace::exhausted, .wait = {}}, kNow);
  EXPECT_EQ(gate.state(kNow), State::open);
  EXPECT_EQ(gate.room(kNow), INT64_MAX);
}

TEST(ProviderGate, ClosesForAsLongAsItWasToldButNeverForMoreThanAMinute) {
  ProviderGate gate;
  EXPECT_EQ(gate.hear(too_fast(seconds(3)), kNow), ProviderGate::Told::closed);
  EXPECT_EQ(gate.hear(too_fast(seconds(2)), kNow), ProviderGate::Told::nothing_new);
  EXPECT_EQ(gate.room(kNow + seconds(3) - nanoseconds(1)), 0);
  EXPECT_EQ(gate.state(kNow + seconds(3)), State::opening);
  gate.hear(too_fast(std::chrono::hours(5)), kNow);
  EXPECT_EQ(gate.closed_until(), kNow + seconds(60));
}

/// Refused without a time as often as it takes.
void close_by_doubt(ProviderGate& gate, Instant now) {
  gate.hear(too_fast({}), now);
  gate.hear(too_fast({}), now);
  EXPECT_EQ(gate.state(now), State::doubted);
  EXPECT_EQ(gate.hear(too_fast({}), now), ProviderGate::Told::closed);
}

TEST(ProviderGate, StaysOpenAtRefusalsWithoutATimeAsLongAsOthersAreAnswered) {
  ProviderGate gate;
  Instant now = kNow;
  for (int i = 0; i < 100; ++i) {
    now = now + milliseconds(10);
    gate.hear(too_fast({}), now);
    gate.hear(too_fast({}), now);
    EXPECT_EQ(gate.room(now), INT64_MAX);
    gate.answered(gate.left(now));
    EXPECT_EQ(gate.state(now), State::open);
  }
}

TEST(ProviderGate, AnswersToCallsThatLeftBeforeTheRefusalSayNothing) {
  ProviderGate gate;
  const auto before = gate.left(kNow);
  gate.hear(too_fast({}), kNow);
  gate.answered(before);
  gate.hear(too_fast({}), kNow);
  gate.answered(before);
  EXPECT_EQ(gate.hear(too_fast({}), kNow), ProviderGate::Told::closed);
}

TEST(ProviderGate, ForgetsRefusalsWithoutATimeThatAreOld) {
  ProviderGate gate;
  Instant now = kNow;
  for (int i = 0; i < 10; ++i, now = now + seconds(10)) {
    EXPECT_EQ(gate.hear(too_fast({}), now), ProviderGate::Told::nothing_new);
    EXPECT_EQ(gate.state(now), State::doubted);
  }
  EXPECT_EQ(gate.state(now), State::open);
}

TEST(ProviderGate, WithoutATimeWaitsTwiceAsLongEachTime) {
  ProviderGate gate;
  Instant now = kNow;
  gate.hear(too_fast({}), now);
  gate.hear(too_fast({}), now);
  for (const int wait : {1, 2, 4, 8, 16, 32, 60, 60}) {
    gate.hear(too_fast({}), now);
    gate.hear(too_fast({}), now);  // the others that were refused in the same breath
    EXPECT_EQ(gate.closed_until() - now, seconds(wait));
    now = gate.closed_until();
  }
}

TEST(ProviderGate, OpensForTwoThenFourThenEight) {
  ProviderGate gate;
  gate.hear(too_fast(seconds(1)), kNow);
  const Instant now = kNow + seconds(1);
  for (const std::int64_t wide : {2, 4, 8, 16, 32}) {
    std::vector<ProviderGate::Round> rounds;
    while (gate.room(now) > 0) {
      rounds.push_back(gate.left(now));
    }
    EXPECT_EQ(std::ssize(rounds), wide);
    for (const auto round : rounds) {
      gate.answered(round);
    }
  }
  EXPECT_EQ(gate.state(now), State::open);
}

TEST(ProviderGate, OpensWithTimeWhereAnswersAreSlow) {
  ProviderGate gate;
  gate.hear(too_fast(seconds(1)), kNow);
  const Instant opens = kNow + seconds(1);
  for (const auto& [after, wide] : {std::pair(0, 2), {1, 4}, {2, 8}, {3, 16}, {4, 32}}) {
    EXPECT_EQ(gate.state(opens + seconds(after)), State::opening);
    EXPECT_EQ(gate.room(opens + seconds(after)), wide);
  }
  EXPECT_EQ(gate.state(opens + seconds(5)), State::open);
}

TEST(ProviderGate, BeginsItsBackOffAnewOnceItIsOpen) {
  ProviderGate gate;
  close_by_doubt(gate, kNow);
  const auto round = gate.left(gate.closed_until());
  const Instant later = kNow + seconds(12);
  EXPECT_EQ(gate.state(later), State::open);
  gate.answered(round);
  close_by_doubt(gate, later);
  EXPECT_EQ(gate.closed_until(), later + seconds(1));
}

TEST(ProviderGate, LetsOneCallAskNowAndThenWhetherItIsReallyClosed) {
  ProviderGate gate;
  gate.hear(too_fast(seconds(60)), kNow);
  const Instant first = kNow + kProbeEvery;
  EXPECT_EQ(gate.room(first - nanoseconds(1)), 0);
  EXPECT_EQ(gate.room(first), 1);
  const auto refused = gate.left(first);
  EXPECT_EQ(gate.room(first), 0);
  EXPECT_EQ(gate.hear(too_fast(seconds(60)), first + milliseconds(50)),
            ProviderGate::Told::nothing_new);
  gate.ended(refused);

  const Instant second = first + milliseconds(50) + kProbeEvery;
  const auto asks = gate.left(second);
  gate.answered(asks);
  EXPECT_EQ(gate.state(second), State::opening) << "it was answered: it is not closed any more";
  EXPECT_GE(gate.room(second), 2);
}

TEST(ProviderGate, CallsOfAnEarlierRoundNeitherOpenNorFillIt) {
  ProviderGate gate;
  gate.hear(too_fast(seconds(1)), kNow);
  const Instant later = kNow + seconds(1);
  const auto old = gate.left(later);
  gate.hear(too_fast(seconds(1)), later);
  const Instant again = later + seconds(1);
  EXPECT_EQ(gate.room(again), 2);
  gate.answered(old);
  gate.ended(old);
  EXPECT_EQ(gate.room(again), 2);
}

RC_GTEST_PROP(ProviderGate, NeverLetsMoreWaitForAnswersThanItsWindow, (std::uint64_t chance)) {
  Seed seed(chance);
  ProviderGate gate;
  Instant now = kNow;
  std::vector<ProviderGate::Round> unanswered;
  for (int i = 0; i < 500; ++i) {
    now = now + milliseconds(seed.below(300));
    const std::int64_t room = gate.room(now);
    RC_ASSERT(room >= 0);
    RC_ASSERT(gate.closed_until() <= now + kGateClosedMax);
    RC_ASSERT(gate.state(now) != State::closed || room <= 1);
    switch (seed.below(5)) {
      case 0:
        gate.hear(seed.below(2) == 0 ? too_fast(milliseconds(seed.below(20'000))) : too_fast({}),
                  now);
        break;
      case 1:
      case 2:
        if (room > 0) {
          unanswered.push_back(gate.left(now));
        }
        break;
      default:
        if (!unanswered.empty()) {
          const auto round = unanswered.back();
          unanswered.pop_back();
          seed.below(2) == 0 ? gate.answered(round) : gate.ended(round);
        }
    }
  }
}

}  // namespace
}  // namespace purser
