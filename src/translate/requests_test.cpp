// translate/requests_test.cpp — requests as the providers document them, in the other dialects.
#include <gtest/gtest.h>

#include "translate/json.hpp"
#include "translate/translate.hpp"

namespace purser::translate {
namespace {

Written translated(Wire from, Wire to, std::string_view body, const Beside& beside = {}) {
  const auto conversation = read(from, body, beside);
  EXPECT_TRUE(conversation) << conversation.error().message;
  const auto written = write(to, conversation.value(), Policy::report_all());
  EXPECT_TRUE(written) << written.error().message;
  return *written;
}

/// The same JSON, whatever the order of its members.
void expect_body(const Written& written, std::string_view expected) {
  const auto body = parsed(written.body);
  const auto other = parsed(expected);
  ASSERT_TRUE(body && other) << written.body;
  EXPECT_EQ(*body, *other) << written.body;
}

std::string told(const Losses& losses) {
  std::string text;
  for (const Loss& loss : losses) {
    text += loss.path + " " + std::string(to_string(loss.fate)) + "; ";
  }
  return text;
}

constexpr std::string_view kChatWithTools = R"({
  "model": "gpt-5.6", "max_completion_tokens": 500, "temperature": 0.5, "stop": "END",
  "messages": [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [
      {"type": "text", "text": "Compare the weather."},
      {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}}]},
    {"role": "assistant", "content": null, "tool_calls": [
      {"id": "call_1", "type": "function", "function": {"name": "weather",
      "arguments": "{\"city\":\"Rome\"}"}},
      {"id": "call_2", "type": "function", "function": {"name": "weather",
      "arguments": "{\"city\":\"Oslo\"}"}}]},
    {"role": "tool", "tool_call_id": "call_2", "content": "cold"},
    {"role": "tool", "tool_call_id": "call_1", "content": "warm"}],
  "tools": [{"type": "function", "function": {"name": "weather", "description": "Tells it.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}],
  "tool_choice": "required", "parallel_tool_calls": false, "user": "u1"})";

TEST(Requests, ChatBecomesMessages) {
  const Written written = translated(Wire::chat, Wire::messages, kChatWithTools);
  expect_body(written, R"({
    "model": "gpt-5.6", "max_tokens": 500, "temperature": 0.5, "stop_sequences": ["END"],
    "system": "Be brief.",
    "messages": [
      {"role": "user", "content": [
        {"type": "text", "text": "Compare the weather."},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png",
      "data": "iVBORw=="}}]},
      {"role": "assistant", "content": [
        {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Rome"}},
        {"type": "tool_use", "id": "call_2", "name": "weather", "input": {"city": "Oslo"}}]},
      {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "call_1", "content": [{"type": "text",
      "text": "warm"}]},
        {"type": "tool_result", "tool_use_id": "call_2", "content": [{"type": "text",
      "text": "cold"}]}]}],
    "tools": [{"name": "weather", "description": "Tells it.",
      "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}],
    "tool_choice": {"type": "any", "disable_parallel_tool_use": true},
    "metadata": {"user_id": "u1"}})");
  EXPECT_EQ(told(written.losses), "");
}

TEST(Requests, ChatBecomesResponses) {
  const Written written = translated(Wire::chat, Wire::responses, kChatWithTools);
  expect_body(written, R"({
    "model": "gpt-5.6", "max_output_tokens": 500, "temperature": 0.5, "store": false,
    "instructions": "Be brief.", "input": [
      {"type": "message", "role": "user", "content": [
        {"type": "input_text", "text": "Compare the weather."},
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw=="}]},
      {"type": "function_call", "call_id": "call_1", "name": "weather",
       "arguments": "{\"city\":\"Rome\"}"},
      {"type": "function_call", "call_id": "call_2", "name": "weather",
       "arguments": "{\"city\":\"Oslo\"}"},
      {"type": "function_call_output", "call_id": "call_2", "output": "cold"},
      {"type": "function_call_output", "call_id": "call_1", "output": "warm"}],
    "tools": [{"type": "function", "name": "weather", "description": "Tells it.", "strict": false,
      "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}],
    "tool_choice": "required", "parallel_tool_calls": false, "user": "u1"})");
  EXPECT_EQ(told(written.losses), "stop dropped; ");
}

TEST(Requests, ChatBecomesGemini) {
  const Written written = translated(Wire::chat, Wire::gemini, kChatWithTools);
  EXPECT_EQ(written.path_model, "gpt-5.6");
  expect_body(written, R"({
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "contents": [
      {"role": "user", "parts": [
        {"text": "Compare the weather."},
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw=="}}]},
      {"role": "model", "parts": [
        {"functionCall": {"id": "call_1", "name": "weather", "args": {"city": "Rome"}},
         "thoughtSignature": "skip_thought_signature_validator"},
        {"functionCall": {"id": "call_2", "name": "weather", "args": {"city": "Oslo"}},
         "thoughtSignature": "skip_thought_signature_validator"}]},
      {"role": "user", "parts": [
        {"functionResponse": {"id": "call_1", "name": "weather", "response": {"output": "warm"}}},
        {"functionResponse": {"id": "call_2", "name": "weather", "response": {"output": "cold"}}}
      ]}],
    "tools": [{"functionDeclarations": [{"name": "weather", "description": "Tells it.",
      "parametersJsonSchema": {"type": "object", "properties": {"city": {"type": "string"}}}}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
    "generationConfig": {"maxOutputTokens": 500, "temperature": 0.5, "stopSequences": ["END"]}})");
  EXPECT_EQ(told(written.losses),
            "messages[2].tool_calls[0] approximated; messages[2].tool_calls[1] approximated; "
            "parallel_tool_calls dropped; user dropped; ");
}

TEST(Requests, GeminisOwnSchemaAndCallsWithoutIdsAreRead) {
  const Written written = translated(Wire::gemini, Wire::chat, R"({
    "contents": [
      {"role": "user", "parts": [{"text": "Go."}]},
      {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]},
      {"role": "user", "parts": [
        {"functionResponse": {"name": "f", "response": {"error": "no"}}}]}],
    "tools": [{"function_declarations": [{"name": "f", "parameters": {"type": "OBJECT",
      "properties": {"type": {"type": "STRING", "nullable": true}}}}]}]})",
                                     {.model = "g", .stream = true});
  expect_body(written, R"({
    "model": "g", "stream": true, "stream_options": {"include_usage": true},
    "messages": [
      {"role": "user", "content": "Go."},
      {"role": "assistant", "content": null, "tool_calls": [{"id": "gemini_call__0",
        "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
      {"role": "tool", "tool_call_id": "gemini_call__0", "content": "no"}],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object",
      "properties": {"type": {"type": ["string", "null"]}}}}}]})");
}

constexpr std::string_view kMessagesWithTools = R"({
  "model": "claude-opus-5-5", "max_tokens": 4000, "stream": true,
  "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
  "thinking": {"type": "enabled", "budget_tokens": 2000},
  "messages": [
    {"role": "user", "content": "Read it."},
    {"role": "assistant", "content": [
      {"type": "thinking", "thinking": "I must read.", "signature": "c2ln"},
      {"type": "text", "text": "Reading."},
      {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"path": "a"}}]},
    {"role": "user", "content": [
      {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": true, "content": [
        {"type": "text", "text": "no such file"},
        {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}}]},
      {"type": "text", "text": "Try b."}]}],
  "tools": [{"name": "read", "input_schema": {"type": "object", "properties": {}}},
            {"type": "web_search_20250305", "name": "web_search"}],
  "tool_choice": {"type": "tool", "name": "read"}})";

TEST(Requests, MessagesBecomeChat) {
  const Written written = translated(Wire::messages, Wire::chat, kMessagesWithTools);
  expect_body(written, R"({
    "model": "claude-opus-5-5", "max_completion_tokens": 4000, "stream": true,
    "stream_options": {"include_usage": true}, "reasoning_effort": "low",
    "messages": [
      {"role": "system", "content": "Be brief."},
      {"role": "user", "content": "Read it."},
      {"role": "assistant", "content": "Reading.", "tool_calls": [
        {"id": "toolu_1", "type": "function", "function": {"name": "read",
      "arguments": "{\"path\":\"a\"}"}}]},
      {"role": "tool", "tool_call_id": "toolu_1", "content": "no such file"},
      {"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}},
        {"type": "text", "text": "Try b."}]}],
    "tools": [{"type": "function", "function": {"name": "read",
      "parameters": {"type": "object", "properties": {}}}}],
    "tool_choice": {"type": "function", "function": {"name": "read"}}})");
  EXPECT_EQ(told(written.losses),
            "tools[1] dropped; system[0].cache_control dropped; "
            "messages[1].content[0] dropped; messages[2].content[0] approximated; "
            "messages[2].content[0].is_error approximated; thinking approximated; ");
}

TEST(Requests, SealsGoBackToWhoMadeThemAndToNobodyElse) {
  constexpr std::string_view kHistory = R"({"model": "m", "max_tokens": 5, "messages": [
    {"role": "user", "content": "x"},
    {"role": "assistant", "content": [
      {"type": "thinking", "thinking": "", "signature": "purser:gemini:call:c2ln"},
      {"type": "tool_use", "id": "gemini_call_p1_0", "name": "f", "input": {}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "gemini_call_p1_0"}]}]})";
  EXPECT_TRUE(carries_seals(kHistory));
  EXPECT_FALSE(carries_seals(kMessagesWithTools));
  const Written gemini = translated(Wire::messages, Wire::gemini, kHistory);
  EXPECT_NE(gemini.body.find(R"("functionCall":{"name":"f","args":{}},"thoughtSignature":"c2ln")"),
            std::string::npos)
      << gemini.body;
  EXPECT_FALSE(carries_seals(translated(Wire::messages, Wire::messages, kHistory).body));
}

TEST(Requests, WhatAPolicyDoesNotBearIsRefusedWithItsPlace) {
  const auto conversation = read(Wire::messages, kMessagesWithTools);
  ASSERT_TRUE(conversation);
  const auto refused = write(Wire::chat, *conversation);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::client);
  EXPECT_NE(refused.error().message.find("tools[1]: a tool of kind \"web_search_20250305\""),
            std::string::npos)
      << refused.error().message;
}

TEST(Requests, WhatIsNotKnownIsReported) {
  const auto conversation = read(
      Wire::chat, R"({"model":"m","messages":[{"role":"user","content":"x","mood":1}],"a":2})");
  ASSERT_TRUE(conversation);
  EXPECT_EQ(told(conversation->losses), "messages[0].mood dropped; a dropped; ");
}

TEST(Requests, AnotherTypeThanTheDialectHasIsTheClientsFault) {
  const auto wrong = read(Wire::chat, R"({"model":"m","messages":[{"role":"user","content":7}]})");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message, "messages[0].content must be a string or a list of parts");
  EXPECT_FALSE(read(Wire::messages, "{"));
  EXPECT_FALSE(read(Wire::messages, "[]"));
}

TEST(Requests, AStrictDialectGetsTheOrderItAsksFor) {
  const Written written = translated(Wire::chat, Wire::messages, R"({"model": "m", "messages": [
    {"role": "assistant", "tool_calls": [
      {"id": "functions.a:0", "type": "function", "function": {"name": "a", "arguments": ""}}]},
    {"role": "system", "content": "Mind."},
    {"role": "tool", "tool_call_id": "gone", "content": "late"}]})");
  expect_body(written, R"json({"model": "m", "max_tokens": 8192, "messages": [
    {"role": "user", "content": [{"type": "text", "text": "Go on."}]},
    {"role": "assistant", "content": [
      {"type": "tool_use", "id": "purser_functions_2ea_3a0", "name": "a", "input": {}}]},
    {"role": "user", "content": [
      {"type": "tool_result", "tool_use_id": "purser_functions_2ea_3a0", "is_error": true,
       "content": [{"type": "text", "text": "(no result was recorded)"}]},
      {"type": "text", "text": "Mind."},
      {"type": "text", "text": "Result of gone:\nlate"}]}]})json");
}

}  // namespace
}  // namespace purser::translate
