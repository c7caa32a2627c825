// limits/lane_test.cpp — places, gates and the queue together, in made-up time.
#include "limits/lane.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "base/seed.hpp"

namespace purser {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Instant kNow = Instant::from_seconds(1'000);
constexpr Amount kWorst = Amount::from_nanos(8'000'000);
constexpr Amount kCost = Amount::from_nanos(1'000'000);

Lane::Ask ask(std::string_view user, std::uint64_t door = 1) {
  return {.user = {.name = digest(user), .priority = Priority::normal},
          .door = DoorId(door),
          .worst = kWorst};
}

Lane lane_of(LaneRules rules) {
  Lane lane;
  lane.set_rules(rules);
  return lane;
}

ToldPace too_fast(std::chrono::nanoseconds wait) {
  return {.pace = Pace::too_fast, .wait = wait};
}

TEST(Lane, WithTwoPlacesTheSecondUserIsNotBehindAllOfTheFirst) {
  Lane lane = lane_of({.at_once = 2});
  std::vector<Lane::Pass> under_way;
  std::map<Ticket, std::string> names;
  for (const auto& [name, calls] : {std::pair("ann", 50), std::pair("bob", 5)}) {
    for (int i = 0; i < calls; ++i) {
      auto entered = lane.enter(ask(name), kNow);
      if (auto* pass = std::get_if<Lane::Pass>(&entered)) {
        under_way.push_back(std::move(*pass));
      } else {
        names[std::get<Lane::Queued>(entered).ticket] = name;
      }
    }
  }
  ASSERT_EQ(under_way.size(), 2);
  std::vector<std::string> order;
  while (!under_way.empty()) {
    lane.end(under_way.back(), kCost);
    under_way.pop_back();
    for (auto& [ticket, pass] : lane.advance(kNow).went) {
      order.push_back(names.at(ticket));
      under_way.push_back(std::move(pass));
    }
    ASSERT_LE(lane.under_way(), 2);
  }
  ASSERT_EQ(order.size(), 53);
  const auto last = std::find(order.rbegin(), order.rend(), "bob");
  EXPECT_LE(order.rend() - last, 12) << "bob's five are among the first twelve";
}

TEST(Lane, OneCallersRefusalKeepsTheOthersOfTheSameModelWaiting) {
  Lane lane = lane_of({});
  lane.hear(DoorId(1), too_fast(seconds(3)), kNow);
  const auto waits = lane.enter(ask("bob"), kNow);
  ASSERT_TRUE(std::holds_alternative<Lane::Queued>(waits));
  EXPECT_TRUE(lane.advance(kNow + seconds(2)).went.empty());

  // Another model is not shut; those who wait for the first are no reason to wait.
  const auto other = lane.enter(ask("eve", 2), kNow);
  const auto went = lane.advance(kNow).went;
  ASSERT_EQ(went.size(), 1);
  EXPECT_EQ(went[0].first, std::get<Lane::Queued>(other).ticket);

  EXPECT_EQ(lane.advance(kNow + seconds(3)).went[0].first, std::get<Lane::Queued>(waits).ticket);
  EXPECT_EQ(lane.closed_count(), 1);
}

TEST(Lane, WhoWouldWaitInVainIsToldAtOnce) {
  Lane lane = lane_of({.wait = seconds(10)});
  lane.hear(DoorId(1), too_fast(seconds(30)), kNow);
  const auto entered = lane.enter(ask("ann"), kNow);
  EXPECT_EQ(std::get<Lane::TooBusy>(entered).retry_after, seconds(30));
  EXPECT_EQ(lane.waiting(), 0);
}

TEST(Lane, ClosesNothingWhereWordsAreIgnored) {
  Lane lane = lane_of({.pace = PaceTold::ignore});
  lane.hear(DoorId(1), too_fast(seconds(30)), kNow);
  EXPECT_TRUE(lane.calm(kNow));
  EXPECT_TRUE(std::holds_alternative<Lane::Pass>(lane.enter(ask("ann"), kNow)));
}

TEST(Lane, IsCalmAgainWhenACallIsAnsweredThatLeftAfterARefusalWithoutATime) {
  Lane lane = lane_of({});
  lane.hear(DoorId(1), {.pace = Pace::too_fast, .wait = {}}, kNow);
  EXPECT_FALSE(lane.calm(kNow)) << "its answers are looked at";
  auto entered = lane.enter(ask("ann"), kNow);
  Lane::Pass& pass = std::get<Lane::Pass>(entered);
  lane.answered(pass);
  EXPECT_TRUE(lane.calm(kNow));
  lane.end(pass, kCost);
}

TEST(Lane, AProbeGoesAlthoughOthersAreTurnedAway) {
  Lane lane = lane_of({.wait = seconds(10)});
  lane.hear(DoorId(1), too_fast(seconds(60)), kNow);
  lane.hear(DoorId(2), too_fast(seconds(8)), kNow);
  const auto waits = lane.enter(ask("bob", 2), kNow);
  ASSERT_TRUE(std::holds_alternative<Lane::Queued>(waits));
  const Instant later = kNow + kProbeEvery;
  const auto probe = lane.enter(ask("ann"), later);
  ASSERT_TRUE(std::holds_alternative<Lane::Queued>(probe)) << "behind who waits, for a moment";
  EXPECT_EQ(lane.advance(later).went.size(), 2) << "one for each door";
  EXPECT_TRUE(std::holds_alternative<Lane::TooBusy>(lane.enter(ask("ann"), later)));
}

TEST(Lane, IsCalmAgainWhenItsGatesHaveOpened) {
  Lane lane = lane_of({});
  EXPECT_TRUE(lane.calm(kNow));
  lane.hear(DoorId(1), too_fast(seconds(1)), kNow);
  EXPECT_FALSE(lane.calm(kNow));
  const Instant later = kNow + seconds(1);
  EXPECT_FALSE(lane.calm(later)) << "it opens gently";
  for (int i = 0; i < 64; ++i) {
    auto entered = lane.enter(ask("ann"), later);
    Lane::Pass& pass = std::get<Lane::Pass>(entered);
    lane.answered(pass);
    lane.end(pass, kCost);
  }
  EXPECT_TRUE(lane.calm(later));
}

RC_GTEST_PROP(Lane, KeepsItsPlacesItsBoundAndEveryDeadline, (std::uint64_t chance)) {
  Seed seed(chance);
  const LaneRules rules{.at_once = 1 + static_cast<std::int64_t>(seed.below(5)),
                        .longest = static_cast<std::int64_t>(seed.below(20)),
                        .wait = milliseconds(seed.below(8'000))};
  Lane lane = lane_of(rules);
  Instant now = kNow;
  std::vector<Lane::Pass> under_way;
  std::map<Ticket, Instant> waiting;
  for (int i = 0; i < 600; ++i) {
    now = now + milliseconds(seed.below(200));
    const std::uint64_t door = 1 + seed.below(3);
    switch (seed.below(6)) {
      case 0:
        lane.hear(DoorId(door), too_fast(milliseconds(seed.below(5'000))), now);
        break;
      case 1:
      case 2: {
        auto entered = lane.enter(ask(std::to_string(seed.below(4)), door), now);
        if (auto* pass = std::get_if<Lane::Pass>(&entered)) {
          under_way.push_back(std::move(*pass));
        } else if (auto* queued = std::get_if<Lane::Queued>(&entered)) {
          waiting[queued->ticket] = queued->deadline;
        }
        break;
      }
      default:
        if (!under_way.empty()) {
          if (seed.below(2) == 0) {
            lane.answered(under_way.back());
          }
          lane.end(under_way.back(),
                   Amount::from_nanos(static_cast<std::int64_t>(seed.below(9'000'000))));
          under_way.pop_back();
        }
    }
    auto moves = lane.advance(now);
    for (auto& [ticket, pass] : moves.went) {
      RC_ASSERT(waiting.at(ticket) > now);
      waiting.erase(ticket);
      under_way.push_back(std::move(pass));
    }
    for (const Ticket late : moves.expired) {
      RC_ASSERT(waiting.at(late) <= now);
      waiting.erase(late);
    }
    RC_ASSERT(lane.waiting() == waiting.size());
    RC_ASSERT(std::ssize(waiting) <= rules.longest);
    RC_ASSERT(lane.under_way() == std::ssize(under_way));
    RC_ASSERT(lane.under_way() <= *rules.at_once);
  }
}

}  // namespace
}  // namespace purser
