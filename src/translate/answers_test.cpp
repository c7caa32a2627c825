// translate/answers_test.cpp — plain answers and errors, from one dialect to another.
#include <gtest/gtest.h>

#include "translate/json.hpp"
#include "translate/translate.hpp"

namespace purser::translate {
namespace {

std::string translated(Wire from, Wire to, std::string_view body) {
  const auto answer = read_answer(from, body, {.id = "p1"});
  EXPECT_TRUE(answer) << answer.error().message;
  return write_answer(to, answer.value(), {.id = "p1", .now = 1000}).body;
}

void expect_json(std::string_view written, std::string_view expected) {
  const auto body = parsed(written);
  const auto other = parsed(expected);
  ASSERT_TRUE(body && other) << written;
  EXPECT_EQ(*body, *other) << written;
}

constexpr std::string_view kMessages = R"({
  "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5-5",
  "content": [
    {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
    {"type": "text", "text": "I look."},
    {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": "it"}}],
  "stop_reason": "tool_use", "stop_sequence": null,
  "usage": {"input_tokens": 10, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 30,
    "cache_creation": {"ephemeral_5m_input_tokens": 15, "ephemeral_1h_input_tokens": 5},
    "output_tokens": 40, "output_tokens_details": {"thinking_tokens": 7},
      "service_tier": "standard"}})";

TEST(Answers, MessagesBecomeChat) {
  expect_json(translated(Wire::messages, Wire::chat, kMessages), R"({
    "id": "msg_1", "object": "chat.completion", "created": 1000, "model": "claude-opus-5-5",
    "choices": [{"index": 0, "logprobs": null, "finish_reason": "tool_calls", "message": {
      "role": "assistant", "content": "I look.", "refusal": null, "reasoning_content": "Hm.",
      "tool_calls": [{"id": "toolu_1", "type": "function",
        "function": {"name": "look", "arguments": "{\"at\":\"it\"}"}}]}}],
    "usage": {"prompt_tokens": 60, "completion_tokens": 40, "total_tokens": 100,
      "prompt_tokens_details": {"cached_tokens": 30, "cache_write_tokens": 20, "audio_tokens": 0},
      "completion_tokens_details": {"reasoning_tokens": 7, "audio_tokens": 0}},
    "service_tier": "default"})");
}

constexpr std::string_view kChat = R"({
  "id": "chatcmpl-1", "object": "chat.completion", "created": 5, "model": "gpt-5.6",
  "choices": [{"index": 0, "finish_reason": "length", "logprobs": null,
    "message": {"role": "assistant", "content": "Half a", "refusal": null, "annotations": []}}],
  "usage": {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
    "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
    "completion_tokens_details": {"reasoning_tokens": 20}}})";

TEST(Answers, ChatBecomesMessages) {
  expect_json(translated(Wire::chat, Wire::messages, kChat), R"({
    "id": "chatcmpl-1", "type": "message", "role": "assistant", "model": "gpt-5.6",
    "content": [{"type": "text", "text": "Half a", "citations": null}],
    "stop_reason": "max_tokens", "stop_sequence": null,
    "usage": {"input_tokens": 30, "cache_creation_input_tokens": 10, "cache_read_input_tokens": 60,
      "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 0},
      "output_tokens": 50, "output_tokens_details": {"thinking_tokens": 20},
      "service_tier": null}})");
}

constexpr std::string_view kGemini = R"({
  "candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [
    {"text": "Hm.", "thought": true},
    {"functionCall": {"name": "look", "args": {"at": "it"}}, "thoughtSignature": "c2ln"}]}}],
  "usageMetadata": {"promptTokenCount": 50, "cachedContentTokenCount": 20,
    "toolUsePromptTokenCount": 5, "candidatesTokenCount": 10, "thoughtsTokenCount": 7,
    "totalTokenCount": 72},
  "modelVersion": "gemini-4", "responseId": "r1"})";

TEST(Answers, GeminiBecomesResponses) {
  const auto body = parsed(translated(Wire::gemini, Wire::responses, kGemini));
  ASSERT_TRUE(body);
  const json::object& response = body->as_object();
  EXPECT_EQ(response.at("status"), "completed");
  EXPECT_EQ(response.at("output"), parsed(R"([
    {"type": "reasoning", "id": "rs_r1_0",
     "summary": [{"type": "summary_text", "text": "Hm."}]},
    {"type": "reasoning", "id": "rs_r1_1", "summary": [],
     "encrypted_content": "purser:gemini:call:c2ln"},
    {"type": "function_call", "id": "fc_r1_2", "call_id": "gemini_call_p1_0", "name": "look",
     "arguments": "{\"at\":\"it\"}", "status": "completed"}])")
                                       .value());
  EXPECT_EQ(response.at("usage").at("input_tokens"), 55);
  EXPECT_EQ(response.at("usage").at("output_tokens"), 17);
  EXPECT_EQ(response.at("usage").at("output_tokens_details").at("reasoning_tokens"), 7);
}

TEST(Answers, ChatBecomesGemini) {
  expect_json(translated(Wire::chat, Wire::gemini, kChat), R"({
    "candidates": [{"content": {"role": "model", "parts": [{"text": "Half a"}]},
      "finishReason": "MAX_TOKENS", "index": 0}],
    "modelVersion": "gpt-5.6", "responseId": "chatcmpl-1",
    "usageMetadata": {"promptTokenCount": 100, "cachedContentTokenCount": 60,
      "candidatesTokenCount": 30, "thoughtsTokenCount": 20, "totalTokenCount": 150}})");
}

TEST(Answers, WhatIsNoAnswerIsTheProvidersFault) {
  const auto wrong = read_answer(Wire::chat, R"({"id": "x"})", {});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().fault, Fault::upstream);
}

struct ErrorCase {
  Wire from;
  int status;
  std::string_view body;
  Wire to;
  int translated;
  std::string_view expected;
};

TEST(Answers, ErrorsKeepWhatTheyMean) {
  const ErrorCase cases[] = {
      {Wire::messages, 529,
       R"({"type":"error","error":{"type":"overloaded_error","message":"busy"},"request_id":"r"})",
       Wire::chat, 503,
       R"({"error":{"message":"busy","type":"server_error",
      "param":null,"code":"server_is_overloaded"}})"},
      {Wire::chat, 429,
       R"({"error":{"message":"no money","type":"insufficient_quota",
      "param":null,"code":"credit_balance_exhausted"}})",
       Wire::messages, 402,
       R"({"type":"error","error":{"type":"billing_error","message":"no money"},
      "request_id":null})"},
      {Wire::gemini, 429,
       R"({"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED","details":[]}})",
       Wire::messages, 429,
       R"({"type":"error","error":{"type":"rate_limit_error","message":"slow"},
      "request_id":null})"},
      {Wire::responses, 401,
       R"({"error":{"message":"who?","type":"invalid_request_error",
      "param":null,"code":"invalid_api_key"}})",
       Wire::gemini, 401, R"({"error":{"code":401,"message":"who?","status":"UNAUTHENTICATED"}})"},
      {Wire::messages, 502, "<html>", Wire::gemini, 500,
       R"({"error":{"code":500,"message":"the provider answered 502","status":"INTERNAL"}})"},
  };
  for (const ErrorCase& test : cases) {
    const ErrorAnswer written = write_error(test.to, read_error(test.from, test.status, test.body));
    EXPECT_EQ(written.status, test.translated) << test.body;
    expect_json(written.body, test.expected);
  }
}

}  // namespace
}  // namespace purser::translate
