// wire/request_test.cpp — what is read from requests, and what is refused with which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/wire.hpp"

namespace purser {
namespace {

Call read(Dialect dialect, std::string_view body) {
  auto call = read_request(dialect, body);
  EXPECT_TRUE(call) << (call ? "" : call.error().message);
  return call ? *call : Call{};
}

std::string refusal_of(Dialect dialect, std::string_view body) {
  const auto call = read_request(dialect, body);
  if (call) {
    return "taken";
  }
  EXPECT_EQ(call.error().fault, Fault::client);
  return call.error().message;
}

TEST(ChatRequest, ReadsWhatDecidesItsCost) {
  const std::string_view body =
      R"({"model":"gpt-6-sol","stream":true,)"
      R"("stream_options":{"x":1,"include_usage":true},"n":3,)"
      R"("max_completion_tokens":500,"service_tier":"flex","user":"ann",)"
      R"("prompt_cache_key":"s-1","messages":[{"role":"user","content":"hi"},)"
      R"({"role":"assistant","content":null}],"tools":[{"type":"function"}],)"
      R"("unknown":{"model":"other"}})";
  const Call call = read(Dialect::chat, body);
  EXPECT_EQ(call.model, "gpt-6-sol");
  EXPECT_TRUE(call.stream);
  EXPECT_TRUE(call.asks_usage);
  EXPECT_EQ(call.choices, 3);
  EXPECT_EQ(call.output_max, Tokens(500));
  EXPECT_EQ(body.substr(call.output_max_span.at, call.output_max_span.length), "500");
  EXPECT_EQ(body.substr(call.include_usage_span.at, call.include_usage_span.length), "true");
  EXPECT_EQ(body.substr(call.stream_options_span.at, call.stream_options_span.length),
            R"({"x":1,"include_usage":true})");
  EXPECT_EQ(call.tier_asked, ServiceTier::flex);
  EXPECT_EQ(call.user, "ann");
  EXPECT_EQ(call.prompt_cache_key, "s-1");
  EXPECT_EQ(call.messages, 2);
  EXPECT_EQ(call.tools, 1);
  EXPECT_EQ(call.server_tool_rounds_max, 0);
  EXPECT_EQ(call.prompt_bytes, static_cast<std::int64_t>(body.size()));
  EXPECT_EQ(body[call.first_member_at - 1], '{');
}

TEST(ChatRequest, TakesEscapedNamesAndTexts) {
  const Call call =
      read(Dialect::chat,
           R"({"mod\u0065l":"meta\/llama","max_tokens":null,"messages":[],"user":"\u00e9"})");
  EXPECT_EQ(call.model, "meta/llama");
  EXPECT_EQ(call.user, "\xC3\xA9");
  const Call copy = call;  // views live as long as any copy
  EXPECT_EQ(copy.model, "meta/llama");
}

TEST(ChatRequest, BoundsMediaByProviderRules) {
  const Call image = read(
      Dialect::chat, R"({"model":"gpt-6-sol","messages":[{"content":[)"
                     R"({"type":"text","text":"what is this"},)"
                     R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},)"
                     R"({"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]})");
  EXPECT_EQ(image.media_parts, 2);
  EXPECT_EQ(image.media_tokens_max, Tokens(24'000));
  EXPECT_EQ(image.media_bytes, 26);
  const Call tiled = read(Dialect::chat, R"({"messages":[{"content":[{"type":"image_url",)"
                                         R"("image_url":{"url":"u"}}]}],"model":"gpt-4o-mini"})");
  EXPECT_EQ(tiled.media_tokens_max, Tokens(48'169));
  const Call unknown = read(
      Dialect::chat, R"({"model":"m","messages":[{"content":[{"type":"hologram","id":"h1"}]}]})");
  EXPECT_EQ(unknown.media_tokens_max, Tokens(1 << 20));
}

TEST(ChatRequest, CountsProviderToolsAsRounds) {
  const Call search = read(Dialect::chat, R"({"model":"m","messages":[],"web_search_options":{}})");
  EXPECT_EQ(search.server_tool_rounds_max, 1);
  EXPECT_EQ(search.web_searches_max, 1);
  const Call tool =
      read(Dialect::chat, R"({"model":"m","messages":[],"tools":[{"type":"browser_search"}]})");
  EXPECT_EQ(tool.server_tool_rounds_max, 10);
}

TEST(ChatRequest, RefusesInTheProvidersWords) {
  const auto refused = [](std::string_view members) {
    return refusal_of(Dialect::chat, R"({"model":"m","messages":[],)" + std::string(members) + "}");
  };
  EXPECT_EQ(refused(R"("max_tokens":-1)"),
            "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got -1 "
            "instead (at byte 40 of the body).");
  EXPECT_EQ(
      refused(R"("max_tokens":1.5)"),
      "Invalid 'max_tokens': expected an integer, but got 1.5 instead (at byte 40 of the body).");
  EXPECT_THAT(refused(R"("max_tokens":"9")"), testing::HasSubstr("Invalid type for 'max_tokens'"));
  EXPECT_THAT(refused(R"("max_tokens":99999999999999999999)"), testing::HasSubstr("above maximum"));
  EXPECT_THAT(refused(R"("max_tokens":-99999999999999999999)"),
              testing::HasSubstr("below minimum"));
  EXPECT_THAT(refused(R"("max_tokens":5,"max_completion_tokens":5)"),
              testing::HasSubstr("at the same time is not supported"));
  EXPECT_THAT(refused(R"("n":0)"), testing::HasSubstr("Invalid 'n'"));
  EXPECT_THAT(refused(R"("stream":"yes")"),
              testing::HasSubstr("expected a boolean, but got a string"));
  EXPECT_THAT(refused(R"("stream":true,"str\u0065am":false)"),
              testing::HasSubstr("Duplicate member 'stream'"));
  EXPECT_THAT(refused(R"("stream_options":{"include_usage":true,"include_usage":false})"),
              testing::HasSubstr("Duplicate member 'include_usage'"));
  EXPECT_EQ(refused(R"("max_tokens":5,"max_completion_tokens":null)"), "taken");
}

TEST(ChatRequest, RefusesWhatItCannotRead) {
  const auto refused = [](std::string_view body) { return refusal_of(Dialect::chat, body); };
  EXPECT_EQ(
      refused(R"({"model":5,"messages":[]})"),
      "Invalid type for 'model': expected a string, but got a number instead (at byte 9 of the "
      "body).");
  EXPECT_EQ(refused(R"({"messages":[]})"), "you must provide a model parameter");
  EXPECT_EQ(refused(R"({"model":"m"})"), "Missing required parameter: 'messages'.");
  EXPECT_EQ(refused("\"\xFF\""), "The body of your request is not valid UTF-8.");
  for (const char* body :
       {"", "[]", "null", "1", "{", R"({"model":"m","messages":[])",
        R"({"model":"m","messages":[]}x)", R"({"model":"m","messages":{}})",
        R"({"model":"m","messages":[1]})", R"({"model":"m","messages":[],"x":[}})",
        R"({"model":"m","messages":[],})"}) {
    EXPECT_NE(refused(body), "taken") << body;
  }
  EXPECT_THAT(refused(R"({"model":"m","messages":[],"deep":)" + std::string(1000, '[')),
              testing::HasSubstr("fewer than 512 nested"));
}

TEST(MessagesRequest, ReadsWhatDecidesItsCost) {
  const Call call = read(
      Dialect::messages,
      R"({"model":"claude-opus-5-5","max_tokens":1024,"stream":true,"speed":"fast",)"
      R"("inference_geo":"us","service_tier":"auto","system":[{"type":"text","text":"be kind"}],)"
      R"("messages":[{"role":"user","content":"hi"}],"metadata":{"user_id":)"
      R"("{\"device_id\":\"d\",\"account_uuid\":\"acc-1\",\"session_id\":\"ses-1\"}"},)"
      R"("tools":[{"name":"mine","input_schema":{}},{"type":"bash_20250124","name":"bash"}]})");
  EXPECT_EQ(call.model, "claude-opus-5-5");
  EXPECT_EQ(call.output_max, Tokens(1024));
  EXPECT_EQ(call.speed_asked, Speed::fast);
  EXPECT_EQ(call.geo_asked, "us");
  EXPECT_FALSE(call.tier_asked);
  EXPECT_EQ(call.session, "ses-1");
  EXPECT_EQ(call.user, "acc-1");
  EXPECT_EQ(call.tools, 2);
  EXPECT_EQ(call.server_tool_rounds_max, 0);
  EXPECT_FALSE(call.state_on_server);
}

TEST(MessagesRequest, FindsTheSessionInOlderUserIdsAndTheUserInOthers) {
  const auto identity = [](std::string_view user_id) {
    const std::string body =
        R"({"model":"m","messages":[],"metadata":{"user_id":")" + std::string(user_id) + R"("}})";
    const Call call = read(Dialect::messages, body);
    return std::string(call.user) + "|" + std::string(call.session);
  };
  EXPECT_EQ(identity("user_ab_account_cd_session_ef"), "user_ab_account_cd|ef");
  EXPECT_EQ(identity("ann"), "ann|");
  EXPECT_EQ(identity("{not json"), "{not json|");
}

TEST(MessagesRequest, CountsServerToolsAdvisorsAndFallbacks) {
  const Call call = read(
      Dialect::messages,
      R"({"model":"m","max_tokens":9,"messages":[],"tools":[)"
      R"({"type":"web_search_20260209","name":"web_search","max_uses":3},)"
      R"({"type":"advisor_20260301","model":"claude-opus-5-5","max_uses":2,"max_tokens":1000}],)"
      R"("fallbacks":[{"model":"claude-sonnet-5-5","max_tokens":500}]})");
  EXPECT_EQ(call.web_searches_max, 3);
  EXPECT_EQ(call.server_tool_rounds_max, 6);
  EXPECT_EQ(call.side_output_max, Tokens(2500));
  EXPECT_EQ(call.other_models[0], "claude-opus-5-5");
  EXPECT_EQ(call.other_models[1], "claude-sonnet-5-5");
}

TEST(MessagesRequest, FindsMediaAtEveryDepth) {
  const Call call = read(
      Dialect::messages,
      R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":[)"
      R"({"type":"tool_result","content":[{"type":"image",)"
      R"("source":{"type":"base64","data":"QUJD"}}]},)"
      R"({"type":"document","source":{"type":"content","content":[{"type":"image","source":{}}]}},)"
      R"({"type":"document","source":{"type":"text","data":"plain"}},)"
      R"({"type":"document","source":{"type":"file","file_id":"f"}}]}],)"
      R"("thread":{"type":"continue","previous_message_id":"msg_1"}})");
  EXPECT_EQ(call.media_parts, 3);
  EXPECT_EQ(call.media_tokens_max, Tokens(2 * 4784 + (1 << 20)));
  EXPECT_EQ(call.media_bytes, 4);
  EXPECT_TRUE(call.state_on_server);
}

TEST(MessagesRequest, TakesAPrewarmAndRefusesNonsense) {
  EXPECT_EQ(read(Dialect::messages, R"({"model":"m","messages":[],"max_tokens":0})").output_max,
            Tokens(0));
  EXPECT_EQ(refusal_of(Dialect::messages, R"({"messages":[]})"), "model: Field required");
  EXPECT_EQ(refusal_of(Dialect::messages, R"({"model":"m"})"), "messages: Field required");
}

TEST(InputBound, IsBytesMediaAndFraming) {
  const std::string body = R"({"model":"m","messages":[]})";
  EXPECT_EQ(input_bound(read(Dialect::chat, body)),
            Tokens(static_cast<std::int64_t>(body.size()) + 64));
}

TEST(InputBound, GrowsWithEveryRoundOfServerTools) {
  Call call;
  call.prompt_bytes = 1000;
  call.media_bytes = 400;
  call.media_tokens_max = Tokens(50);
  EXPECT_EQ(input_bound(call), Tokens(1000 - 400 + 50 + 64));
  call.server_tool_rounds_max = 2;
  EXPECT_EQ(input_bound(call), Tokens(714 * 3 + 16'384 * 3));
}

}  // namespace
}  // namespace purser
