// wire/responses_test.cpp — what is read from requests in OpenAI's newer dialects, and what is
// written into them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/outline.hpp"
#include "wire/wire.hpp"

namespace purser {
namespace {

Call read(Dialect dialect, std::string_view body) {
  auto call = read_request(dialect, body);
  EXPECT_TRUE(call) << (call ? "" : call.error().message) << body;
  return call ? *call : Call{};
}

TEST(ResponsesRequest, ReadsWhatDecidesItsCost) {
  const std::string_view body =
      R"({"model":"gpt-6-sol","stream":true,"background":true,"max_output_tokens":500,)"
      R"("reasoning":{"summary":"auto","effort":"high"},"service_tier":"flex","user":"ann",)"
      R"("prompt_cache_key":"s-1","instructions":"Be brief.","metadata":{"session_id":"run-7"},)"
      R"("input":[{"role":"user","content":"hi"},{"type":"function_call_output","call_id":"c",)"
      R"("output":"42"}],"tools":[{"type":"function","name":"f"}]})";
  const Call call = read(Dialect::responses, body);
  EXPECT_EQ(call.model, "gpt-6-sol");
  EXPECT_TRUE(call.stream);
  EXPECT_TRUE(call.background);
  EXPECT_EQ(call.output_max, Tokens(500));
  EXPECT_EQ(call.effort, "high");
  EXPECT_EQ(call.tier_asked, ServiceTier::flex);
  EXPECT_EQ(call.user, "ann");
  EXPECT_EQ(call.session, "run-7");
  EXPECT_EQ(call.prompt_cache_key, "s-1");
  EXPECT_EQ(call.messages, 2);
  EXPECT_EQ(call.tools, 1);
  EXPECT_EQ(call.server_tool_rounds_max, 0) << "its caller runs the function";
  EXPECT_FALSE(call.state_on_server);
}

TEST(ResponsesRequest, KnowsWhatTheProviderKeeps) {
  const Call next =
      read(Dialect::responses, R"({"model":"m","input":"on","previous_response_id":"resp_1"})");
  EXPECT_TRUE(next.state_on_server);
  EXPECT_EQ(next.previous_response, "resp_1");
  EXPECT_EQ(next.state_tokens_max, Tokens(0)) << "how much it is the pipeline may know";
  for (const std::string_view kept :
       {R"("conversation":"conv_1")", R"("conversation":{"id":"conv_1"})", R"("prompt":{"id":"p"})",
        R"("input":[{"type":"item_reference","id":"i"}])"}) {
    const Call call = read(Dialect::responses, R"({"model":"m",)" + std::string(kept) + "}");
    EXPECT_TRUE(call.state_on_server) << kept;
    EXPECT_GE(call.state_tokens_max, Tokens(1'000'000)) << kept;
  }
}

TEST(ResponsesRequest, BoundsToolsThatTheProviderRuns) {
  const Call searching =
      read(Dialect::responses, R"({"model":"m","input":"x","tools":[{"type":"web_search"},)"
                               R"({"type":"file_search","vector_store_ids":["v"]}]})");
  EXPECT_EQ(searching.server_tool_rounds_max, 10);
  EXPECT_EQ(searching.web_searches_max, 20);
  EXPECT_EQ(searching.file_searches_max, 20);
  const Call bounded = read(Dialect::responses, R"({"model":"m","input":"x","max_tool_calls":3,)"
                                                R"("tools":[{"type":"file_search"}]})");
  EXPECT_EQ(bounded.server_tool_rounds_max, 3);
  EXPECT_EQ(bounded.web_searches_max, 0);
  EXPECT_EQ(bounded.file_searches_max, 3);
  const Call drawing =
      read(Dialect::responses, R"({"model":"m","input":"x","tools":[{"type":"image_generation",)"
                               R"("model":"gpt-image-2","quality":"low","size":"1024x1024"}]})");
  EXPECT_EQ(drawing.other_models[0], "gpt-image-2");
  EXPECT_EQ(drawing.side_output_max, Tokens(4'080));
}

TEST(ResponsesRequest, BoundsMedia) {
  const Call call =
      read(Dialect::responses,
           R"({"model":"gpt-6-sol","input":[{"role":"user","content":[{"type":"input_text",)"
           R"("text":"x"},{"type":"input_image","image_url":"https://a/b.png"}]},)"
           R"({"type":"computer_call_output","output":{"type":"computer_screenshot",)"
           R"("image_url":"data:image/png;base64,AAAA"}}]})");
  EXPECT_EQ(call.media_parts, 2);
  EXPECT_EQ(call.media_tokens_max, Tokens(24'000));
  EXPECT_EQ(call.media_bytes, 26);
}

TEST(ResponsesRequest, WritesEditsWhereTheyBelong) {
  const auto edited = [](std::string_view body, const Edits& edits) {
    return splice(read(Dialect::responses, body), body, edits);
  };
  EXPECT_EQ(edited(R"({"model":"m","input":"x"})", {.output_max = Tokens(7)}),
            R"({"max_output_tokens":7,"model":"m","input":"x"})");
  EXPECT_EQ(edited(R"({"model":"m","input":"x","reasoning":{"effort":"high"}})",
                   {.model = "n", .effort = "low"}),
            R"({"model":"n","input":"x","reasoning":{"effort":"low"}})");
  EXPECT_EQ(
      edited(R"({"model":"m","input":"x","tools":[{"type":"function"}]})", {.closing = "Stop."}),
      R"({"tool_choice":"none","model":"m","input":[{"role":"user","content":"x"},)"
      R"({"role":"system","content":"Stop."}],"tools":[{"type":"function"}]})");
  EXPECT_EQ(
      edited(R"({"model":"m","input":[{"role":"user","content":"x"}]})", {.closing = "Stop."}),
      R"({"model":"m","input":[{"role":"user","content":"x"},)"
      R"({"role":"system","content":"Stop."}]})");
  EXPECT_EQ(edited(R"({"model":"m","prompt":{"id":"p"}})", {.closing = "Stop."}),
            R"({"input":[{"role":"system","content":"Stop."}],"model":"m","prompt":{"id":"p"}})");
}

TEST(ResponsesRequest, IsRefusedWithoutAModel) {
  const auto call = read_request(Dialect::responses, R"({"prompt":{"id":"p"}})");
  ASSERT_FALSE(call);
  EXPECT_EQ(call.error().message, "you must provide a model parameter");
}

TEST(EmbeddingsRequest, HasNoOutput) {
  for (const std::string_view input : {R"("x")", R"(["x","y"])", "[1,2]", "[[1],[2]]"}) {
    const Call call =
        read(Dialect::embeddings, R"({"model":"m","input":)" + std::string(input) + "}");
    EXPECT_EQ(call.output_max, Tokens(0));
    EXPECT_TRUE(call.output_fixed);
  }
  EXPECT_FALSE(read_request(Dialect::embeddings, R"({"model":"m"})"));
}

TEST(CompletionsRequest, AnswersEachPromptInEachChoice) {
  const Call plain = read(Dialect::completions, R"({"model":"m","prompt":"x"})");
  EXPECT_EQ(plain.output_max, Tokens(16)) << "what OpenAI takes without a bound";
  EXPECT_EQ(plain.choices, 1);
  const Call many = read(Dialect::completions,
                         R"({"model":"m","prompt":["a","b"],"n":2,"best_of":3,"max_tokens":9})");
  EXPECT_EQ(many.choices, 6);
  EXPECT_EQ(many.output_max, Tokens(9));
  EXPECT_EQ(read(Dialect::completions, R"({"model":"m","prompt":[1,2,3]})").choices, 1);
  const std::string_view stream = R"({"model":"m","prompt":"x","stream":true})";
  EXPECT_EQ(splice(read(Dialect::completions, stream), stream, {.ask_usage = true}),
            R"({"stream_options":{"include_usage":true},"model":"m","prompt":"x","stream":true})");
}

TEST(ImagesRequest, IsBoundedBySizeAndQuality) {
  const auto bound = [](std::string_view more) {
    const Call call =
        read(Dialect::images, R"({"model":"gpt-image-2","prompt":"x")" + std::string(more) + "}");
    EXPECT_TRUE(call.output_fixed);
    return call.output_max.value_or(Tokens(0)).count() * call.choices;
  };
  EXPECT_EQ(bound(R"(,"quality":"low","size":"1024x1024")"), 408);
  EXPECT_EQ(bound(R"(,"quality":"medium","n":3)"), 3 * 1'584);
  EXPECT_EQ(bound(R"(,"quality":"high","size":"3840x2160","partial_images":2)"), 6 * 6'240 + 200);
  EXPECT_EQ(bound(""), 4 * 6'240) << "what \"auto\" may choose";
}

/// Read by nobody before.
Outline outline(std::string_view items) {
  const std::string body =
      R"({"model":"m","instructions":"Be brief.","input":)" + std::string(items) + "}";
  OutlineMemory memory;
  // Names in it point into the body, which goes: they are not looked at.
  return outline_of(read(Dialect::responses, body), body, memory);
}

TEST(ResponsesOutline, IsTheSameHoweverItIsPrinted) {
  const auto tip = [](std::string_view items) { return outline(items).messages.back().chain; };
  EXPECT_EQ(tip(R"("hi")"), tip(R"([{"role":"user","content":"hi"}])"));
  EXPECT_EQ(
      tip(R"([{"role":"user","content":"hi"}])"),
      tip(R"([{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}])"));
  EXPECT_EQ(tip(R"([{"role":"user","content":"hi"},{"type":"reasoning","id":"rs","summary":[]},)"
                R"({"type":"message","id":"m","status":"completed","role":"assistant",)"
                R"("content":[{"type":"output_text","text":"yes","annotations":[]}]}])"),
            tip(R"([{"role":"user","content":"hi"},{"role":"assistant","content":"yes"}])"))
      << "ids, and what was thought, are no part of it";
  EXPECT_NE(tip(R"("hi")"), tip(R"("ho")"));
}

TEST(ResponsesOutline, ListsCallsAndResults) {
  const Outline seen = outline(
      R"([{"role":"user","content":"hi"},{"type":"function_call","call_id":"c1","name":"look",)"
      R"("arguments":"{\"a\":1,\"b\":2}"},{"type":"function_call_output","call_id":"c1",)"
      R"("output":"error: none"},{"type":"custom_tool_call","call_id":"c2","name":"run",)"
      R"("input":"ls"},{"type":"custom_tool_call_output","call_id":"c2","output":"a"}])");
  ASSERT_EQ(seen.calls.size(), 2);
  ASSERT_EQ(seen.results.size(), 2);
  EXPECT_EQ(seen.calls[0].id, seen.results[0].call_id);
  EXPECT_TRUE(seen.results[0].error);
  EXPECT_FALSE(seen.results[1].error);
  const Outline again = outline(
      R"([{"type":"function_call","call_id":"c9","name":"look","arguments":"{\"b\":2,\"a\":1}"}])");
  EXPECT_EQ(again.calls[0].action, seen.calls[0].action);
}

}  // namespace
}  // namespace purser
