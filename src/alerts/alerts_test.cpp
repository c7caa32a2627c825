// alerts/alerts_test.cpp — what is told, when it is tried again, and every byte of a message.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "alerts/episode.hpp"
#include "alerts/handover.hpp"
#include "alerts/message.hpp"
#include "alerts/retry.hpp"
#include "alerts/target.hpp"

namespace purser {
namespace {

using namespace std::chrono_literals;
using What = Decision::What;

const Instant kNow = Instant::from_seconds(1'795'000'000);

Alert limit_alert() {
  return {.key = "limit/free tier, daily/ada",
          .kind = AlertKind::limit_reached,
          .severity = Severity::critical,
          .subject = "user <ada> & \"co\"",
          .limit = "free tier, daily",
          .used = "2.00 USD",
          .max = "2.00 USD",
          .share = "1.00",
          .text = "Calls of ada are refused until midnight.",
          .at = kNow + 5s,
          .id = 42,
          .since = kNow,
          .count = 3};
}

Alert raised(std::string key, Severity severity, Instant at) {
  Alert alert;
  alert.key = std::move(key);
  alert.severity = severity;
  alert.at = at;
  return alert;
}

TEST(AlertMessage, JsonHasEveryFieldAndStaysAsItIs) {
  EXPECT_EQ(to_json(limit_alert()),
            R"({"id":"alert_000000000000002a","key":"limit/free tier, daily/ada",)"
            R"("kind":"limit_reached","severity":"critical","state":"firing",)"
            R"("subject":"user <ada> & \"co\"","limit":"free tier, daily","used":"2.00 USD",)"
            R"("max":"2.00 USD","share":"1.00","text":"Calls of ada are refused until midnight.",)"
            R"("at":"2026-11-18T11:06:45.000Z","since":"2026-11-18T11:06:40.000Z","count":3})");
}

TEST(AlertMessage, SlackGetsTextAndBlocksWithNamesEscaped) {
  EXPECT_EQ(
      to_slack(limit_alert()),
      "{\"text\":\"\U0001F534 Limit reached, critical: Calls of ada are refused until midnight.\","
      "\"blocks\":[{\"type\":\"header\",\"text\":{\"type\":\"plain_text\",\"text\":"
      "\"\U0001F534 Limit reached, critical\"}},"
      "{\"type\":\"section\",\"text\":{\"type\":\"plain_text\",\"text\":"
      "\"Calls of ada are refused until midnight.\"}},"
      "{\"type\":\"section\",\"fields\":["
      "{\"type\":\"plain_text\",\"text\":\"Subject: user &lt;ada&gt; &amp; \\\"co\\\"\"},"
      "{\"type\":\"plain_text\",\"text\":\"Limit: free tier, daily\"},"
      "{\"type\":\"plain_text\",\"text\":\"Used: 2.00 USD of 2.00 USD (1.00)\"},"
      "{\"type\":\"plain_text\",\"text\":\"Since: 2026-11-18T11:06:40.000Z\"},"
      "{\"type\":\"plain_text\",\"text\":\"Fired: 3 times\"}]},"
      "{\"type\":\"context\",\"elements\":[{\"type\":\"plain_text\",\"text\":"
      "\"alert_000000000000002a limit/free tier, daily/ada\"}]}]}");
}

TEST(AlertMessage, ARecoverySaysSoAndAMessageWithoutNumbersHasNone) {
  Alert alert = raised("books_unwritable", Severity::critical, kNow);
  alert.kind = AlertKind::books_unwritable;
  alert.state = AlertState::recovered;
  const std::string text = to_slack(alert);
  EXPECT_TRUE(text.starts_with("{\"text\":\"\U0001F7E2 Books unwritable: recovered: books_"))
      << text;
  EXPECT_EQ(text.find("Used:"), std::string::npos);
  EXPECT_EQ(text.find("Subject:"), std::string::npos);
}

TEST(AlertMessage, EveryFieldIsAVariable) {
  const auto variables = to_environment(limit_alert());
  ASSERT_EQ(variables.size(), 14U);
  EXPECT_EQ(variables.front(),
            (std::pair<std::string, std::string>("PURSER_ALERT_ID", "alert_000000000000002a")));
  EXPECT_EQ(variables.back(), (std::pair<std::string, std::string>("PURSER_ALERT_COUNT", "3")));
}

TEST(AlertMessage, WordsAreReadBack) {
  for (const AlertKind kind : kAlertKinds) {
    EXPECT_EQ(parse_alert_kind(to_string(kind)), kind);
  }
  for (const Severity severity : kSeverities) {
    EXPECT_EQ(parse_severity(to_string(severity)), severity);
  }
  EXPECT_FALSE(parse_alert_kind("limits"));
}

RC_GTEST_PROP(AlertMessage, AnyNamesStayInsideSlacksBounds, (const std::string& name)) {
  Alert alert = limit_alert();
  std::string many;
  while (many.size() < 5000) {
    many += name + "<&>\U0001F534";
  }
  alert.subject = alert.text = alert.limit = alert.key = many;
  alert = bounded(std::move(alert));
  RC_ASSERT(alert.text.size() <= kAlertTextMax);
  RC_ASSERT(alert.text.find('\0') == std::string::npos);
  RC_ASSERT(to_slack(alert).size() < 40'000);
}

TEST(AlertTarget, TakesItsKindsFromItsLeastSeverityOn) {
  AlertTarget target{.name = "t", .way = Webhook{}, .severity_min = Severity::warning, .match = {}};
  EXPECT_EQ(wants(target, raised("k", Severity::info, kNow)), Wanted::no);
  EXPECT_EQ(wants(target, raised("k", Severity::critical, kNow)), Wanted::yes);
  target.match = {AlertKind::spike};
  EXPECT_EQ(wants(target, raised("k", Severity::critical, kNow)), Wanted::no);
}

TEST(AlertEpisode, IsToldOnceCountedThenToldAgainAndEndsOnce) {
  const auto fire = [](const std::optional<Alert>& last, Severity severity, Instant at) {
    return on_fire(last, raised("k", severity, at), 1h);
  };
  Decision step = fire(std::nullopt, Severity::warning, kNow);
  EXPECT_EQ(step.what, What::tell);
  EXPECT_EQ(step.alert.since, kNow);
  step = fire(step.alert, Severity::info, kNow + 59min);
  EXPECT_EQ(step.what, What::count);
  EXPECT_EQ(step.alert.at, kNow) << "when it was told, not when it fired last";
  step = fire(step.alert, Severity::info, kNow + 60min);
  EXPECT_EQ(step.what, What::tell);
  EXPECT_EQ(step.alert.count, 3);
  EXPECT_EQ(step.alert.since, kNow);
  EXPECT_EQ(step.alert.severity, Severity::warning) << "it does not fall while it lasts";
  step = fire(step.alert, Severity::critical, kNow + 61min);
  EXPECT_EQ(step.what, What::tell) << "worse is news";
  step = on_recover(step.alert, kNow + 2h);
  EXPECT_EQ(step.what, What::tell);
  EXPECT_EQ(step.alert.state, AlertState::recovered);
  EXPECT_EQ(step.alert.count, 4);
  EXPECT_EQ(on_recover(limit_alert(), kNow).alert.text,
            "Over: Calls of ada are refused until midnight.");
  EXPECT_EQ(on_recover(step.alert, kNow + 3h).what, What::nothing);
  EXPECT_EQ(on_recover(std::nullopt, kNow).what, What::nothing);
  EXPECT_EQ(fire(step.alert, Severity::info, kNow + 3h).alert.count, 1) << "it begins anew";
}

RC_GTEST_PROP(AlertEpisode, NoHistoryLosesARecoveryOrAFiring, ()) {
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 5), rc::gen::inRange(0, 90)));
  std::optional<Alert> last;
  bool firing = false;
  std::int64_t fired = 0;
  Severity worst = Severity::info;
  Instant at = kNow;
  for (const auto& [what, minutes] : steps) {
    at = at + std::chrono::minutes(minutes);
    const bool recovers = what > 2;
    const auto severity = recovers ? Severity::info : static_cast<Severity>(what);
    const Decision step =
        recovers ? on_recover(last, at) : on_fire(last, raised("k", severity, at), 1h);
    if (recovers) {
      RC_ASSERT((step.what == What::tell) == firing);  // A1
      firing = false;
    } else {
      RC_ASSERT(step.what != What::nothing);
      fired = firing ? fired + 1 : 1;
      worst = firing ? std::max(worst, severity) : severity;
      firing = true;
      RC_ASSERT(step.alert.count == fired);     // A2
      RC_ASSERT(step.alert.severity == worst);  // A3
    }
    if (step.what != What::nothing) {
      last = step.alert;
    }
  }
}

TEST(AlertRetry, AStatusDecides) {
  using enum Attempt::Result;
  EXPECT_EQ(judge(200), delivered);
  EXPECT_EQ(judge(204), delivered);
  for (const int status : {301, 401, 403, 404, 408, 410, 429, 500, 503}) {
    EXPECT_EQ(judge(status), failed) << status;
  }
  EXPECT_EQ(judge(400), refused);
  EXPECT_EQ(judge(422), refused);
}

RC_GTEST_PROP(AlertRetry, PausesDoubleWithinBoundsAndEndWithAge, (std::uint64_t seed)) {
  Seed chance(seed);
  Delivery delivery{.id = 1, .queued_at = kNow, .next_at = kNow, .error = {}};
  Instant now = kNow;
  std::int64_t tries = 0;
  while (delivery.state == Delivery::State::waiting) {
    delivery = after_attempt(delivery, {.said = "503"}, now, 24h, chance);
    ++tries;
    RC_ASSERT(delivery.attempts == tries);
    if (delivery.state == Delivery::State::waiting) {
      const auto whole = std::min<std::chrono::nanoseconds>(
          kRetryFirst * (std::int64_t{1} << std::min<std::int64_t>(tries - 1, 20)), kRetryLongest);
      RC_ASSERT(delivery.next_at - now <= whole);
      RC_ASSERT(delivery.next_at - now >= whole / 2);
      now = delivery.next_at;
    }
  }
  RC_ASSERT(delivery.state == Delivery::State::given_up);
  RC_ASSERT(now - kNow >= 24h);
  RC_ASSERT(now - kNow < 24h + kRetryLongest);
  RC_ASSERT(delivery.error == "503");
}

TEST(AlertRetry, ATargetMayAskForMoreTimeButNotForDays) {
  Seed chance(1);
  const Delivery delivery{.id = 1, .queued_at = kNow, .next_at = kNow, .error = {}};
  const auto after = [&](std::chrono::seconds asked) {
    const Attempt attempt{.said = "429", .retry_after = asked};
    return after_attempt(delivery, attempt, kNow, 24h, chance).next_at - kNow;
  };
  EXPECT_EQ(after(30s), 30s);
  EXPECT_EQ(after(48h), kRetryLongest);
}

TEST(AlertRetry, ARefusedMessageIsGivenUpAtOnce) {
  Seed chance(1);
  const Attempt attempt{.result = Attempt::Result::refused, .said = "400: invalid_payload"};
  const Delivery after = after_attempt({.id = 1, .queued_at = kNow, .next_at = kNow, .error = {}},
                                       attempt, kNow, 24h, chance);
  EXPECT_EQ(after.state, Delivery::State::given_up);
  EXPECT_EQ(after.error, "400: invalid_payload");
}

TEST(AlertHandover, IsBoundedAndKeepsRecoveriesLonger) {
  Handover handover;
  for (std::size_t i = 0; i < kHandoverMax + 10; ++i) {
    handover.add(raised(std::to_string(i), Severity::info, kNow));
  }
  EXPECT_EQ(handover.dropped(), 10);
  Alert recovery = raised("0", Severity::info, kNow);
  recovery.state = AlertState::recovered;
  handover.add(recovery);
  EXPECT_EQ(handover.dropped(), 10);
  const auto taken = handover.take();
  EXPECT_EQ(taken.size(), kHandoverMax + 1);
  EXPECT_EQ(taken.back().state, AlertState::recovered);
  EXPECT_TRUE(handover.empty());
}

RC_GTEST_PROP(AlertHandover, MergesWithoutLosingCountSeverityOrTheLastState, ()) {
  struct Seen {
    std::int64_t fired = 0;
    AlertState last = AlertState::firing;
    Severity worst = Severity::info;
  };
  const auto steps = *rc::gen::container<std::vector<std::tuple<int, int, bool>>>(
      rc::gen::tuple(rc::gen::inRange(0, 4), rc::gen::inRange(0, 3), rc::gen::arbitrary<bool>()));
  Handover handover;
  std::map<std::string, Seen> put;
  for (const auto& [key, severity, recovers] : steps) {
    Alert alert = raised(std::to_string(key), static_cast<Severity>(severity), kNow);
    alert.state = recovers ? AlertState::recovered : AlertState::firing;
    Seen& seen = put[alert.key];
    seen.fired += recovers ? 0 : 1;
    seen.last = alert.state;
    seen.worst = std::max(seen.worst, recovers ? Severity::info : alert.severity);
    handover.add(std::move(alert));
  }
  std::map<std::string, Seen> got;
  for (const Alert& alert : handover.take()) {
    Seen& seen = got[alert.key];
    const bool firing = alert.state == AlertState::firing;
    seen.fired += firing ? alert.count : 0;
    seen.last = alert.state;
    seen.worst = std::max(seen.worst, firing ? alert.severity : Severity::info);
  }
  RC_ASSERT(put.size() == got.size());
  for (const auto& [key, seen] : put) {
    RC_ASSERT(got[key].fired == seen.fired);
    RC_ASSERT(got[key].last == seen.last);
    RC_ASSERT(got[key].worst == seen.worst);
  }
}

}  // namespace
}  // namespace purser
