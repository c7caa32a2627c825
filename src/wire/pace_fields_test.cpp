// wire/pace_fields_test.cpp — providers' words about pace, sound and broken.
#include "wire/pace_fields.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace purser {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

const Instant kNow = *parse_rfc3339("2026-11-23T18:30:00Z");
using Fields = std::vector<std::pair<std::string, std::string>>;

ToldPace told(int status, const Fields& fields) {
  PaceFields seen(kNow);
  for (const auto& [name, value] : fields) {
    seen.see(name, value);
  }
  return seen.told(status);
}

TEST(GoDurations, AreReadToTheNanosecond) {
  EXPECT_EQ(parse_go_duration("12ms"), milliseconds(12));
  EXPECT_EQ(parse_go_duration("1s"), seconds(1));
  EXPECT_EQ(parse_go_duration("6m0s"), std::chrono::minutes(6));
  EXPECT_EQ(parse_go_duration("1h2m3.5s"), seconds(3723) + milliseconds(500));
  EXPECT_EQ(parse_go_duration("0s"), nanoseconds(0));
  for (const char* wrong : {"", "s", "12", "1.s2", "-1s", "1d", "6m0", "9999999999999999h",
                            "99999999999999999999s", "1s ", ".5s", "NaNs", "8785h"}) {
    EXPECT_EQ(parse_go_duration(wrong), std::nullopt) << wrong;
  }
}

TEST(PaceFields, SayHowLongARefusalLasts) {
  struct Row {
    Fields fields;
    std::optional<nanoseconds> wait;
  };
  for (const auto& [fields, wait] : {
           Row{{}, std::nullopt},
           Row{{{"Retry-After", "7"}}, seconds(7)},
           Row{{{"retry-after", "0.5"}}, milliseconds(500)},
           Row{{{"retry-after", "7"}, {"Retry-After-Ms", "1250"}}, milliseconds(1250)},
           Row{{{"retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"}}, std::nullopt},
           Row{{{"retry-after", "-3"}}, std::nullopt},
           Row{{{"x-ratelimit-remaining-requests", "0"}, {"x-ratelimit-reset-requests", "6m0s"}},
               seconds(360)},
           Row{{{"x-ratelimit-remaining-requests", "9"},
                {"x-ratelimit-reset-requests", "6m0s"},
                {"x-ratelimit-remaining-tokens", "0"},
                {"x-ratelimit-reset-tokens", "12ms"}},
               milliseconds(12)},
           Row{{{"x-ratelimit-reset-tokens", "20s"}}, seconds(20)},
           Row{{{"anthropic-ratelimit-input-tokens-remaining", "0"},
                {"anthropic-ratelimit-input-tokens-reset", "2026-11-23T18:30:04Z"}},
               seconds(4)},
           Row{{{"anthropic-ratelimit-tokens-reset", "2026-11-23T18:29:04Z"}}, std::nullopt},
           Row{{{"anthropic-ratelimit-unified-reset", "1764000000"}}, std::nullopt},
       }) {
    const ToldPace heard = told(429, fields);
    EXPECT_EQ(heard.pace, Pace::too_fast);
    EXPECT_EQ(heard.wait, wait) << (fields.empty() ? "nothing" : fields[0].first);
  }
}

TEST(PaceFields, OfAnAnswerSayWhenNothingIsLeft) {
  const Fields last{{"x-ratelimit-limit-requests", "1"},
                    {"x-ratelimit-remaining-requests", "0"},
                    {"x-ratelimit-reset-requests", "2s"}};
  EXPECT_EQ(told(200, last).pace, Pace::exhausted);
  EXPECT_EQ(told(200, last).wait, seconds(2));
  EXPECT_EQ(
      told(200, {{"x-ratelimit-remaining-requests", "1"}, {"x-ratelimit-reset-requests", "2s"}})
          .pace,
      Pace::fine);
  EXPECT_EQ(told(200, {{"x-ratelimit-reset-requests", "2s"}}).pace, Pace::fine);
  for (const char* limit : {"0", "-1", ""}) {
    EXPECT_EQ(told(200, {{"x-ratelimit-limit-tokens", limit},
                         {"x-ratelimit-remaining-tokens", "0"},
                         {"x-ratelimit-reset-tokens", "2s"}})
                  .pace,
              Pace::fine)
        << "a server that sends zeros for what it does not count: '" << limit << "'";
  }
  EXPECT_EQ(told(500, last).pace, Pace::fine);
}

TEST(PaceFields, OfABucketThatFillsAllTheTimeWaitOnlyForAPartOfIt) {
  EXPECT_EQ(told(200, {{"anthropic-ratelimit-tokens-limit", "400000"},
                       {"anthropic-ratelimit-tokens-remaining", "0"},
                       {"anthropic-ratelimit-tokens-reset", "2026-11-23T18:30:32Z"}})
                .wait,
            seconds(2));
}

TEST(PaceFields, OfGoogleStandInTheBody) {
  EXPECT_EQ(told_delay(R"({"error":{"code":429,"details":[{"retryDelay": "46s"}]}})"), seconds(46));
  EXPECT_EQ(told_delay(R"({"retryDelay":"1.5s"})"), milliseconds(1500));
  EXPECT_EQ(told_delay(R"({"retryDelay":"soon"})"), std::nullopt);
  EXPECT_EQ(told_delay(R"({"retryDelay":"4)"), std::nullopt);
  EXPECT_EQ(told_delay(R"({"retryDelay")"), std::nullopt);
  EXPECT_EQ(told_delay(""), std::nullopt);
}

TEST(SpendCaps, AreToldFromPace) {
  EXPECT_TRUE(is_spend_cap(R"({"error":{"type":"insufficient_quota","code":"x"}})"));
  EXPECT_TRUE(is_spend_cap(
      R"({"type":"error","error":{"details":{"error_code":"enforced_spend_limit_reached"}}})"));
  EXPECT_FALSE(is_spend_cap(R"({"error":{"code":"rate_limit_exceeded"}})"));
  EXPECT_FALSE(is_spend_cap(""));
}

RC_GTEST_PROP(PaceFields, SurviveAnyBytes, (const std::string& name, const std::string& value)) {
  const std::string prefix = *rc::gen::element<std::string>(
      "", "x-ratelimit-", "x-ratelimit-reset-", "anthropic-ratelimit-", "retry-after");
  const std::string suffix = *rc::gen::element<std::string>(
      "", "requests", "tokens", "-reset", "tokens-remaining", "input-tokens-reset", "-ms");
  const std::string words = *rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("0123456789.:-TZhmsun+ \xc2\xb5")));
  for (const std::string& text : {value, words, std::string("0"), "1" + words}) {
    for (const std::string& called : {prefix + name, prefix + suffix, name}) {
      PaceFields seen(kNow);
      seen.see(called, text);
      for (const int status : {200, 429, 503}) {
        const ToldPace heard = seen.told(status);
        RC_ASSERT(!heard.wait || *heard.wait >= nanoseconds(0));
      }
    }
  }
}

}  // namespace
}  // namespace purser
