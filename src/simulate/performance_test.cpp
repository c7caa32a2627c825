// simulate/performance_test.cpp — what is answered and what is billed, without a socket.
#include "simulate/performance.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace purser::simulate {
namespace {

namespace json = boost::json;

constexpr Instant kStart = Instant::from_seconds(1'795'000'000);

std::string chat_body(std::string_view more = "", std::string_view model = "gpt-4o") {
  return fmt::format(R"({{"model":"{}","messages":[{{"role":"user","content":"Say hi."}}]{}}})",
                     model, more);
}

std::string messages_body(std::string_view more = "", std::string_view model = "claude-opus-5-5") {
  return fmt::format(
      R"({{"model":"{}","max_tokens":500,"messages":[{{"role":"user","content":"Say hi."}}]{}}})",
      model, more);
}

/// A system prompt of `tokens` tokens that the cache is to keep.
std::string cached_body(std::int64_t tokens, std::string_view control, std::string_view question) {
  return fmt::format(R"({{"model":"claude-opus-5-5","max_tokens":50,)"
                     R"("system":[{{"type":"text","text":"{}","cache_control":{}}}],)"
                     R"("messages":[{{"role":"user","content":"{}"}}]}})",
                     std::string(static_cast<std::size_t>(4 * tokens), 'x'), control, question);
}

class Shop {
 public:
  explicit Shop(Options options = {}) : stage(std::move(options)) {}
  Performance chat(std::string_view body, std::string_view words = "") {
    return stage.perform({.dialect = Dialect::chat, .body = body, .words = words}, now);
  }
  Performance messages(std::string_view body, std::string_view words = "") {
    return stage.perform({.dialect = Dialect::messages, .body = body, .words = words}, now);
  }
  Stage stage;
  Instant now = kStart;
};

json::value body_of(const Performance& performance) {
  return json::parse(performance.reel.bytes);
}

std::int64_t number(const json::value& value, std::string_view pointer) {
  return value.at_pointer(pointer).to_number<std::int64_t>();
}

BillRow settle_whole(const Performance& performance) {
  return settle(performance, Ending::whole, performance.row.usage.output);
}

TEST(Performance, AnswersTheSameToTheSameSeedAndOtherwiseToAnother) {
  Shop first;
  Shop second;
  Shop other(Options{.seed = 2});
  const Performance a = first.chat(chat_body());
  EXPECT_EQ(a.reel.bytes, second.chat(chat_body()).reel.bytes);
  EXPECT_NE(a.reel.bytes, other.chat(chat_body()).reel.bytes);
  const Performance again = first.chat(chat_body());
  EXPECT_NE(a.row.id, again.row.id) << "the same body once more is another call";
  EXPECT_EQ(again.reel.bytes, second.chat(chat_body()).reel.bytes);
}

TEST(Performance, ObeysTheCapAndSaysSo) {
  Shop shop;
  const Performance chat = shop.chat(chat_body(R"(,"max_tokens":5)"), "output=90");
  EXPECT_EQ(number(body_of(chat), "/usage/completion_tokens"), 5);
  EXPECT_EQ(body_of(chat).at_pointer("/choices/0/finish_reason").as_string(), "length");
  const Performance three = shop.chat(chat_body(R"(,"max_tokens":5,"n":3)"), "output=90");
  EXPECT_EQ(number(body_of(three), "/usage/completion_tokens"), 15);
  EXPECT_EQ(body_of(three).at_pointer("/choices").as_array().size(), 3);
  const Performance messages = shop.messages(messages_body(), "output=900");
  EXPECT_EQ(number(body_of(messages), "/usage/output_tokens"), 500);
  EXPECT_EQ(body_of(messages).at("stop_reason").as_string(), "max_tokens");
  const Performance rude = shop.messages(messages_body(), "ignore-cap");
  EXPECT_GT(number(body_of(rude), "/usage/output_tokens"), 500);
}

TEST(Performance, CountsReasoningInsideOutput) {
  Shop shop;
  const Performance chat = shop.chat(chat_body("", "o3"), "output=100 reasoning=70");
  EXPECT_EQ(number(body_of(chat), "/usage/completion_tokens"), 100);
  EXPECT_EQ(number(body_of(chat), "/usage/completion_tokens_details/reasoning_tokens"), 70);
  EXPECT_EQ(body_of(chat).at_pointer("/choices/0/message/content").as_string().size(), 4 * 30);
  const Performance messages =
      shop.messages(messages_body(R"(,"thinking":{"type":"adaptive"})"), "output=100");
  EXPECT_EQ(number(body_of(messages), "/usage/output_tokens_details/thinking_tokens"), 50);
  EXPECT_EQ(body_of(messages).at_pointer("/content/0/thinking").as_string(), "");
}

TEST(Performance, NeverCountsMoreTokensThanBytes) {
  rc::check("tokens stay below bytes", [] {
    Shop shop;
    const auto text = *rc::gen::string<std::string>();
    json::string content(text);
    const std::string body = json::serialize(
        json::value{{"model", "gpt-4o"}, {"messages", {{{"role", "user"}, {"content", content}}}}});
    const Performance performance = shop.chat(body);
    if (performance.status == 200) {
      RC_ASSERT(performance.row.usage.prompt() <= static_cast<std::int64_t>(text.size()) + 6);
    }
  });
}

TEST(Performance, CallsTheToolThatIsForcedAndNoneWhenForbidden) {
  Shop shop(Options{.tool_call_rate = 1});
  constexpr std::string_view kTools =
      R"(,"tools":[{"type":"function","function":{"name":"look_up","parameters":)"
      R"({"type":"object","properties":{"id":{"type":"integer"}}}}},)"
      R"({"type":"function","function":{"name":"refund"}}])";
  const std::string forced =
      std::string(kTools) + R"(,"tool_choice":{"type":"function","function":{"name":"look_up"}})";
  const json::value answer = body_of(shop.chat(chat_body(forced)));
  EXPECT_EQ(answer.at_pointer("/choices/0/finish_reason").as_string(), "tool_calls");
  const auto& function = answer.at_pointer("/choices/0/message/tool_calls/0/function");
  EXPECT_EQ(function.at("name").as_string(), "look_up");
  EXPECT_TRUE(json::parse(function.at("arguments").as_string()).at("id").is_int64());
  const std::string forbidden = std::string(kTools) + R"(,"tool_choice":"none")";
  EXPECT_EQ(body_of(shop.chat(chat_body(forbidden))).at_pointer("/choices/0/finish_reason"),
            "stop");
}

TEST(Performance, StopsAtAStopSequence) {
  Shop shop;
  const Performance stopped =
      shop.messages(messages_body(R"(,"stop_sequences":["sun "])"), "output=400");
  const json::value body = body_of(stopped);
  EXPECT_EQ(body.at("stop_reason").as_string(), "stop_sequence");
  EXPECT_EQ(body.at("stop_sequence").as_string(), "sun ");
  EXPECT_LT(number(body, "/usage/output_tokens"), 400);
}

TEST(Performance, WritesAMarkedPrefixThenReadsItUntilItsTimeIsUp) {
  using namespace std::chrono_literals;
  Shop shop;
  const std::string body = cached_body(1'000, R"({"type":"ephemeral"})", "one");
  const std::string later = cached_body(1'000, R"({"type":"ephemeral"})", "two");
  const json::value first = body_of(shop.messages(body));
  EXPECT_EQ(number(first, "/usage/cache_creation_input_tokens"), 1'000);
  EXPECT_EQ(number(first, "/usage/cache_creation/ephemeral_5m_input_tokens"), 1'000);
  EXPECT_EQ(number(first, "/usage/cache_read_input_tokens"), 0);
  for (int i = 0; i < 3; ++i) {  // each read starts the five minutes anew
    shop.now = shop.now + 299s;
    const json::value next = body_of(shop.messages(later));
    EXPECT_EQ(number(next, "/usage/cache_read_input_tokens"), 1'000);
    EXPECT_EQ(number(next, "/usage/cache_creation_input_tokens"), 0);
  }
  shop.now = shop.now + 300s;
  EXPECT_EQ(number(body_of(shop.messages(later)), "/usage/cache_creation_input_tokens"), 1'000);
}

TEST(Performance, KeepsAnHourWhereAnHourWasPaidFor) {
  using namespace std::chrono_literals;
  Shop shop;
  const std::string body = cached_body(600, R"({"type":"ephemeral","ttl":"1h"})", "one");
  EXPECT_EQ(number(body_of(shop.messages(body)), "/usage/cache_creation/ephemeral_1h_input_tokens"),
            600);
  shop.now = shop.now + 3'599s;
  EXPECT_EQ(number(body_of(shop.messages(body)), "/usage/cache_read_input_tokens"), 600);
}

TEST(Performance, DoesNotCacheAPrefixBelowTheModelsLeast) {
  Shop shop;
  const std::string body = cached_body(511, R"({"type":"ephemeral"})", "one");
  shop.messages(body);
  const json::value again = body_of(shop.messages(body));
  EXPECT_EQ(number(again, "/usage/cache_creation_input_tokens"), 0);
  EXPECT_EQ(number(again, "/usage/cache_read_input_tokens"), 0);
}

TEST(Performance, MarksTheWholePromptWhenAskedAtTheTop) {
  Shop shop;
  const std::string text(4'000, 'y');
  const std::string body = fmt::format(
      R"({{"model":"claude-opus-5-5","max_tokens":50,"cache_control":{{"type":"ephemeral"}},)"
      R"("messages":[{{"role":"user","content":"{}"}}]}})",
      text);
  const json::value first = body_of(shop.messages(body));
  EXPECT_EQ(number(first, "/usage/cache_creation_input_tokens"), 1'003);
  EXPECT_EQ(number(first, "/usage/input_tokens"), 3);
}

TEST(Performance, RefusesAFifthBreakpoint) {
  Shop shop;
  std::string blocks;
  for (int i = 0; i < 5; ++i) {
    blocks +=
        fmt::format(R"({}{{"type":"text","text":"b{}","cache_control":{{"type":"ephemeral"}}}})",
                    i == 0 ? "" : ",", i);
  }
  const Performance five = shop.messages(messages_body(R"(,"system":[)" + blocks + "]"));
  EXPECT_EQ(five.status, 400);
  EXPECT_EQ(body_of(five).at_pointer("/error/type").as_string(), "invalid_request_error");
}

TEST(Performance, CachesChatPrefixesInStepsOf128) {
  Shop shop;
  const auto ask = [&](std::string_view model, std::string_view last) {
    const std::string prefix(6'000, 'z');
    return body_of(
        shop.chat(fmt::format(R"({{"model":"{}","messages":[{{"role":"system","content":"{}"}},)"
                              R"({{"role":"user","content":"{}"}}]}})",
                              model, prefix, last)));
  };
  constexpr std::string_view kCached = "/usage/prompt_tokens_details/cached_tokens";
  EXPECT_EQ(number(ask("gpt-4o", "one"), kCached), 0);
  const json::value second = ask("gpt-4o", "two");
  EXPECT_EQ(number(second, kCached), 11 * 128);
  EXPECT_FALSE(
      second.at_pointer("/usage/prompt_tokens_details").as_object().contains("cache_write_tokens"));
  const json::value written = ask("gpt-6-sol", "one");
  EXPECT_EQ(number(written, "/usage/prompt_tokens_details/cache_write_tokens"), 11 * 128);
  EXPECT_EQ(number(ask("gpt-6-sol", "two"), "/usage/prompt_tokens_details/cache_write_tokens"), 0);
}

TEST(Performance, SharesNoCacheBetweenCredentials) {
  Shop shop;
  const std::string body = cached_body(1'000, R"({"type":"ephemeral"})", "one");
  const auto ask = [&](std::string_view key) {
    return body_of(shop.stage.perform(
        {.dialect = Dialect::messages, .body = body, .credential = key}, kStart));
  };
  ask("a");
  EXPECT_EQ(number(ask("b"), "/usage/cache_read_input_tokens"), 0);
  EXPECT_EQ(number(ask("a"), "/usage/cache_read_input_tokens"), 1'000);
}

TEST(Performance, BillsNoRefusalWithoutOutputThoughUsageSpeaksOfTokens) {
  Shop shop;
  const Performance refused = shop.messages(messages_body(), "refusal");
  EXPECT_EQ(body_of(refused).at("stop_reason").as_string(), "refusal");
  EXPECT_TRUE(body_of(refused).at("content").as_array().empty());
  EXPECT_GT(number(body_of(refused), "/usage/input_tokens"), 0);
  EXPECT_EQ(number(body_of(refused), "/usage/output_tokens"), 1);
  EXPECT_EQ(settle_whole(refused).nanodollars, 0);
  const Performance midway = shop.messages(messages_body(), "refusal-midway output=20");
  EXPECT_EQ(body_of(midway).at("stop_reason").as_string(), "refusal");
  EXPECT_EQ(settle_whole(midway).nanodollars, 8 * 4'000 + 20 * 20'000);
}

TEST(Performance, BillsSearchesAndWhatTheyBringIn) {
  Shop shop;
  const Performance found = shop.messages(
      messages_body(R"(,"tools":[{"type":"web_search_20260209","name":"web_search"}])"),
      "search=2 output=10");
  const Usage& usage = found.row.usage;
  EXPECT_EQ(usage.searches, 2);
  EXPECT_EQ(number(body_of(found), "/usage/server_tool_use/web_search_requests"), 2);
  EXPECT_EQ(settle_whole(found).nanodollars, usage.input * 4'000 + 10 * 20'000 + 2 * 10'000'000);
}

TEST(Performance, PricesByTheTierItAnswersWith) {
  Shop shop;
  const std::string body = chat_body(R"(,"service_tier":"priority")", "gpt-6-sol");
  const Performance fast = shop.chat(body, "output=10 reasoning=0");
  EXPECT_EQ(body_of(fast).at("service_tier").as_string(), "priority");
  const Performance slow = shop.chat(body, "output=10 reasoning=0 downgrade");
  EXPECT_EQ(body_of(slow).at("service_tier").as_string(), "default");
  EXPECT_EQ(settle_whole(fast).nanodollars, 2 * settle_whole(slow).nanodollars);
  EXPECT_EQ(shop.chat(chat_body(R"(,"service_tier":"flex")", "gpt-6.2-sol")).status, 400);
}

struct Fault {
  std::string_view words;
  int status;
  bool billed;
};

TEST(Performance, BillsNothingThatWasRefusedBeforeOutput) {
  for (const Fault& fault :
       {Fault{"429 retry-after=7", 429, false}, Fault{"quota", 429, false},
        Fault{"500", 500, false}, Fault{"503", 503, false}, Fault{"529", 529, false},
        Fault{"400", 400, false}, Fault{"error", 500, false}, Fault{"zero-usage", 200, false},
        Fault{"no-usage", 200, true}, Fault{"malformed", 200, true}, Fault{"", 200, true},
        Fault{"no such word", 400, false}}) {
    Shop shop;
    const Performance performance = shop.chat(chat_body(), fault.words);
    EXPECT_EQ(performance.status, fault.status) << fault.words;
    EXPECT_EQ(settle_whole(performance).billed, fault.billed) << fault.words;
    EXPECT_EQ(settle_whole(performance).nanodollars > 0, fault.billed) << fault.words;
    EXPECT_EQ(performance.fields.contains("retry-after: 7\r\n"), fault.words.contains("after"));
  }
}

TEST(Performance, TakesItsWordsFromHeaderMetadataOrModelName) {
  Shop shop;
  EXPECT_EQ(shop.chat(chat_body("", "gpt-4o#503")).status, 503);
  EXPECT_EQ(shop.chat(chat_body(R"(,"metadata":{"simulate":"429"})")).status, 429);
  EXPECT_EQ(shop.messages(messages_body(R"(,"metadata":{"simulate":"529"})")).status, 529);
  EXPECT_EQ(body_of(shop.chat(chat_body("", "gpt-4o#output=3"))).at("model").as_string(),
            "gpt-4o-2024-08-06");
}

TEST(Performance, FaultsByChanceComeAtTheirRate) {
  Shop shop(Options{.faults = {{"429", 0.25}}});
  int refused = 0;
  for (int i = 0; i < 1'000; ++i) {
    refused += shop.chat(chat_body()).status == 429 ? 1 : 0;
  }
  EXPECT_NEAR(refused, 250, 60);
}

TEST(Performance, SpeaksEachDialectsErrors) {
  Shop shop;
  const json::value chat = body_of(shop.chat(chat_body("", "gpt-99")));
  EXPECT_EQ(chat.at_pointer("/error/code").as_string(), "model_not_found");
  const json::value messages = body_of(shop.messages(messages_body(), "529"));
  EXPECT_EQ(messages.at_pointer("/error/type").as_string(), "overloaded_error");
  EXPECT_TRUE(messages.at("request_id").as_string().starts_with("req_"));
  EXPECT_EQ(body_of(shop.chat(chat_body(R"(,"max_tokens":9)", "o3"))).at_pointer("/error/code"),
            "unsupported_parameter");
}

TEST(Performance, RefusesWhatIsNoRequest) {
  for (const std::string_view body :
       {"", "{", "[]", "null", "{}", R"({"model":7})", R"({"model":"gpt-4o"})",
        R"({"model":"gpt-4o","messages":[]})", R"({"model":"gpt-4o","messages":[7]})",
        R"({"model":"gpt-4o","messages":[{"role":"user","content":7}]})",
        R"({"model":"gpt-4o","messages":[{"role":"user"}],"n":0})",
        R"({"model":"gpt-4o","messages":[{"role":"user"}],"max_tokens":-1})",
        R"({"model":"gpt-4o","messages":[{"role":"user"}],"tools":[{}]})",
        R"({"model":"claude-opus-5-5","max_tokens":5,"messages":[{"role":"user","content":[7]}]})",
        R"({"model":"claude-opus-5-5","messages":[{"role":"user","content":"x"}]})"}) {
    Shop shop;
    const Performance chat = shop.chat(body);
    const Performance messages = shop.messages(body);
    EXPECT_TRUE(chat.status == 400 || chat.status == 404) << body;
    EXPECT_TRUE(messages.status == 400 || messages.status == 404) << body;
    EXPECT_EQ(settle_whole(chat).nanodollars + settle_whole(messages).nanodollars, 0) << body;
  }
}

TEST(Performance, MarksOfAStreamGrowToTheWholeOutput) {
  for (const std::string_view body :
       {chat_body(R"(,"stream":true,"n":2)", "o3"), messages_body(R"(,"stream":true)")}) {
    Shop shop;
    const Performance stream = body.contains("claude") ? shop.messages(body) : shop.chat(body);
    std::int64_t before = 0;
    std::size_t end = 0;
    for (const Mark& mark : stream.reel.marks) {
      EXPECT_GE(mark.generated, before);
      EXPECT_GT(mark.end, end);
      before = mark.generated;
      end = mark.end;
    }
    EXPECT_EQ(before, stream.row.usage.output);
    EXPECT_EQ(end, stream.reel.bytes.size());
  }
}

RC_GTEST_PROP(Bill, TotalIsTheSumOfItsRowsAndOfWhatItFolded, ()) {
  Bill bill(*rc::gen::inRange<std::size_t>(0, 8));
  const auto costs = *rc::gen::container<std::vector<std::int64_t>>(
      rc::gen::inRange<std::int64_t>(0, 1'000'000'000));
  std::int64_t sum = 0;
  for (const std::int64_t cost : costs) {
    bill.add({.billed = true, .nanodollars = cost});
    sum += cost;
  }
  const json::value shown = json::parse(bill.to_json(0, SIZE_MAX));
  std::int64_t rows = number(shown, "/folded/nanodollars");
  for (const json::value& row : shown.at("rows").as_array()) {
    rows += number(row, "/nanodollars");
  }
  RC_ASSERT(rows == sum);
  RC_ASSERT(bill.total() == sum);
  RC_ASSERT(number(shown, "/total_nanodollars") == sum);
}

TEST(Bill, ShowsOnlyRowsSinceANumber) {
  Bill bill(10);
  for (int i = 0; i < 5; ++i) {
    bill.add({.id = fmt::format("{:016x}", i), .billed = true, .nanodollars = 1});
  }
  const json::value shown = json::parse(bill.to_json(3, 2));
  EXPECT_EQ(shown.at("rows").as_array().size(), 2);
  EXPECT_EQ(number(shown, "/rows/0/number"), 3);
  EXPECT_EQ(number(shown, "/next"), 5);
  EXPECT_TRUE(bill.find_json("chatcmpl-0000000000000004"));
  EXPECT_FALSE(bill.find_json("chatcmpl-0000000000000009"));
}

}  // namespace
}  // namespace purser::simulate
