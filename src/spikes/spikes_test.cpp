// spikes/spikes_test.cpp — who is caught, who is left alone, and how a spike ends.
#include "spikes/spikes.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <ostream>

#include "spikes/traffic_test.hpp"

namespace purser {
namespace {

constexpr Subject kAda{SubjectKind::user, "ada"};

struct Told {
  std::vector<SpikeEvent> events;
  int calls = 0;
  int throttled = 0;
  int first_alert_at_call = 0;
};

/// Feeds traffic to `spikes`, with what each call costs.
Told feed(Spikes& spikes, Traffic& traffic, std::int64_t from, std::int64_t to,
          Load each = {.calls = 1, .spend = Amount::from_nanos(3'000'000), .tokens = Tokens(900)}) {
  Told told;
  traffic.run(from, to, [&](double second) {
    ++told.calls;
    SpikeVerdict verdict = spikes.see(kAda, each, at(second));
    told.throttled += verdict.outcome == SpikeVerdict::Outcome::throttled ? 1 : 0;
    if (verdict.event) {
      if (told.events.empty()) {
        told.first_alert_at_call = told.calls;
      }
      told.events.push_back(*std::move(verdict.event));
    }
  });
  return told;
}

std::string describe(const Told& told) {
  std::string text;
  for (const SpikeEvent& event : told.events) {
    text += std::string(event.what == SpikeEvent::What::spike ? "spike " : "recovery ") +
            std::string(to_string(event.quantity)) + " in a " + std::string(to_string(event.span)) +
            ": " + std::to_string(event.observed) + " against " + std::to_string(event.expected) +
            " on day " + std::to_string((event.at.seconds() - kMonday) / kDay) + "\n";
  }
  return text;
}

bool at_work(std::int64_t second) {
  const std::int64_t hour = second / kHour % 24;
  return hour >= 9 && hour < 17 && second / kDay % 7 < 5;
}

double evenly(std::int64_t) {
  return 10.0 / 24;
}
double at_work_only(std::int64_t second) {
  return at_work(second) ? 10.0 / 8 : 0;
}
double in_one_hour(std::int64_t second) {
  return second / kHour % 24 == 10 ? 10 : 0;
}

struct TenADay {
  const char* name;
  CallsAnHour rate;
  double rate_max;
  int together;
};
const TenADay kTenADay[] = {
    {"evenly", evenly, 0.5, 1},
    {"at work only", at_work_only, 1.25, 1},
    {"in one hour", in_one_hour, 10, 1},
    {"in bursts of five", evenly, 0.5, 5},
};

TEST(Spikes, TenCallsADayThatTurnIntoAThousandAnHourAreCaughtWithinFiftyCalls) {
  for (const TenADay& habit : kTenADay) {
    int most = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      Spikes spikes;
      Traffic usual(seed, habit.rate, habit.rate_max, habit.together);
      const std::int64_t days = 7 + static_cast<std::int64_t>(seed % 30);
      const std::int64_t burst = days * kDay + static_cast<std::int64_t>(seed * 7919 % 24) * kHour;
      feed(spikes, usual, 0, burst);
      Traffic sudden(seed + 1000, [](std::int64_t) { return 1000.0; }, 1000);
      const Told told = feed(spikes, sudden, burst, burst + kHour);
      ASSERT_FALSE(told.events.empty()) << habit.name << ", seed " << seed;
      most = std::max(most, told.first_alert_at_call);
      EXPECT_LE(told.first_alert_at_call, 50) << habit.name << ", seed " << seed;
      EXPECT_EQ(told.events.size(), 1U) << habit.name << ": an alert is told once";
      EXPECT_GT(told.throttled, told.calls - 100) << habit.name << ", seed " << seed;
    }
    RecordProperty(habit.name, most);
    std::cout << "  " << habit.name << ": caught at call " << most << " at the latest\n";
  }
}

RC_GTEST_PROP(Spikes, ABurstAHundredTimesTheUsualIsCaughtInMinutesAtAnyBaseRate, ()) {
  const auto a_day = static_cast<double>(*rc::gen::inRange(10, 20'000));
  const auto days = *rc::gen::inRange(5, 40);
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  Spikes spikes;
  Traffic usual(seed, [=](std::int64_t) { return a_day / 24; }, a_day / 24);
  feed(spikes, usual, 0, days * kDay);
  const double burst = 100 * a_day;
  Traffic sudden(seed + 1, [=](std::int64_t) { return burst; }, burst);
  const Told told = feed(spikes, sudden, days * kDay, days * kDay + kHour / 4);
  RC_ASSERT(!told.events.empty());
  RC_ASSERT(told.first_alert_at_call <= std::max(50.0, 15 * a_day / 24));
}

/// Eight weeks at these rates; who tells anything is wrong.
struct Ordinary {
  const char* name;
  CallsAnHour rate;
  double rate_max;
  int together = 1;
};

double office(std::int64_t second) {
  const double hour = static_cast<double>(second % kDay) / kHour;
  return second / kDay % 7 < 5 ? std::max(0.0, 100 * std::sin((hour - 7) / 12 * 3.14159)) : 0;
}
double office_and_some_weekend(std::int64_t second) {
  return office(second) + (second / kDay % 7 >= 5 ? 3 : 1);
}
double doubling_by_and_by(std::int64_t second) {
  return office(second) / 20 * std::pow(2.0, static_cast<double>(second) / (7 * kDay));
}
double doubling_each_monday(std::int64_t second) {
  return office_and_some_weekend(second) / 20 *
         std::pow(2.0, static_cast<double>(second / (7 * kDay)));
}
double month_end(std::int64_t second) {
  const std::int64_t day = second / kDay % 30;
  return office(second) * (day >= 27 ? 2.5 : 1);
}
double batch_at_night(std::int64_t second) {
  return second / kHour % 24 == 2 ? 800 : 20;
}
double holiday(std::int64_t second) {
  const std::int64_t day = second / kDay;
  return day >= 21 && day < 42 ? 0 : office(second);
}

const Ordinary kOrdinary[] = {
    {"ten a day", evenly, 0.5},
    {"ten a day in bursts of ten", [](std::int64_t) { return 10.0 / 24; }, 0.5, 10},
    {"a hundred a day in bursts of ten", [](std::int64_t) { return 100.0 / 24; }, 5, 10},
    {"office hours", office, 100},
    {"office hours and some on weekends", office_and_some_weekend, 110},
    {"doubling every week, by and by", doubling_by_and_by, 1500},
    {"doubling every Monday", doubling_each_monday, 1500},
    {"busy at the month's end", month_end, 250},
    {"a batch every night", batch_at_night, 800},
    {"three weeks of holidays", holiday, 100},
    {"steady and heavy", [](std::int64_t) { return 400.0; }, 400},
};

TEST(Spikes, OrdinaryLifeTellsNothing) {
  for (const Ordinary& life : kOrdinary) {
    for (std::uint64_t seed = 0; seed < 14; ++seed) {
      Spikes spikes;
      Traffic traffic(seed, life.rate, life.rate_max, life.together);
      // Each seed begins on another weekday, so the first days are of every kind.
      const Told told = feed(spikes, traffic, static_cast<std::int64_t>(seed) * kDay, 56 * kDay);
      EXPECT_TRUE(told.events.empty()) << life.name << ", seed " << seed << "\n" << describe(told);
      EXPECT_EQ(told.throttled, 0) << life.name;
    }
  }
}

TEST(Spikes, AFirstDayIsNoAlertUntilItIsOutOfLineWithWhatNewcomersMayDo) {
  Spikes spikes;
  Traffic first_day(1, [](std::int64_t) { return 300.0; }, 300);
  EXPECT_TRUE(feed(spikes, first_day, 0, kDay).events.empty());
  Spikes others;
  Traffic runaway(1, [](std::int64_t) { return 6000.0; }, 6000);
  const Told told = feed(others, runaway, 0, kHour);
  ASSERT_EQ(told.events.size(), 1U);
  EXPECT_NEAR(told.first_alert_at_call, 2001, 1);
}

TEST(Spikes, APeersUsualIsNoAlertForANewcomer) {
  Spikes spikes;
  std::array<std::string, 30> names;
  for (int i = 0; i < 30; ++i) {
    names[static_cast<std::size_t>(i)] = "key_" + std::to_string(i);
    for (int hour = 0; hour < 72; ++hour) {
      spikes.learn({SubjectKind::key, names[static_cast<std::size_t>(i)]}, {.calls = 5000},
                   at(static_cast<double>(hour * kHour)));
    }
  }
  const auto alerted = [&](SubjectKind kind) {
    int alerts = 0;
    for (int call = 0; call < 5000; ++call) {
      alerts += spikes.see({kind, "new"}, {}, at(static_cast<double>(3 * kDay) + call * 0.5))
                    .event.has_value();
    }
    return alerts;
  };
  EXPECT_EQ(alerted(SubjectKind::key), 0);
  EXPECT_EQ(alerted(SubjectKind::user), 1) << "users have no such peers";
}

TEST(Spikes, SpendAloneSpikesAndIsThrottledInProportion) {
  Spikes spikes;
  Traffic usual(3, [](std::int64_t) { return 20.0; }, 20);
  ASSERT_TRUE(feed(spikes, usual, 0, 14 * kDay).events.empty());
  const Load dear{.calls = 1, .spend = Amount::from_nanos(900'000'000), .tokens = Tokens(900)};
  const Told told = feed(spikes, usual, 14 * kDay, 14 * kDay + 2 * kHour, dear);
  ASSERT_EQ(told.events.size(), 1U) << describe(told);
  EXPECT_EQ(told.events[0].quantity, Quantity::spend);
  EXPECT_GT(told.events[0].ratio, 4);
  EXPECT_GT(told.throttled, 5);
}

TEST(Spikes, SettlementsAreCountedAndNeverThrottled) {
  Spikes spikes;
  const Load settled{.calls = 0, .spend = Amount::from_dollars(60), .tokens = Tokens(0)};
  const SpikeVerdict told = spikes.see(kAda, settled, at(0));
  ASSERT_TRUE(told.event);
  EXPECT_EQ(told.state, SpikeState::spiking);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(spikes.see(kAda, settled, at(i)).outcome, SpikeVerdict::Outcome::admitted);
  }
}

/// Two weeks of ten calls a day, then a thousand an hour for two hours, then ten a day again.
TEST(Spikes, ASpikeIsThrottledAndReleasedByItself) {
  Spikes spikes;
  Traffic usual(5, evenly, 0.5);
  feed(spikes, usual, 0, 14 * kDay);
  Traffic sudden(6, [](std::int64_t) { return 1000.0; }, 1000);
  const Told burst = feed(spikes, sudden, 14 * kDay, 14 * kDay + 2 * kHour);
  ASSERT_EQ(burst.events.size(), 1U) << describe(burst);
  EXPECT_EQ(burst.events[0].what, SpikeEvent::What::spike);
  EXPECT_EQ(burst.events[0].name, "ada");
  EXPECT_GE(burst.events[0].ratio, 4);
  EXPECT_LT(burst.calls - burst.throttled, 31 + 4 + 2 * 12 + 2);
  Traffic slow(7, [](std::int64_t) { return 3.0; }, 3);
  const Told after = feed(spikes, slow, 14 * kDay + 2 * kHour, 15 * kDay);
  ASSERT_EQ(after.events.size(), 1U) << describe(after);
  EXPECT_EQ(after.events[0].what, SpikeEvent::What::recovery);
  EXPECT_EQ(after.events[0].since, burst.events[0].at);
  const double took =
      static_cast<double>((after.events[0].at - burst.events[0].at).count()) / 3.6e12;
  EXPECT_GT(took, 2.0) << "not while it was still trying";
  EXPECT_LT(took, 5.0);
  EXPECT_EQ(spikes.see(kAda, {}, at(static_cast<double>(15 * kDay))).state, SpikeState::normal);
}

TEST(Spikes, ARetryTimeIsInTime) {
  Spikes spikes;
  Traffic usual(5, evenly, 0.5);
  feed(spikes, usual, 0, 14 * kDay);
  Instant now = at(static_cast<double>(14 * kDay));
  int throttled = 0;
  for (int i = 0; i < 60; ++i) {
    SpikeVerdict verdict = spikes.see(kAda, {}, now);
    if (verdict.outcome == SpikeVerdict::Outcome::throttled) {
      ++throttled;
      ASSERT_GT(verdict.retry_at, now);
      now = verdict.retry_at;
      verdict = spikes.see(kAda, {}, now);
    }
    ASSERT_EQ(verdict.outcome, SpikeVerdict::Outcome::admitted);
  }
  EXPECT_GT(throttled, 10);
}

TEST(Spikes, ForeseeWhatTheySayAndChangeNothing) {
  Spikes spikes;
  Spikes unasked;
  Traffic usual(5, evenly, 0.5);
  Traffic same(5, evenly, 0.5);
  feed(spikes, usual, 0, 14 * kDay);
  feed(unasked, same, 0, 14 * kDay);
  EXPECT_EQ(spikes.foresee({SubjectKind::user, "nobody"}, at(0)).state, SpikeState::normal);
  const std::size_t known = spikes.subjects();
  int throttled = 0;
  for (int call = 0; call < 300; ++call) {
    // Sixty at once, then one every five minutes: a spike, and its end.
    const Instant now = at(static_cast<double>(14 * kDay) + (call < 60 ? 1 : 300.0 * (call - 59)));
    const SpikeVerdict foreseen = spikes.foresee(kAda, now);
    const SpikeVerdict again = spikes.foresee(kAda, now);
    const SpikeVerdict seen = spikes.see(kAda, {}, now);
    EXPECT_EQ(foreseen.outcome, seen.outcome) << call;
    EXPECT_EQ(again.outcome, seen.outcome) << call;
    EXPECT_EQ(foreseen.retry_at, seen.retry_at) << call;
    EXPECT_EQ(unasked.see(kAda, {}, now).outcome, seen.outcome) << call;
    throttled += seen.outcome == SpikeVerdict::Outcome::throttled ? 1 : 0;
  }
  EXPECT_GT(throttled, 20);
  EXPECT_LT(throttled, 280);
  EXPECT_EQ(spikes.subjects(), known);
}

TEST(Spikes, ObservingAlertsAndAdmits) {
  SpikeOptions options;
  options.act = SpikeOptions::Act::observe;
  Spikes spikes(options);
  Traffic usual(5, evenly, 0.5);
  feed(spikes, usual, 0, 14 * kDay);
  Traffic sudden(6, [](std::int64_t) { return 1000.0; }, 1000);
  const Told burst = feed(spikes, sudden, 14 * kDay, 14 * kDay + kHour);
  EXPECT_EQ(burst.events.size(), 1U);
  EXPECT_EQ(burst.throttled, 0);
}

TEST(Spikes, WhoFallsSilentIsReleasedBySweeping) {
  Spikes spikes;
  spikes.see(kAda, {.calls = 5000}, at(0));
  EXPECT_EQ(spikes.spiking(), 1U);
  EXPECT_TRUE(spikes.sweep(at(kHour)).empty());
  const auto ended = spikes.sweep(at(2 * kHour));
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].what, SpikeEvent::What::recovery);
  EXPECT_EQ(ended[0].name, "ada");
  EXPECT_EQ(spikes.spiking(), 0U);
  EXPECT_TRUE(spikes.sweep(at(3 * kHour)).empty());
}

TEST(Spikes, AWholeDayOutOfLineIsToldOnceAndReleased) {
  Spikes spikes;
  Traffic usual(
      9, [](std::int64_t second) { return second / kHour % 24 == 10 ? 100.0 : 0.0; }, 100);
  ASSERT_TRUE(feed(spikes, usual, 0, 14 * kDay).events.empty());
  // As many in every hour as usually in the one: no hour is out of line with the busiest.
  Traffic all_day(9, [](std::int64_t) { return 100.0; }, 100);
  const Told told = feed(spikes, all_day, 14 * kDay, 15 * kDay);
  ASSERT_FALSE(told.events.empty());
  EXPECT_NE(told.events[0].span, Stretch::hour);
  EXPECT_LE(told.events[0].at, at(static_cast<double>(14 * kDay + 5 * kHour)));
  int spikes_told = 0;
  for (const SpikeEvent& event : told.events) {
    spikes_told += event.what == SpikeEvent::What::spike ? 1 : 0;
  }
  EXPECT_EQ(spikes_told, 1) << describe(told);
}

TEST(Spikes, KeepsABoundedNumberAndForgetsWhoWasNotSeenForLongest) {
  SpikeOptions options;
  options.subjects_max = 100;
  Spikes spikes(options);
  for (int i = 0; i < 10'000; ++i) {
    spikes.see({SubjectKind::user, "user " + std::to_string(i)}, {}, at(i));
    spikes.see(kAda, {.calls = i == 9'000 ? 5000 : 0}, at(i));
    ASSERT_LE(spikes.subjects(), 100U);
  }
  EXPECT_EQ(spikes.see(kAda, {}, at(10'000)).state, SpikeState::spiking) << "seen all the time";
}

TEST(Spikes, OneThatSpikesIsNotForgottenForNewNames) {
  SpikeOptions options;
  options.subjects_max = 50;
  Spikes spikes(options);
  spikes.see(kAda, {.calls = 5000}, at(0));
  for (int i = 0; i < 1000; ++i) {
    spikes.see({SubjectKind::user, "user " + std::to_string(i)}, {}, at(1));
  }
  EXPECT_EQ(spikes.spiking(), 1U);
  EXPECT_EQ(spikes.see(kAda, {}, at(2)).state, SpikeState::spiking);
}

TEST(Spikes, AUserAndAKeyOfTheSameNameAreTwo) {
  Spikes spikes;
  spikes.see({SubjectKind::user, "x"}, {.calls = 5000}, at(0));
  EXPECT_EQ(spikes.see({SubjectKind::key, "x"}, {}, at(0)).state, SpikeState::normal);
  EXPECT_EQ(spikes.subjects(), 2U);
}

RC_GTEST_PROP(Spikes, TheSameHistoryGivesTheSameVerdicts, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const auto run = [&] {
    Spikes spikes;
    std::vector<std::tuple<int, int, std::int64_t>> verdicts;
    Seed chance(seed);
    double second = 0;
    for (int i = 0; i < 3000; ++i) {
      second += chance.unit() < 0.01 ? chance.unit() * 90'000 : chance.unit() * 60;
      const Load load{.calls = static_cast<std::int64_t>(chance.below(3)),
                      .spend = Amount::from_nanos(static_cast<std::int64_t>(chance.below(1 << 30))),
                      .tokens = Tokens(static_cast<std::int64_t>(chance.below(10'000)))};
      const SpikeVerdict verdict = spikes.see(kAda, load, at(second));
      verdicts.emplace_back(static_cast<int>(verdict.outcome), static_cast<int>(verdict.state),
                            verdict.retry_at.nanos());
    }
    return verdicts;
  };
  RC_ASSERT(run() == run());
}

RC_GTEST_PROP(Spikes, AClockThatGoesBackwardsIsHarmless, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  Spikes spikes;
  Seed chance(seed);
  double second = 0;
  int events = 0;
  for (int i = 0; i < 5000; ++i) {
    second += chance.unit() * 2 * 3600;  // twelve a day or so …
    const double shown =  // … on a clock that now and then is a little or a lot behind
        second - (chance.unit() < 0.1 ? chance.unit() * 600 : 0) -
        (chance.unit() < 0.01 ? chance.unit() * 1e6 : 0);
    const SpikeVerdict verdict = spikes.see(kAda, {}, at(shown));
    events += verdict.event.has_value();
    RC_ASSERT(verdict.outcome == SpikeVerdict::Outcome::admitted);
  }
  RC_ASSERT(events == 0);
}

TEST(Spikes, AClockSetFarAheadAndBackDoesNotLockAnybodyOut) {
  Spikes spikes;
  Traffic usual(5, evenly, 0.5);
  feed(spikes, usual, 0, 14 * kDay);
  spikes.see(kAda, {.calls = 500}, at(static_cast<double>(4000 * kDay)));
  ASSERT_EQ(spikes.spiking(), 1U);
  EXPECT_EQ(spikes.see(kAda, {}, at(static_cast<double>(14 * kDay))).outcome,
            SpikeVerdict::Outcome::admitted);
  const Told told = feed(spikes, usual, 14 * kDay, 15 * kDay);
  EXPECT_EQ(told.throttled, 0);
  EXPECT_EQ(spikes.spiking(), 0U);
}

}  // namespace
}  // namespace purser
