// wire/refusal_test.cpp — refusals that SDKs understand and do not repeat.
#include <gtest/gtest.h>
#include <simdjson.h>

#include "wire/wire.hpp"

namespace purser {
namespace {

constexpr Refused kAll[] = {Refused::money,     Refused::pace,        Refused::key,
                            Refused::forbidden, Refused::bad_request, Refused::too_large,
                            Refused::not_found, Refused::no_price,    Refused::upstream,
                            Refused::timeout,   Refused::overloaded,  Refused::head,
                            Refused::conflict};

TEST(Refusal, ForMoneyIsNeverToBeRetried) {
  const RefusalBody chat = refusal(Dialect::chat, Refused::money, "Limit \"a\" is used up.", "r1");
  EXPECT_EQ(chat.status, 402);
  EXPECT_FALSE(chat.retry);
  EXPECT_EQ(chat.body,
            R"~({"error":{"message":"Limit \"a\" is used up. (insufficient_quota: a billing )~"
            R"~(limit set in Purser; retrying will not help)","type":"insufficient_quota",)~"
            R"~("param":null,"code":"project_spend_limit_exceeded"}})~");
  const RefusalBody messages = refusal(Dialect::messages, Refused::money, "It is used up.", "r1");
  EXPECT_EQ(messages.status, 402);
  EXPECT_FALSE(messages.retry);
  EXPECT_EQ(messages.body,
            R"~({"type":"error","error":{"type":"billing_error","message":"It is used up. )~"
            R"~((insufficient_quota: a billing limit set in Purser; retrying will not help)",)~"
            R"~("details":{"error_code":"enforced_spend_limit_reached"}},"request_id":"r1"})~");
}

TEST(Refusal, SaysInGooglesWordsHowLongToWait) {
  const RefusalBody money = refusal(Dialect::gemini, Refused::money, "It is used up.", "r1");
  EXPECT_EQ(money.status, 402);
  EXPECT_FALSE(money.retry);
  EXPECT_EQ(money.body,
            R"~({"error":{"code":402,"message":"It is used up. (insufficient_quota: a billing )~"
            R"~(limit set in Purser; retrying will not help)","status":"PERMISSION_DENIED",)~"
            R"~("details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo",)~"
            R"~("reason":"BILLING_LIMIT_REACHED","domain":"purser"}]}})~");
  EXPECT_EQ(refusal(Dialect::gemini, Refused::pace, "Wait.", "r1", std::chrono::seconds(7)).body,
            R"~({"error":{"code":429,"message":"Wait.","status":"RESOURCE_EXHAUSTED",)~"
            R"~("details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo",)~"
            R"~("retryDelay":"7s"}]}})~");
}

TEST(Refusal, IsOfferedForRetryOnlyWhereWaitingHelps) {
  for (const Refused why : kAll) {
    for (const Dialect dialect : kModelDialects) {
      const RefusalBody refused = refusal(dialect, why, "m", "r");
      EXPECT_EQ(refused.retry, refused.status == 429 || refused.status >= 500) << refused.status;
      EXPECT_GE(refused.status, 400);
    }
  }
}

TEST(Refusal, IsAlwaysJsonWhateverTheMessageHolds) {
  simdjson::dom::parser parser;
  for (const Refused why : kAll) {
    for (const Dialect dialect : kModelDialects) {
      const std::string body = refusal(dialect, why, "a\"\n\\\xFF\x01", "r\"").body;
      EXPECT_EQ(parser.parse(body).error(), simdjson::SUCCESS) << body;
    }
  }
}

TEST(Refusal, InAStreamIsAnErrorEventThatMetersSeeAsBroken) {
  for (const Dialect dialect : {Dialect::chat, Dialect::messages, Dialect::responses,
                                Dialect::completions, Dialect::images, Dialect::gemini}) {
    const auto meter = make_meter(dialect, {.stream = true});
    std::string unused;
    meter->see(refusal_event(dialect, Refused::money, "no more", "req_1"), unused);
    EXPECT_EQ(meter->finish(true, unused).ending, Ending::broken);
  }
}

}  // namespace
}  // namespace purser
