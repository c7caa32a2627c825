// call/prompt_count_test.cpp — what of a body is counted, what is remembered, and what is billed.
#include "call/prompt_count.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace purser {
namespace {

Tokens tokens_of(std::string_view text) {
  return Tokenizer(Encoding::o200k_base).count(text);
}

std::int64_t counted(std::string_view body) {
  return PromptCount().count("gpt-4o", body).count();
}

std::string message(std::string_view content) {
  return R"({"role":"user","content":")" + std::string(content) + R"("})";
}

std::string chat(const std::vector<std::string>& messages) {
  std::string body = R"({"model":"gpt-4o","messages":[)";
  for (const std::string& each : messages) {
    body += (body.ends_with('[') ? "" : ",") + each;
  }
  return body + "]}";
}

TEST(PromptCount, CountsUnescapedTextAndAFewTokensAMember) {
  // model is a unit of its own; a message has two members, "role" and "content".
  const std::int64_t frame = tokens_of("gpt-4o").count();
  const std::int64_t member_names = 2 + 2 * 2 + tokens_of("user").count();
  EXPECT_EQ(counted(chat({message(R"(one\ntwo \u00e9\ud83d\ude00 \"x\" \\)")})),
            frame + member_names + tokens_of("one\ntwo é😀 \"x\" \\").count());
}

TEST(PromptCount, CountsToolsAndSystemWhereverTheyStand) {
  const std::string bare = chat({message("hello")});
  const std::string tools =
      R"({"tools":[{"name":"read_file","input_schema":{"type":"object"}}],"system":"Be brief.",)" +
      bare.substr(1);
  EXPECT_GE(counted(tools),
            counted(bare) + (tokens_of("read_file") + tokens_of("Be brief.")).count());
}

TEST(PromptCount, LeavesInlineMediaOutButNotTheirLikeInText) {
  const std::string data(20'000, 'Q');
  const std::string image = R"({"role":"user","content":[{"type":"image_url",)"
                            R"("image_url":{"url":"data:image/png;base64,)" +
                            data + R"("}}]})";
  EXPECT_LT(counted(chat({image})), 100);
  const std::string source = R"({"role":"user","content":[{"source":{"data":")" + data +
                             R"(","type":"base64","media_type":"image/png"},"type":"image"}]})";
  EXPECT_LT(counted(chat({source})), 100);
  const std::string result =
      R"({"role":"user","content":[{"type":"tool_result","content":[{"type":"image",)"
      R"("source":{"type":"base64","data":")" +
      data + R"("}}]}]})";
  EXPECT_LT(counted(chat({result})), 100);
  // The same letters where they are read as text.
  const std::int64_t text = tokens_of(data).count();
  const std::vector<std::string> texts{
      message(data),
      R"({"role":"user","content":[{"type":"document","source":{"type":"text","data":")" + data +
          R"("}}]})",
      R"({"role":"assistant","content":[{"type":"tool_use",)"
      R"("input":{"source":{"type":"base64","data":")" +
          data + R"("}}}]})",
      R"({"role":"user","content":[{"type":"text","source":{"data":")" + data + R"("}}]})"};
  for (const std::string& each : texts) {
    EXPECT_GE(counted(chat({each})), text) << each.substr(0, 80);
  }
}

TEST(PromptCount, CountsAGrowingConversationOnlyWhereItGrew) {
  PromptCount prompts;
  std::vector<std::string> messages;
  for (int turn = 1; turn <= 20; ++turn) {
    messages.push_back(message("This is what was said in turn " + std::to_string(turn) +
                               ", at some length, and it is sent again every time."));
    const std::string body = chat(messages);
    EXPECT_EQ(prompts.count("gpt-4o", body), PromptCount().count("gpt-4o", body));
    EXPECT_EQ(prompts.counted(), turn);
  }
  EXPECT_EQ(prompts.remembered(), 19 * 20 / 2);
}

TEST(PromptCount, KeepsWhatItsEncodingsCountApart) {
  PromptCount prompts;
  const std::string body = chat({message(std::string(40, ' ') + "\xE4\xBD\xA0\xE5\xA5\xBD" +
                                         "\xE4\xB8\x96\xE7\x95\x8C" + std::string(40, '!'))});
  const Tokens newer = prompts.count("gpt-4o", body);
  const Tokens older = prompts.count("gpt-4", body);
  EXPECT_NE(newer, older);
  EXPECT_EQ(prompts.count("gpt-4o", body), newer);
  EXPECT_EQ(prompts.count("gpt-4", body), older);
}

TEST(PromptCount, ForgetsWhatWasUsedLongestAgoAndCountsItAgain) {
  PromptCount prompts;
  const std::string first = chat({message(std::string(60, 'x') + " the first of very many")});
  const Tokens before = prompts.count("gpt-4o", first);
  for (std::size_t i = 0; i < 8 * PromptCount::kSets; ++i) {
    prompts.count("gpt-4o",
                  chat({message("Nobody will ever say this again: " + std::to_string(i))}));
  }
  const std::int64_t counts = prompts.counted();
  EXPECT_EQ(prompts.count("gpt-4o", first), before);
  EXPECT_EQ(prompts.counted(), counts + 1);
}

TEST(PromptCount, TakesBodiesThatAreNoJson) {
  for (const std::string_view body :
       {"", "{", "[", "}", "{\"", "{\"a", "{\"a\":", "{\"messages\":[",
        "{\"messages\":[{\"content\":[{", "]]]]", "{]}", "[}", "\"\\", "{\"a\":\"\\",
        "{\"a\":\"\\u12", "{\"messages\":[}]"}) {
    EXPECT_GE(counted(body), 0) << body;
  }
  EXPECT_GT(counted("{\"messages\":" + std::string(100'000, '[')), 90'000);
}

RC_GTEST_PROP(PromptCount, NeverCrashesOnCutOrChangedBodies, ()) {
  std::string body = chat(
      {message(R"(a \"quoted\" \ud83d\ude00 text)"),
       R"({"role":"user","content":[{"type":"image","source":{"type":"base64","data":"QQ"}}]})"});
  const std::size_t at = *rc::gen::inRange<std::size_t>(0, body.size());
  if (*rc::gen::arbitrary<bool>()) {
    body.resize(at);
  } else {
    body[at] = *rc::gen::arbitrary<char>();
  }
  const std::vector<char> exact(body.begin(), body.end());
  RC_ASSERT(counted(std::string_view(exact.data(), exact.size())) >= 0);
}

TEST(PromptCount, TakesManyEscapesInLinearTime) {
  std::string text;
  for (int i = 0; i < 500'000; ++i) {
    text += R"(\n\\)";
  }
  EXPECT_GT(counted(chat({message(text)})), 0);
}

TEST(InputRatio, BeginsWithWhatIsKnownOfTheFamily) {
  const InputRatio ratios;
  const Tokens thousand(1000);
  EXPECT_EQ(ratios.at_most("openai", "gpt-5.6-sol", thousand), Tokens(1050));
  EXPECT_EQ(ratios.at_most("anthropic", "claude-opus-4-6", thousand), Tokens(1350));
  EXPECT_EQ(ratios.at_most("anthropic", "claude-opus-4-8", thousand), Tokens(1800));
  EXPECT_EQ(ratios.at_most("anthropic", "claude-opus-5-5", thousand), Tokens(1800));
  EXPECT_EQ(ratios.at_most("google", "gemini-3-pro", thousand), Tokens(1250));
  EXPECT_EQ(ratios.at_most("mistral", "mistral-large", thousand), Tokens(2200));
}

TEST(InputRatio, RisesAtOnceAndFallsOnlyAfterEnoughAnswers) {
  InputRatio ratios;
  ratios.learn("mistral", "m", Tokens(1000), Tokens(3000));
  EXPECT_GT(ratios.at_most("mistral", "m", Tokens(1000)), Tokens(3000));
  EXPECT_EQ(ratios.at_most("mistral", "other", Tokens(1000)), Tokens(2200));

  InputRatio lower;
  lower.learn("mistral", "m", Tokens(1000), Tokens(1000));
  EXPECT_EQ(lower.at_most("mistral", "m", Tokens(1000)), Tokens(2200));
  for (int i = 0; i < 100; ++i) {
    lower.learn("mistral", "m", Tokens(1000), Tokens(1000));
  }
  EXPECT_LT(lower.at_most("mistral", "m", Tokens(1000)), Tokens(1200));
  EXPECT_GT(lower.at_most("mistral", "m", Tokens(1000)), Tokens(1000));
}

TEST(InputRatio, LearnsNothingFromShortPromptsOrFromNothing) {
  InputRatio ratios;
  ratios.learn("mistral", "m", Tokens(10), Tokens(300));
  ratios.learn("mistral", "m", Tokens(0), Tokens(0));
  ratios.learn("mistral", "m", Tokens(1000), Tokens(0));
  EXPECT_EQ(ratios.at_most("mistral", "m", Tokens(1000)), Tokens(2200));
  ratios.learn("mistral", "m", Tokens(1000), Tokens(INT64_MAX));
  EXPECT_EQ(ratios.at_most("mistral", "m", Tokens(1000)), Tokens(2200));
}

TEST(InputRatio, LearnsNothingFromABillThatIsNotOfThisPrompt) {
  InputRatio ratios;
  for (int i = 0; i < 100; ++i) {
    ratios.learn("openai", "gpt-5", Tokens(4000), Tokens(1000));
  }
  EXPECT_EQ(ratios.at_most("openai", "gpt-5", Tokens(1000)), Tokens(1050));
}

TEST(TightInputBound, IsNeverAboveTheBytesAndNeverForgetsMediaOrRounds) {
  const InputRatio ratios;
  Call call;
  call.model = "claude-opus-5";
  call.prompt_bytes = 1000;
  call.media_bytes = 400;
  const Tokens by_bytes = tight_input_bound(call, "anthropic", Tokens(100'000), ratios);
  EXPECT_LT(by_bytes, Tokens(600 + 200));
  EXPECT_LT(tight_input_bound(call, "anthropic", Tokens(100), ratios), by_bytes);
  call.media_tokens_max = Tokens(5000);
  EXPECT_EQ(tight_input_bound(call, "anthropic", Tokens(100'000), ratios), by_bytes + Tokens(5000));
  const Tokens once = tight_input_bound(call, "anthropic", Tokens(100), ratios);
  call.server_tool_rounds_max = 2;
  EXPECT_GE(tight_input_bound(call, "anthropic", Tokens(100), ratios).count(), 3 * once.count());
}

}  // namespace
}  // namespace purser
