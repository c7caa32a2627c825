// simulate/gemini_test.cpp — Google's requests, answered and billed without a socket.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "simulate/performance.hpp"

namespace purser::simulate {
namespace {

namespace json = boost::json;

constexpr Instant kStart = Instant::from_seconds(1'795'000'000);
constexpr std::string_view kSay = R"({"contents":[{"parts":[{"text":"Say hi."}]}]})";

class Shop {
 public:
  Performance ask(std::string_view body, Route route, std::string_view words = "") {
    return stage.perform({.dialect = Dialect::gemini, .body = body, .route = route, .words = words},
                         kStart);
  }
  Performance generate(std::string_view body, std::string_view words = "") {
    return ask(body, {.model = "gemini-3.5-flash", .method = "generateContent"}, words);
  }
  Stage stage{Options{}};
};

std::int64_t number(const json::value& value, std::string_view pointer) {
  return value.at_pointer(pointer).to_number<std::int64_t>();
}

BillRow settle_whole(const Performance& performance) {
  return settle(performance, Ending::whole, performance.row.usage.output);
}

TEST(Gemini, BillsWhatItsUsageSays) {
  Shop shop;
  const Performance told = shop.generate(kSay, "output=100 reasoning=60");
  const json::value body = json::parse(told.reel.bytes);
  const std::int64_t prompt = number(body, "/usageMetadata/promptTokenCount");
  EXPECT_EQ(number(body, "/usageMetadata/candidatesTokenCount"), 40);
  EXPECT_EQ(number(body, "/usageMetadata/thoughtsTokenCount"), 60);
  EXPECT_EQ(number(body, "/usageMetadata/totalTokenCount"), prompt + 100);
  EXPECT_EQ(settle_whole(told).nanodollars, prompt * 1'500 + 100 * 9'000);
}

TEST(Gemini, SearchesBringTokensOnTopOfThePrompt) {
  constexpr std::string_view kSearching =
      R"({"contents":{"parts":{"text":"Who won?"}},"tools":[{"googleSearch":{}}]})";
  Shop shop;
  const Performance told = shop.generate(kSearching, "search=2 output=1 reasoning=0");
  const json::value body = json::parse(told.reel.bytes);
  EXPECT_EQ(number(body, "/usageMetadata/toolUsePromptTokenCount"), 200);
  EXPECT_EQ(body.at_pointer("/candidates/0/groundingMetadata/webSearchQueries").as_array().size(),
            2U);
  const std::int64_t prompt = number(body, "/usageMetadata/promptTokenCount");
  EXPECT_EQ(settle_whole(told).nanodollars, (prompt + 200) * 1'500 + 9'000 + 2 * 14'000'000);
  const Performance older = shop.ask(
      kSearching, {.model = "gemini-2.5-flash", .method = "generateContent"}, "search=2 output=1");
  EXPECT_EQ(older.row.usage.searches, 2);
  EXPECT_EQ(settle_whole(older).nanodollars, (prompt + 200) * 300 + 2'500 + 35'000'000);
}

TEST(Gemini, StreamsTheSameAnswerInBothFramings) {
  Route route{.model = "gemini-2.5-pro", .method = "streamGenerateContent", .events = true};
  const Performance events = Shop().ask(kSay, route, "output=30 reasoning=10");
  route.events = false;
  const Performance array = Shop().ask(kSay, route, "output=30 reasoning=10");
  EXPECT_FALSE(events.in_one_array);
  EXPECT_TRUE(array.in_one_array);
  const json::value chunks = json::parse(array.reel.bytes);
  const json::value& last = chunks.as_array().back();
  EXPECT_EQ(last.at_pointer("/candidates/0/finishReason"), "STOP");
  EXPECT_EQ(number(last, "/usageMetadata/candidatesTokenCount"), 20);
  EXPECT_EQ(events.reel.marks.size(), chunks.as_array().size());
  EXPECT_EQ(events.row.usage, array.row.usage);
}

TEST(Gemini, EmbedsAndCounts) {
  Shop shop;
  const Route route{.model = "gemini-embedding-2", .method = "batchEmbedContents"};
  const Performance both = shop.ask(
      R"({"requests":[{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[]}}]})", route);
  const json::value body = json::parse(both.reel.bytes);
  EXPECT_EQ(body.at("embeddings").as_array().size(), 2U);
  EXPECT_EQ(settle_whole(both).nanodollars, number(body, "/usageMetadata/promptTokenCount") * 200);
  const Performance counted =
      shop.stage.count_tokens({.dialect = Dialect::gemini,
                               .body = kSay,
                               .route = {.model = "gemini-2.5-pro", .method = "countTokens"}});
  EXPECT_GT(number(json::parse(counted.reel.bytes), "/totalTokens"), 0);
}

TEST(Gemini, RefusesInGooglesWords) {
  Shop shop;
  const Performance unknown = shop.ask(kSay, {.model = "gemini-99", .method = "generateContent"});
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(json::parse(unknown.reel.bytes).at_pointer("/error/status"), "NOT_FOUND");
  const Performance limited = shop.generate(kSay, "429");
  EXPECT_EQ(json::parse(limited.reel.bytes).at_pointer("/error/status"), "RESOURCE_EXHAUSTED");
  EXPECT_EQ(shop.generate("{}").status, 400);
  EXPECT_EQ(shop.generate(R"({"contents":[],"toolConfig":{"functionCallingConfig":{}}})").status,
            400);
  const Performance blocked = shop.generate(kSay, "refusal");
  EXPECT_EQ(json::parse(blocked.reel.bytes).at_pointer("/promptFeedback/blockReason"), "SAFETY");
  EXPECT_EQ(settle_whole(blocked).usage.output, 0);
}

}  // namespace
}  // namespace purser::simulate
