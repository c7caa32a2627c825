// wire/outline_test.cpp — what a conversation is called does not depend on how it is printed.
#include "wire/outline.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "wire/wire.hpp"

namespace purser {
namespace {

/// Read by nobody before.
Outline outline_of(Dialect dialect, std::string_view body) {
  const auto call = read_request(dialect, body);
  EXPECT_TRUE(call) << (call ? "" : call.error().message) << body;
  OutlineMemory memory;
  return call ? outline_of(*call, body, memory) : Outline{};
}

Outline chat(const std::string& messages, const std::string& rest = "") {
  return outline_of(Dialect::chat, R"({"model":"m",)" + rest + R"("messages":[)" + messages + "]}");
}

Outline messages(const std::string& messages, const std::string& rest = "") {
  return outline_of(Dialect::messages,
                    R"({"model":"m",)" + rest + R"("messages":[)" + messages + "]}");
}

std::string chat_body(const std::string& messages) {
  return R"({"model":"m","messages":[)" + messages + "]}";
}

Digest tip(const Outline& outline) {
  return outline.messages.empty() ? Digest{} : outline.messages.back().chain;
}

struct Same {
  const char* why;
  const char* one;
  const char* other;
};

TEST(Outline, OfMessagesIsTheSameHoweverItIsPrinted) {
  const Same cases[] = {
      {"white space and order", R"({"role":"user","content":"hi"})",
       "{ \"content\" :\n\"hi\", \"role\":\"user\" }"},
      {"escapes", R"({"role":"user","content":"caf\u00e9 \/ \n"})",
       "{\"role\":\"user\",\"content\":\"café / \\u000a\"}"},
      {"a text and a list of one", R"({"role":"user","content":"hi"})",
       R"({"role":"user","content":[{"type":"text","text":"hi"}]})"},
      {"cache marks", R"({"role":"user","content":[{"type":"text","text":"hi"}]})",
       R"({"role":"user","content":[{"cache_control":{"type":"ephemeral"},"type":"text",)"
       R"("text":"hi"}]})"},
      {"thinking",
       R"({"role":"assistant","content":[{"type":"thinking","thinking":"hm",)"
       R"("signature":"x"},{"type":"text","text":"a"}]})",
       R"({"role":"assistant","content":"a"})"},
      {"order of arguments, and ids",
       R"({"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{)"
       R"("a":1,"b":[2]}}]})",
       R"({"role":"assistant","content":[{"type":"tool_use","id":"2","name":"f","input":{)"
       R"("b":[ 2 ],"a":1}}]})"},
      {"cache marks in an image",
       R"({"role":"user","content":[{"type":"image","source":{"type":"base64","data":"AA=="}}]})",
       R"({"role":"user","content":[{"type":"image","cache_control":null,"source":{)"
       R"("data":"AA==","type":"base64"}}]})"},
      {"results",
       R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":"ok"}]})",
       R"({"role":"user","content":[{"type":"tool_result","content":[{"type":"text",)"
       R"("text":"ok"}],"tool_use_id":"1"}]})"},
  };
  for (const Same& row : cases) {
    EXPECT_EQ(tip(messages(row.one)), tip(messages(row.other))) << row.why;
  }
}

TEST(Outline, OfChatIsTheSameHoweverItIsPrinted) {
  const Same cases[] = {
      {"no content",
       R"({"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function",)"
       R"("function":{"name":"f","arguments":"{\"a\":1,\"b\":2}"}}]})",
       R"({"role":"assistant","tool_calls":[{"id":"9","type":"function","function":{)"
       R"("name":"f","arguments":"{ \"b\": 2, \"a\": 1 }"}}],"content":""})"},
      {"a text and a list of one", R"({"role":"user","content":"hi"})",
       R"({"role":"user","content":[{"type":"text","text":"hi"}]})"},
      {"the older form of a call",
       R"({"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}})",
       R"({"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function",)"
       R"("function":{"name":"f","arguments":"{}"}}]})"},
  };
  for (const Same& row : cases) {
    EXPECT_EQ(tip(chat(row.one)), tip(chat(row.other))) << row.why;
  }
}

TEST(Outline, DiffersWhereTheConversationDiffers) {
  const std::string texts[] = {
      R"({"role":"user","content":"hi"})",
      R"({"role":"user","content":"ho"})",
      R"({"role":"assistant","content":"hi"})",
      R"({"role":"user","content":["hi","ho"]})",
      R"({"role":"user","content":"hi"},{"role":"user","content":"ho"})",
      R"({"role":"user","content":"ho"},{"role":"user","content":"hi"})",
      R"({"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{"a":1}}]})",
      R"({"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{)"
      R"("a":"1"}}]})",
      R"({"role":"assistant","content":[{"type":"tool_use","id":"1","name":"g","input":{"a":1}}]})",
      R"({"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{)"
      R"("a":1,"cache_control":2}}]})",
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":"hi"}]})",
      R"({"role":"user","content":[{"type":"image","source":{"type":"base64","data":"AA=="}}]})",
      R"({"role":"user","content":[{"type":"image","source":{"type":"base64","data":"AB=="}}]})",
  };
  for (std::size_t i = 0; i < std::size(texts); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(tip(messages(texts[i])), tip(messages(texts[j]))) << i << " and " << j;
    }
  }
}

TEST(Outline, ChainsAPrefixToWhatExtendsIt) {
  const std::string one = R"({"role":"user","content":"a"})";
  const std::string two = one + R"(,{"role":"assistant","content":"b"})";
  const std::string three = two + R"(,{"role":"user","content":"c"})";
  const Outline whole = messages(three);
  ASSERT_EQ(whole.messages.size(), 3);
  EXPECT_EQ(whole.messages[0].chain, tip(messages(one)));
  EXPECT_EQ(whole.messages[1].chain, tip(messages(two)));
}

TEST(Outline, KeepsSystemAndToolsApart) {
  const std::string user = R"({"role":"user","content":"a"})";
  const Outline plain = chat(user);
  const Outline told = chat(R"({"role":"system","content":"be brief"},)" + user);
  const Outline armed = chat(user, R"("tools":[{"type":"function","function":{"name":"f"}}],)");
  EXPECT_EQ(tip(plain), tip(told));
  EXPECT_EQ(told.messages.size(), 1);
  EXPECT_NE(plain.preamble, told.preamble);
  EXPECT_NE(plain.preamble, armed.preamble);
  const Outline cached =
      messages(user, R"("system":[{"type":"text","text":"s","cache_control":{}}],)");
  EXPECT_EQ(cached.preamble, messages(user, R"("system":"s",)").preamble);
  EXPECT_NE(cached.preamble, messages(user).preamble);
}

TEST(Outline, ListsCallsAndResultsOfChat) {
  const std::string body =
      chat_body(R"({"role":"assistant","tool_calls":[)"
                R"({"id":"1","function":{"name":"f","arguments":"{\"a\":1,\"b\":2}"}},)"
                R"({"id":"2","function":{"name":"f","arguments":"{\"b\":2, \"a\":1}"}}]},)"
                R"({"role":"tool","tool_call_id":"2","content":"12345"},)"
                R"({"role":"tool","tool_call_id":"1","content":"Error: none"})");
  const Outline outline = outline_of(Dialect::chat, body);
  ASSERT_EQ(outline.calls.size(), 2);
  ASSERT_EQ(outline.results.size(), 2);
  EXPECT_EQ(outline.messages[0].calls, 2);
  EXPECT_EQ(outline.calls[0].name, "f");
  EXPECT_EQ(outline.calls[0].action, outline.calls[1].action);
  EXPECT_EQ(outline.results[0].call_id, outline.calls[1].id);
  EXPECT_EQ(outline.results[0].bytes, 5);
  EXPECT_FALSE(outline.results[0].error);
  EXPECT_TRUE(outline.results[1].error);
}

TEST(Outline, ListsCallsAndResultsOfMessages) {
  const Outline outline = messages(
      R"({"role":"assistant","content":[{"type":"text","text":"so"},)"
      R"({"type":"tool_use","id":"1","name":"f","input":{}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"1","is_error":true,)"
      R"("content":[{"type":"text","text":"no"}]},{"type":"text","text":"go on"}]})");
  ASSERT_EQ(outline.calls.size(), 1);
  ASSERT_EQ(outline.results.size(), 1);
  EXPECT_EQ(outline.results[0].call_id, outline.calls[0].id);
  EXPECT_EQ(outline.results[0].bytes, 2);
  EXPECT_TRUE(outline.results[0].error);
  EXPECT_EQ(outline.messages[1].results, 1);
}

TEST(Outline, TakesNoCallsFromASystemPrompt) {
  const std::string block = R"([{"type":"tool_result","tool_use_id":"1","content":"x"}])";
  const Outline outline =
      messages(R"({"role":"user","content":"a"})", R"("system":)" + block + ",");
  EXPECT_EQ(outline.results.size(), 0);
  EXPECT_EQ(outline.messages[0].results, 0);
}

TEST(Outline, KnowsAResultAgainButForItsDigits) {
  const auto result = [](const std::string& text) {
    return chat(R"({"role":"tool","tool_call_id":"1","content":")" + text + R"("})").results.at(0);
  };
  EXPECT_NE(result("took 468 ms").digest, result("took 1469 ms").digest);
  EXPECT_EQ(result("took 468 ms").gist, result("took 1469 ms").gist);
  EXPECT_NE(result("took 468 ms").gist, result("took 468 s").gist);
}

TEST(Outline, TellsAFailureByItsFirstWordsOnly) {
  const auto fails = [](const std::string& text) {
    return chat(R"({"role":"tool","tool_call_id":"1","content":")" + text + R"("})")
        .results.at(0)
        .error;
  };
  for (const char* text :
       {"Error: no such file", "ERROR no", "  error: x", "Traceback (most recent call last):\\n x",
        R"({\"error\":\"x\"})", R"({ \"error\" : {\"code\":1}})", "fatal: not a git repository"}) {
    EXPECT_TRUE(fails(text)) << text;
  }
  for (const char* text :
       {"", "Errors: 0", "no error: all is well", "0 errors", "errorless", R"({\"error\":null})",
        R"({\"error\": false, \"x\": 1})", R"({\"error\":\"\"})", R"({\"errors\":[]})", "{"}) {
    EXPECT_FALSE(fails(text)) << text;
  }
}

TEST(Outline, GoesAsDeepAsTheScannerDoes) {
  std::string blocks;
  std::string ends;
  for (int i = 0; i < 250; ++i) {
    blocks += R"({"content":[)";
    ends += "]}";
  }
  EXPECT_EQ(messages(blocks + "1" + ends).messages.size(), 1);
}

TEST(Outline, TakesWhatIsStrange) {
  const std::string odd = R"({"role":1,"content":{"text":2}})";
  EXPECT_EQ(messages(odd, R"("system":7,)").messages.size(), 1);
  EXPECT_EQ(chat(odd + R"(,{"role":"assistant","tool_calls":[1,{"function":2}],)" +
                 R"("function_call":3})")
                .messages.size(),
            2);
}

bool same(const Outline& one, const Outline& other) {
  const auto calls = [](const Outline::Call& a, const Outline::Call& b) {
    return a.name == b.name && a.action == b.action && a.id == b.id;
  };
  return one.preamble == other.preamble && tip(one) == tip(other) &&
         std::ranges::equal(one.calls, other.calls, calls) &&
         std::ranges::equal(one.results, other.results, {}, &Outline::Result::digest,
                            &Outline::Result::digest);
}

TEST(OutlineMemory, ReadsAGrowingConversationOnlyWhereItGrew) {
  OutlineMemory memory;
  std::string history = R"({"role":"system","content":"be brief"})";
  for (int turn = 0; turn < 20; ++turn) {
    const std::string number = std::to_string(turn);
    history += R"(,{"role":"assistant","tool_calls":[{"id":")" + number +
               R"(","function":{"name":"f)" + number + R"(","arguments":"{}"}}]})" +
               R"(,{"role":"tool","tool_call_id":")" + number + R"(","content":"x)" + number +
               R"("})";
    const std::string body = chat_body(history);
    const auto call = read_request(Dialect::chat, body);
    ASSERT_TRUE(call);
    const std::int64_t before = memory.read();
    EXPECT_TRUE(same(outline_of(*call, body, memory), outline_of(Dialect::chat, body))) << turn;
    EXPECT_EQ(memory.read() - before, turn == 0 ? 3 : 2);
  }
}

TEST(OutlineMemory, TellsTheSameBytesApartByTheirPlace) {
  OutlineMemory memory;
  const std::string same_bytes = R"([{"role":"user","content":"a","type":"text","text":"b"}])";
  const std::string body =
      R"({"model":"m","messages":)" + same_bytes + R"(,"system":)" + same_bytes + "}";
  for (const Dialect dialect : {Dialect::messages, Dialect::chat}) {
    const auto call = read_request(dialect, body);
    ASSERT_TRUE(call);
    EXPECT_TRUE(same(outline_of(*call, body, memory), outline_of(dialect, body)));
  }
}

TEST(OutlineMemory, ReadsMessagesOfManyPartsEachTime) {
  OutlineMemory memory;
  std::string calls;
  for (std::size_t i = 0; i <= OutlineMemory::kPartsMax; ++i) {
    calls += std::string(i == 0 ? "" : ",") + R"({"id":"1","function":{"name":"f"}})";
  }
  const std::string body = chat_body(R"({"role":"assistant","tool_calls":[)" + calls + "]}");
  const auto call = read_request(Dialect::chat, body);
  ASSERT_TRUE(call);
  for (const std::int64_t read : {1, 2}) {
    EXPECT_EQ(outline_of(*call, body, memory).calls.size(), OutlineMemory::kPartsMax + 1);
    EXPECT_EQ(memory.read(), read);
  }
}

}  // namespace
}  // namespace purser
