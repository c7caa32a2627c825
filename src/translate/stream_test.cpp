// translate/stream_test.cpp — streamed answers, from every dialect into every other.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "translate/collected_test.hpp"
#include "translate/recordings_test.hpp"

namespace purser::translate {
namespace {

std::string golden(const std::string& name) {
  std::ifstream file(PURSER_SOURCE_DIR "/tests/golden/translate/" + name);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::string kMessages = golden("messages.sse");

TEST(Streams, MessagesInEveryDialectSayTheSame) {
  for (const Wire to : {Wire::chat, Wire::responses, Wire::gemini}) {
    const std::string out = translated_stream(Wire::messages, to, kMessages, kMessages.size());
    const Collected seen = collected(to, out);
    EXPECT_EQ(seen.text, "Hello") << out;
    EXPECT_EQ(seen.thinking, "Hm.") << out;
    ASSERT_EQ(seen.calls.size(), 2u) << out;
    EXPECT_EQ(seen.calls[0].id, "toolu_1");
    EXPECT_EQ(seen.calls[0].name, "look");
    EXPECT_EQ(seen.calls[0].arguments, "{\"at\":1}");
    EXPECT_EQ(seen.calls[1].arguments, "{}");
    EXPECT_EQ(seen.stop, Stop::tool_call);
    EXPECT_EQ(seen.usage, (Usage{.input = 10, .cache_read = 5, .output = 30, .thinking = 7}));
    EXPECT_TRUE(seen.done && seen.error.empty()) << out;
    EXPECT_EQ(seen.seals.size(), to == Wire::chat ? 0u : 1u) << out;
  }
}

TEST(Streams, ChatBecomesMessagesEventForEvent) {
  const std::string chat = golden("chat.sse");
  EXPECT_EQ(translated_stream(Wire::chat, Wire::messages, chat, 7), golden("chat_as_messages.sse"));
}

TEST(Streams, AnErrorInMidStreamIsToldInTheClientsWords) {
  const std::string broken =
      kMessages.substr(0, kMessages.find("event: content_block_stop")) +
      "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
      "\"message\":\"busy\"}}\n\n";
  const std::string chat = translated_stream(Wire::messages, Wire::chat, broken, 100);
  EXPECT_TRUE(chat.ends_with(R"(data: {"error":{"message":"busy","type":"server_error",)"
                             R"("param":null,"code":"server_is_overloaded"}})"
                             "\n\n"))
      << chat;
  const std::string responses = translated_stream(Wire::messages, Wire::responses, broken, 100);
  EXPECT_NE(responses.find("event: response.failed"), std::string::npos);
  EXPECT_EQ(collected(Wire::responses, responses).error, "busy");
  EXPECT_EQ(
      collected(Wire::gemini, translated_stream(Wire::messages, Wire::gemini, broken, 9)).error,
      "busy");
}

TEST(Streams, ABrokenStreamDoesNotLookFinished) {
  for (const Wire to : {Wire::chat, Wire::responses, Wire::gemini}) {
    const Collected seen =
        collected(to, translated_stream(Wire::messages, to,
                                        kMessages.substr(0, kMessages.find("event: ping")), 50));
    EXPECT_EQ(seen.error, "the provider's stream ended early");
    EXPECT_EQ(seen.stop, Stop::unsaid);
  }
}

TEST(Streams, WhatMustBeSaidTwiceIsBounded) {
  std::string stream =
      "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,"
      "\"delta\":{\"content\":\"" +
      std::string(std::size_t{1} << 20, 'x') + "\"}}]}\n\n";
  StreamTranslator translator(Wire::chat, Wire::responses, {.named = {.id = "p"}});
  std::string out;
  for (int i = 0; i < 20; ++i) {
    translator.feed(stream, out);
  }
  EXPECT_LT(out.size(), std::size_t{36} << 20);
  EXPECT_NE(out.find("too large to be translated"), std::string::npos);
}

TEST(Streams, ASignedCallSurvivesTheWayThroughDialectsThatDoNotSignCalls) {
  const std::string gemini = golden("gemini_signed_call.sse");
  for (const Wire to : {Wire::chat, Wire::messages, Wire::responses}) {
    const std::string out = translated_stream(Wire::gemini, to, gemini, 11);
    const Collected seen = collected(to, out);
    ASSERT_EQ(seen.calls.size(), 1u) << out;
    EXPECT_EQ(seen.calls[0].seal, (Sealed{Wire::gemini, "c2ln"})) << out;
    EXPECT_EQ(seen.calls[0].id, "gemini_call_p1_0");
    EXPECT_EQ(seen.usage, (Usage{.input = 3, .output = 6, .thinking = 4})) << out;
  }
}

TEST(Streams, EveryRecordedStreamSaysTheSameInEveryOtherDialect) {
  if (!std::filesystem::exists(recordings())) {
    GTEST_SKIP() << "no recordings at " << recordings();
  }
  int seen_count = 0;
  std::set<std::string> reasons;
  for (const Exchange& exchange : exchanges()) {
    if (!exchange.streaming || exchange.response.find("data:") == std::string::npos) {
      continue;
    }
    ++seen_count;
    const Collected said = collected(exchange.wire, exchange.response);
    if (!said.error.empty()) {
      reasons.insert(said.error);
    }
    for (const Wire to : kWires) {
      if (to == exchange.wire) {
        continue;
      }
      const std::string out = translated_stream(exchange.wire, to, exchange.response, 1 << 20);
      EXPECT_EQ(out, translated_stream(exchange.wire, to, exchange.response, 5)) << exchange.id;
      const Collected heard = collected(to, out);
      EXPECT_EQ(heard.error.empty(), said.error.empty())
          << exchange.id << " " << to_string(to) << ": " << heard.error;
      EXPECT_EQ(heard.text, said.text) << exchange.id << " " << to_string(to);
      EXPECT_EQ(heard.thinking, said.thinking) << exchange.id << " " << to_string(to);
      EXPECT_EQ(heard.usage.prompt(), said.usage.prompt()) << exchange.id << " " << to_string(to);
      EXPECT_EQ(heard.usage.output, said.usage.output) << exchange.id << " " << to_string(to);
      EXPECT_EQ(heard.calls.size(), said.calls.size()) << exchange.id << " " << to_string(to);
    }
  }
  for (const std::string& reason : reasons) {
    std::printf("  failed as recorded: %s\n", reason.c_str());
  }
  EXPECT_GT(seen_count, 400);
}

}  // namespace
}  // namespace purser::translate
