// limits/refusal_test.cpp — what people and programs read about a limit.
#include "limits/refusal.hpp"

#include <gtest/gtest.h>

#include "limits/message.hpp"

namespace purser {
namespace {

using std::chrono::seconds;

const Instant kNow = parse_rfc3339("2026-11-23T18:30:00Z").value();

Caller ada() {
  Caller caller;
  caller.user = "ada";
  caller.tier = "free";
  caller.team = "research";
  return caller;
}

Limit limit_of(Per per, Window window, Max max) {
  Limit limit;
  limit.name = "rule";
  limit.per = per;
  limit.window = window;
  limit.max = max;
  return limit;
}

const Max kTwoDollars{.usd = Amount::from_dollars(2)};
const Max kSixtyCalls{.calls = 60};

/// Refuses a call that needs `units` of the limit's first account.
Refusal refused(const Limit& limit, std::int64_t posted, std::int64_t held, std::int64_t units,
                const Caller& caller = ada()) {
  const LimitSet set = LimitSet::compile({limit}, "Europe/Berlin").value();
  Touches touches;
  set.touch({.caller = caller, .provider = "openai", .model = "gpt-5.4"}, kNow, Control::enforce,
            touches);
  touches.needs()[0].units = Units(units);
  const Standing standing{
      .posted = Units(posted), .held = Units(held), .max = touches.needs()[0].max};
  Refusal refusal =
      refuse(set, touches,
             {.need = 0, .standing = standing, .final = !standing.may_yet_carry(Units(units))},
             caller, kNow);
  EXPECT_EQ(refusal.limit, "rule");
  refusal.limit = {};  // it lay in the set
  return refusal;
}

TEST(Refusal, SaysWhichLimitHowMuchAndWhenItResets) {
  Limit limit = limit_of(Per::user, Window::day, kTwoDollars);
  limit.match.all.values(Label::tier) = {"free"};
  const Refusal refusal = refused(limit, 2'000'000'000, 0, 1000);
  EXPECT_EQ(refusal.message,
            "You have reached your daily limit of $2.00 (free tier). It resets at 2026-11-24 00:00 "
            "Europe/Berlin.");
  EXPECT_EQ(refusal.kind, Refusal::Kind::money);
  EXPECT_EQ(refusal.retry_after, seconds(0));
  EXPECT_EQ(to_rfc3339(refusal.resets_at), "2026-11-23T23:00:00.000Z");
}

TEST(Refusal, NamesWhoseLimitItIs) {
  const auto words = [](Per per, Window window, const Caller& caller = ada()) {
    const std::string message =
        refused(limit_of(per, window, kSixtyCalls), 60, 0, 1, caller).message;
    return message.substr(0, message.find('.') + 1);
  };
  EXPECT_EQ(words(Per::team, Window::minute),
            "You have reached the per-minute limit of 60 calls for team research.");
  EXPECT_EQ(words(Per::user, Window::hour), "You have reached your hourly limit of 60 calls.");
  EXPECT_EQ(words(Per::user, Window::week, {}),
            "You have reached the weekly limit of 60 calls for calls that name no user.");
  EXPECT_EQ(words(Per::tier, Window::month),
            "You have reached the monthly limit of 60 calls for the free tier.");
  EXPECT_EQ(words(Per::all, Window::lifetime),
            "You have reached the lifetime limit of 60 calls for all callers.");
  Caller caller = ada();
  caller.session = "s1";
  EXPECT_EQ(words(Per::session, Window::lifetime, caller),
            "You have reached the lifetime limit of 60 calls for this session.");
}

TEST(Refusal, ALifetimeSaysNothingOfAReset) {
  const Refusal refusal = refused(limit_of(Per::user, Window::lifetime, kSixtyCalls), 60, 0, 1);
  EXPECT_EQ(refusal.message, "You have reached your lifetime limit of 60 calls.");
  EXPECT_EQ(refusal.resets_at, Instant::never());
}

TEST(Refusal, SaysWhatIsLeftWhenThatIsTooLittle) {
  EXPECT_EQ(refused(limit_of(Per::user, Window::day, kTwoDollars), 1'500'000'000, 400'000'000,
                    200'000'000)
                .message,
            "You have reached your daily limit of $2.00. $0.10 of it is left, and this call may "
            "need $0.20. $0.40 of it is held by calls in flight. It resets at 2026-11-24 00:00 "
            "Europe/Berlin.");
}

TEST(Refusal, OnlyWhatComesBackSoonMayBeTriedAgainSoon) {
  const Limit minute = limit_of(Per::user, Window::minute, kSixtyCalls);
  EXPECT_EQ(refused(minute, 60, 0, 1).kind, Refusal::Kind::pace);
  EXPECT_EQ(refused(minute, 60, 0, 1).retry_after, seconds(60));
  EXPECT_EQ(refused(minute, 0, 0, 61).kind, Refusal::Kind::money);  // it will never fit
  const Limit day = limit_of(Per::user, Window::day, kSixtyCalls);
  EXPECT_EQ(refused(day, 59, 1, 1).kind, Refusal::Kind::pace);  // the held one may come back
  EXPECT_EQ(refused(day, 59, 1, 1).retry_after, seconds(1));
  EXPECT_EQ(refused(day, 60, 0, 1).kind, Refusal::Kind::money);
}

TEST(Refusal, AnOperatorsOwnWordsReplaceOurs) {
  Limit limit = limit_of(Per::user, Window::day, kTwoDollars);
  limit.message =
      "{subject} ({tier}): {used} + {held} of {max} a {window} ({limit}), {left} left until "
      "{resets_at}. }";
  EXPECT_EQ(refused(limit, 1'000'000'000, 250'000'000, 2'000'000'000).message,
            "ada (free): $1.00 + $0.25 of $2.00 a day (rule), $0.75 left until 2026-11-24 00:00 "
            "Europe/Berlin. }");
}

TEST(Refusal, ASubjectThatLooksLikeAPlaceholderIsNotOne) {
  Limit limit = limit_of(Per::user, Window::day, kTwoDollars);
  limit.message = "No, {subject}.";
  Caller caller = ada();
  caller.user = "{max}";
  EXPECT_EQ(refused(limit, 2'000'000'000, 0, 1, caller).message, "No, {max}.");
}

TEST(Message, IsCheckedWhenItIsRead) {
  for (const char* good : {"", "plain", "}", "{limit}", "a {max} b {used}{left}"}) {
    EXPECT_TRUE(check_message(good)) << good;
  }
  for (const char* bad : {"{", "{}", "{limit", "{Limit}", "{limit }", "{{limit}}", "x{"}) {
    EXPECT_FALSE(check_message(bad)) << bad;
  }
}

struct RateLimitFields {
  std::string policy;
  std::string limit;
};
RateLimitFields fields_of(const Limit& limit, const Standing& standing) {
  const LimitSet set = LimitSet::compile({limit}, "Europe/Berlin").value();
  Touches touches;
  const Caller caller = ada();
  set.touch({.caller = caller, .provider = "openai", .model = "gpt-5.4"}, kNow, Control::enforce,
            touches);
  RateLimitFields fields;
  append_rate_limit_policy(fields.policy, touches.list()[0], touches.needs()[0], standing);
  append_rate_limit(fields.limit, touches.list()[0], touches.needs()[0], standing, kNow);
  return fields;
}

TEST(RateLimitFields, TellThePolicyAndWhatIsLeft) {
  const RateLimitFields calls =
      fields_of(limit_of(Per::user, Window::minute, kSixtyCalls),
                {.posted = Units(10), .held = Units(1), .max = Units(60)});
  EXPECT_EQ(calls.policy, "\"rule\";q=60;w=60");
  EXPECT_EQ(calls.limit, "\"rule\";r=49;t=60");
  const RateLimitFields dollars =
      fields_of(limit_of(Per::user, Window::day, kTwoDollars),
                {.posted = Units(1), .held = Units(0), .max = Units(2'000'000'000)});
  EXPECT_EQ(dollars.policy, "\"rule\";q=2000000;qu=\"purser-microusd\";w=86400");
  EXPECT_EQ(dollars.limit, "\"rule\";r=1999999;t=16200");
}

TEST(RateLimitFields, ALifetimeHasNoWindowAndAnIntegerHasFifteenDigits) {
  const RateLimitFields fields = fields_of(limit_of(Per::user, Window::lifetime, kSixtyCalls),
                                           {.posted = {}, .held = {}, .max = Units(INT64_MAX)});
  EXPECT_EQ(fields.policy, "\"rule\";q=999999999999999");
  EXPECT_EQ(fields.limit, "\"rule\";r=999999999999999");
}

TEST(Tightest, IsTheAccountWithTheSmallestShareLeft) {
  const auto standing = [](std::int64_t posted, std::int64_t max) {
    return Standing{.posted = Units(posted), .held = {}, .max = Units(max)};
  };
  EXPECT_EQ(tightest({}), std::nullopt);
  const std::array three{standing(50, 100), standing(90, 1000), standing(501, 1000)};
  EXPECT_EQ(tightest(three), 2U);
  const std::array nothing{standing(1, 100), standing(0, 0)};
  EXPECT_EQ(tightest(nothing), 1U);
  const std::array huge{standing(0, INT64_MAX), standing(1, INT64_MAX)};
  EXPECT_EQ(tightest(huge), 1U);
}

}  // namespace
}  // namespace purser
