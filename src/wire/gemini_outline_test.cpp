// wire/gemini_outline_test.cpp — a conversation in Google's words is called the same however it is
// printed, and its calls find their results.
#include <gtest/gtest.h>

#include "wire/outline.hpp"
#include "wire/wire.hpp"

namespace purser {
namespace {

std::string body_of(std::string_view contents, std::string_view rest = "") {
  return R"({"model":"m",)" + std::string(rest) + R"("contents":[)" + std::string(contents) + "]}";
}

Outline outline_of(const std::string& body) {
  const auto call = read_request(Dialect::gemini, body);
  EXPECT_TRUE(call) << (call ? "" : call.error().message) << body;
  OutlineMemory memory;
  Outline outline = call ? outline_of(*call, body, memory) : Outline{};
  for (Outline::Call& made : outline.calls) {
    made.name = {};  // the body is gone
  }
  return outline;
}

Digest tip(std::string_view contents) {
  const Outline outline = outline_of(body_of(contents));
  return outline.messages.empty() ? Digest{} : outline.messages.back().chain;
}

struct Same {
  const char* why;
  const char* one;
  const char* other;
};

TEST(GeminiOutline, IsTheSameHoweverItIsPrinted) {
  const Same cases[] = {
      {"white space and order", R"({"role":"user","parts":[{"text":"hi"}]})",
       R"({ "parts" : [ {"text":"h\u0069"} ], "role" : "user" })"},
      {"one part and a list of one", R"({"role":"user","parts":[{"text":"hi"}]})",
       R"({"role":"user","parts":{"text":"hi"}})"},
      {"thoughts and signatures",
       R"({"role":"model","parts":[{"text":"hm","thought":true},{"text":"a",)"
       R"("thoughtSignature":"AA"}]})",
       R"({"role":"model","parts":[{"text":"a"}]})"},
      {"spelling and order of arguments",
       R"({"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1,"b":2}}}]})",
       R"({"role":"model","parts":[{"function_call":{"args":{"b":2,"a":1},"name":"f"}}]})"},
  };
  for (const Same& row : cases) {
    EXPECT_EQ(tip(row.one), tip(row.other)) << row.why;
  }
  EXPECT_NE(tip(R"({"role":"user","parts":[{"text":"a"}]})"),
            tip(R"({"role":"model","parts":[{"text":"a"}]})"));
  EXPECT_NE(tip(R"({"parts":[{"inlineData":{"data":"AA"}}]})"),
            tip(R"({"parts":[{"inlineData":{"data":"AB"}}]})"));
}

TEST(GeminiOutline, ResultsFindTheirCallsByIdOrByPlace) {
  const Outline placed = outline_of(body_of(
      R"({"role":"user","parts":[{"text":"go"}]},)"
      R"({"role":"model","parts":[{"functionCall":{"name":"f","args":{"n":1}}},)"
      R"({"functionCall":{"name":"f","args":{"n":2}}},{"functionCall":{"name":"g"}}]},)"
      R"({"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"x"}}},)"
      R"({"functionResponse":{"name":"f","response":{"error":"no"}}},)"
      R"({"functionResponse":{"name":"g","response":{"output":"y"}}}]})"));
  ASSERT_EQ(placed.messages.size(), 3U);
  EXPECT_EQ(placed.messages[1].role, Outline::Role::assistant);
  ASSERT_EQ(placed.calls.size(), 3U);
  ASSERT_EQ(placed.results.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(placed.calls[i].id, placed.results[i].call_id) << i;
  }
  EXPECT_NE(placed.calls[0].id, placed.calls[1].id);
  EXPECT_FALSE(placed.results[0].error);
  EXPECT_TRUE(placed.results[1].error);

  const Outline named = outline_of(body_of(
      R"({"role":"model","parts":[{"functionCall":{"id":"1","name":"f","args":{}}}]},)"
      R"({"role":"user","parts":[{"functionResponse":{"id":"1","name":"f","response":{}}}]})"));
  EXPECT_EQ(named.calls[0].id, named.results[0].call_id);
}

TEST(GeminiOutline, TheSystemInstructionAndTheToolsAreThePreamble) {
  const std::string_view said = R"({"parts":[{"text":"hi"}]})";
  const Outline plain = outline_of(body_of(said));
  const Outline told =
      outline_of(body_of(said, R"("systemInstruction":{"parts":[{"text":"Be."}]},)"));
  const Outline tooled =
      outline_of(body_of(said, R"("tools":[{"functionDeclarations":[{"name":"f"}]}],)"));
  EXPECT_NE(plain.preamble, told.preamble);
  EXPECT_NE(plain.preamble, tooled.preamble);
  EXPECT_EQ(plain.messages.back().chain, told.messages.back().chain);
}

}  // namespace
}  // namespace purser
