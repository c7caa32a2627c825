// wire/gemini_request_test.cpp — what is read from requests to Google's API, and what is written
// into them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "wire/gemini_path.hpp"
#include "wire/gemini_thinking.hpp"
#include "wire/wire.hpp"

namespace purser {
namespace {

constexpr std::string_view kPath = "/v1beta/models/gemini-2.5-flash:generateContent";

Call read(std::string_view body, std::string_view path = kPath) {
  auto call = read_request(Dialect::gemini, body, {}, path);
  EXPECT_TRUE(call) << body << (call ? "" : call.error().message);
  return call ? *call : Call{};
}

std::string refusal_of(std::string_view body, std::string_view path = kPath) {
  const auto call = read_request(Dialect::gemini, body, {}, path);
  return call ? "taken" : call.error().message;
}

std::string spliced(std::string_view body, const Edits& edits) {
  return splice(read(body), body, edits);
}

TEST(GeminiPath, NamesTheModelAndTheMethod) {
  const auto path = read_gemini_path("/v1beta/models/gemini-3-pro:streamGenerateContent");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->model, "gemini-3-pro");
  EXPECT_EQ(path->model_span.at, 15U);
  EXPECT_EQ(path->method, GeminiMethod::stream);
  EXPECT_EQ(read_gemini_path("/v1/models/m:countTokens")->method, GeminiMethod::count_tokens);
  EXPECT_EQ(read_gemini_path("/v1/models/m:predict")->method, GeminiMethod::other);
  for (const std::string_view none :
       {"/v1beta/models/m", "/v1beta/models/:generateContent", "/v1/messages", "", "/models/"}) {
    EXPECT_FALSE(read_gemini_path(none)) << none;
  }
}

TEST(GeminiPath, TellsTheFramingOfAStream) {
  constexpr std::string_view kStream = "/v1beta/models/m:streamGenerateContent";
  EXPECT_TRUE(streams_array(kStream, ""));
  EXPECT_TRUE(streams_array(kStream, "key=alt=sse"));
  EXPECT_FALSE(streams_array(kStream, "key=k&alt=sse"));
  EXPECT_FALSE(streams_array(kPath, ""));
}

TEST(GeminiRequest, ReadsWhatDecidesItsCost) {
  const std::string_view body =
      R"({"contents":[{"role":"user","parts":[{"text":"hi"}]},{"parts":{"text":"x"}}],)"
      R"("systemInstruction":{"parts":[{"text":"Be terse."}]},)"
      R"("generationConfig":{"maxOutputTokens":500,"candidateCount":2,)"
      R"("thinkingConfig":{"thinkingBudget":9000}},"serviceTier":"flex",)"
      R"("tools":[{"functionDeclarations":[{"name":"a"},{"name":"b"}]}],)"
      R"("unknown":{"maxOutputTokens":1}})";
  const Call call = read(body);
  EXPECT_EQ(call.model, "gemini-2.5-flash");
  EXPECT_FALSE(call.stream);
  EXPECT_EQ(call.output_max, Tokens(500));
  EXPECT_EQ(call.choices, 2);
  EXPECT_EQ(call.effort, "high");
  EXPECT_EQ(call.tier_asked, ServiceTier::flex);
  EXPECT_EQ(call.messages, 2);
  EXPECT_EQ(call.tools, 2);
  EXPECT_EQ(call.server_tool_rounds_max, 0);
  EXPECT_EQ(call.media_parts, 0);
  EXPECT_TRUE(read(body, "/v1/models/m:streamGenerateContent").stream);
}

TEST(GeminiRequest, TakesBothSpellingsAndNotBothAtOnce) {
  const Call call =
      read(R"({"contents":{"parts":{"text":"hi"}},"generation_config":{"max_output_tokens":7,)"
           R"("thinking_config":{"thinking_level":"low"}},"cached_content":"cachedContents/x",)"
           R"("tools":{"google_search":{}}})");
  EXPECT_EQ(call.output_max, Tokens(7));
  EXPECT_EQ(call.effort, "low");
  EXPECT_EQ(call.messages, 1);
  EXPECT_TRUE(call.state_on_server);
  EXPECT_EQ(call.server_tool_rounds_max, 10);
  EXPECT_EQ(call.web_searches_max, 20);
  EXPECT_THAT(refusal_of(R"({"contents":[],"generationConfig":{"maxOutputTokens":1,)"
                         R"("max_output_tokens":9999}})"),
              testing::HasSubstr("Duplicate member"));
  EXPECT_THAT(refusal_of(R"({"contents":[],"generationConfig":{},"generation_config":{}})"),
              testing::HasSubstr("Duplicate member"));
}

TEST(GeminiRequest, BoundsMedia) {
  const auto media = [](std::string_view part) {
    return read(R"({"contents":[{"parts":[)" + std::string(part) + "]}]}");
  };
  const Call image = media(R"({"inlineData":{"mimeType":"image/png","data":"AAAA"}})");
  EXPECT_EQ(image.media_parts, 1);
  EXPECT_EQ(image.media_bytes, 4);
  EXPECT_EQ(image.media_tokens_max, Tokens(4'128));
  EXPECT_EQ(media(R"({"inline_data":{"data":"AAAA","mime_type":"audio/mp3"}})").media_tokens_max,
            Tokens(64));
  EXPECT_EQ(media(R"({"inlineData":{"mimeType":"text/csv","data":"AAAA"}})").media_tokens_max,
            Tokens(4));
  EXPECT_EQ(media(R"({"fileData":{"mimeType":"video/mp4","fileUri":"u"}})").media_tokens_max,
            Tokens(1 << 20));
  const Call given =
      media(R"({"functionResponse":{"name":"f","response":{},"parts":[{"inlineData":)"
            R"({"mimeType":"image/png","data":"AA"}}]}})");
  EXPECT_EQ(given.media_tokens_max, Tokens(4'128));
}

TEST(GeminiRequest, WhatTheProviderRunsIsBoundedEvenWhenNobodyKnowsIt) {
  const auto rounds = [](std::string_view tools) {
    return read(R"({"contents":[],"tools":)" + std::string(tools) + "}").server_tool_rounds_max;
  };
  EXPECT_EQ(rounds(R"([{"functionDeclarations":[]}])"), 0);
  EXPECT_EQ(rounds(R"([{"computerUse":{}}])"), 0);
  EXPECT_EQ(rounds(R"([{"codeExecution":{}}])"), 10);
  EXPECT_EQ(rounds(R"([{"urlContext":{}},{"functionDeclarations":[]}])"), 10);
  EXPECT_EQ(rounds(R"([{"telepathy":{}}])"), 10);
}

TEST(GeminiRequest, EmbeddingsHaveNoOutput) {
  const Call one = read(R"({"content":{"parts":[{"text":"hi"}]}})", "/v1/models/e:embedContent");
  EXPECT_TRUE(one.embeds);
  EXPECT_EQ(one.output_max, Tokens(0));
  const std::string_view batch =
      R"({"requests":[{"model":"models/e","content":{"parts":[{"text":"hi"}]}}]})";
  const Call many = read(batch, "/v1beta/models/e:batchEmbedContents");
  EXPECT_TRUE(many.embeds);
  EXPECT_EQ(splice(many, batch, {.closing = "The end."}), batch);
}

TEST(GeminiRequest, IsRefusedWhereAPriceWouldHangOnAGuess) {
  EXPECT_THAT(refusal_of("{}"), testing::HasSubstr("contents"));
  EXPECT_THAT(refusal_of(R"({"contents":[]})", "/v1/verdict"), testing::HasSubstr("model"));
  EXPECT_THAT(refusal_of(R"({"contents":[],"model":"models/other"})"),
              testing::HasSubstr("the body 'other'"));
  EXPECT_EQ(refusal_of(R"({"contents":[],"model":"models/gemini-2.5-flash"})"), "taken");
  EXPECT_THAT(refusal_of(R"({"contents":[],"generationConfig":{"thinkingConfig":)"
                         R"({"thinkingBudget":1,"thinkingLevel":"LOW"}}})"),
              testing::HasSubstr("not both"));
  EXPECT_THAT(refusal_of(R"({"contents":[],"generationConfig":{"maxOutputTokens":0}})"),
              testing::HasSubstr("below minimum"));
  EXPECT_EQ(read(R"({"contents":[],"model":"models/m"})", "/v1/verdict").model, "m");
}

TEST(GeminiSplice, WritesEachEditWhereItBelongs) {
  const Edits bound{.output_max = Tokens(7)};
  EXPECT_EQ(spliced(R"({"contents":[]})", bound),
            R"({"generationConfig":{"maxOutputTokens":7},"contents":[]})");
  EXPECT_EQ(spliced(R"({"contents":[],"generationConfig": {}})", bound),
            R"({"contents":[],"generationConfig": {"maxOutputTokens":7}})");
  EXPECT_EQ(spliced(R"({"contents":[],"generation_config":{"topK":1}})", bound),
            R"({"contents":[],"generation_config":{"maxOutputTokens":7,"topK":1}})");
  EXPECT_EQ(spliced(R"({"contents":[],"generationConfig":null})", bound),
            R"({"contents":[],"generationConfig":{"maxOutputTokens":7}})");
  EXPECT_EQ(spliced(R"({"generationConfig":{"max_output_tokens": 99 },"contents":[]})", bound),
            R"({"generationConfig":{"max_output_tokens": 7 },"contents":[]})");
}

TEST(GeminiSplice, TheLastAnswerCallsNoFunction) {
  EXPECT_EQ(
      spliced(R"({"contents":[{"parts":[{"text":"x"}]}],"tools":[{"functionDeclarations":)"
              R"([{"name":"f"}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY"}}})",
              {.closing = "Say \"it\"."}),
      R"({"contents":[{"parts":[{"text":"x"}]},{"role":"user","parts":[{"text":"Say \"it\"."}]}],)"
      R"("tools":[{"functionDeclarations":[{"name":"f"}]}],)"
      R"("toolConfig":{"functionCallingConfig":{"mode":"NONE"}}})");
  EXPECT_EQ(spliced(R"({"contents":{"parts":{"text":"x"}}})", {.closing = "End."}),
            R"({"contents":[{"parts":{"text":"x"}},{"role":"user","parts":[{"text":"End."}]}]})");
}

TEST(GeminiSplice, AnotherModelGoesIntoThePath) {
  const std::string_view body = R"({"contents":[]})";
  const Call call = read(body);
  EXPECT_EQ(splice(call, body, {.model = "gemini-2.5-flash-lite"}), body);
  EXPECT_EQ(splice_path(call, kPath, {.model = "gemini-2.5-flash-lite"}),
            "/v1beta/models/gemini-2.5-flash-lite:generateContent");
  EXPECT_EQ(splice_path(call, kPath, {}), kPath);
  const auto chat = read_request(Dialect::chat, R"({"model":"m","messages":[]})", "/v1/x");
  EXPECT_EQ(splice_path(*chat, "/v1/x", {.model = "n"}), "/v1/x");
}

TEST(GeminiSplice, ThinkingIsLoweredAsItWasSaid) {
  const auto with = [](std::string_view config) {
    return R"({"contents":[],"generationConfig":{"thinkingConfig":)" + std::string(config) + "}}";
  };
  EXPECT_EQ(spliced(with(R"({"thinkingBudget":-1})"), {.effort = "low"}),
            with(R"({"thinkingBudget":1024})"));
  EXPECT_EQ(spliced(with(R"({"thinkingLevel":"HIGH"})"), {.effort = "minimal"}),
            with(R"({"thinkingLevel":"MINIMAL"})"));
  EXPECT_EQ(level_json("none", "gemini-4-argon"), R"("LOW")");
  EXPECT_EQ(budget_json("none", "gemini-2.5-pro"), "128");
  EXPECT_EQ(effort_of_budget(0), "none");
  EXPECT_EQ(effort_of_budget(-1), "high");
  EXPECT_EQ(effort_of_level("medium"), "medium");
  EXPECT_EQ(effort_of_level("THINKING_LEVEL_UNSPECIFIED"), "");
}

/// A request of members in any order, spelling and combination.
rc::Gen<std::string> requests() {
  return rc::gen::exec([] {
    const auto one_of = [](std::initializer_list<const char*> choices) {
      return *rc::gen::elementOf(std::vector<std::string>(choices.begin(), choices.end()));
    };
    std::vector<std::string> members{
        one_of({R"("contents":[])", R"("contents" : [ {"parts":[{"text":"a\"}]{"}]} ])",
                R"("contents":{"parts":{"text":"x"}})"})};
    for (const std::string& member :
         {one_of({"", R"("generationConfig":{})", R"("generationConfig": null)",
                  R"("generation_config":{ "topP":0.5 })",
                  R"("generationConfig":{"maxOutputTokens": 5 ,"stopSequences":["}"]})",
                  R"("generationConfig":{"thinkingConfig":{"thinkingLevel":"HIGH"}})",
                  R"("generation_config":{"max_output_tokens":null})"}),
          one_of({"", R"("tools":[{"functionDeclarations":[{"name":"f"}]}])",
                  R"("tools":{"googleSearch":{}})"}),
          one_of({"", R"("toolConfig":{"functionCallingConfig":{"mode":"ANY"}})"})}) {
      if (!member.empty()) {
        members.push_back(member);
      }
    }
    for (std::size_t last = members.size(); last > 1; --last) {
      std::swap(members[last - 1], members[*rc::gen::inRange<std::size_t>(0, last)]);
    }
    std::string body = one_of({"{", " {\n"});
    for (std::size_t at = 0; at < members.size(); ++at) {
      body += (at == 0 ? "" : one_of({",", " ,\n"})) + members[at];
    }
    return body + one_of({"}", " }\n"});
  });
}

RC_GTEST_PROP(GeminiSplice, ReadsBackWhatWasWrittenAndKeepsTheRest, ()) {
  const std::string body = *requests();
  const bool closes = *rc::gen::arbitrary<bool>();
  const Edits edits{.output_max = Tokens(*rc::gen::inRange(1, 100'000)),
                    .effort = "low",
                    .closing = closes ? std::optional<std::string_view>("End.") : std::nullopt};
  const Call call = read(body);
  const std::string edited = splice(call, body, edits);
  const auto again = read_request(Dialect::gemini, edited, {}, kPath);
  RC_ASSERT(again);
  RC_ASSERT(again->output_max == edits.output_max);
  RC_ASSERT(again->effort == (call.effort.empty() ? "" : "low"));
  RC_ASSERT(again->messages == call.messages + (closes ? 1 : 0));
  RC_ASSERT(again->tools == call.tools);
  RC_ASSERT(splice(call, body, {}) == body);
  // Every byte of the messages is still there, in a row.
  for (const Span span : call.message_spans) {
    RC_ASSERT(edited.contains(body.substr(span.at, span.length)));
  }
}

}  // namespace
}  // namespace purser
