// wire/json_scan_test.cpp — the cursor takes what JSON is, and nothing else.
#include "wire/json_scan.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <simdjson.h>

namespace purser {
namespace {

bool whole(std::string_view text) {
  JsonScan scan(text);
  scan.skip();
  return scan.finish();
}

TEST(JsonScan, TakesEveryKindOfValue) {
  for (const char* text :
       {"{}", "[]", "null", "true", "false", "0", "-0", "-1.5e+10", "1E5", "\"\"", " [ 1 , 2 ] ",
        R"({"a":{"b":[{},[],"\u00e9\n\\\"\/"]},"a":1})", "\"\xC3\xA9\x7F\"", "\t[\r\n1]\n"}) {
    EXPECT_TRUE(whole(text)) << text;
  }
}

TEST(JsonScan, RefusesWhatIsNotJson) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[",
                           "[1",
                           "[1,]",
                           "[,1]",
                           "{,}",
                           "{\"a\"",
                           "{\"a\":",
                           "{\"a\":1",
                           "{\"a\":1,}",
                           "{\"a\" 1}",
                           "{a:1}",
                           "{1:1}",
                           "[1 2]",
                           "01",
                           "-",
                           "1.",
                           ".5",
                           "1e",
                           "+1",
                           "tru",
                           "nulll",
                           "NaN",
                           "'a'",
                           "\"",
                           "\"\\\"",
                           "\"\\x\"",
                           "\"\\u12g4\"",
                           "\"a\nb\"",
                           "\"\\u12\"",
                           "[}",
                           "{]",
                           "1 2",
                           "{}{}",
                           "[1]]",
                           "\"\x01\"",
                           "/**/1",
                           "[\"a\":1]",
                           "\xEF\xBB\xBF{}"}) {
    EXPECT_FALSE(whole(text)) << text;
  }
}

TEST(JsonScan, RefusesWhatIsTooDeep) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(whole(nested(JsonScan::kDepthMax)));
  EXPECT_FALSE(whole(nested(JsonScan::kDepthMax + 1)));
  EXPECT_FALSE(whole(std::string(1 << 20, '[')));
}

TEST(JsonScan, SaysWhereItStopped) {
  JsonScan scan(R"({"a":1,"b" 2})");
  scan.skip();
  EXPECT_STREQ(scan.wrong(), "expected ':'");
  EXPECT_EQ(scan.at(), 11u);
}

TEST(JsonScan, UnfoldsEscapes) {
  JsonScan scan(R"("a\u0041\u00e9\u4e2d\ud83d\ude00\ud83d\n\/\ude00")");
  JsonText text;
  ASSERT_TRUE(scan.text(text));
  std::string plain;
  append_unescaped(plain, text);
  EXPECT_EQ(plain, "aA\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80\xEF\xBF\xBD\n/\xEF\xBF\xBD");
  EXPECT_EQ(unescaped_size(text), plain.size());
  EXPECT_TRUE(text == plain);
  EXPECT_FALSE(text == "a");
}

TEST(JsonScan, ReadsWholeNumbersOnly) {
  EXPECT_EQ(whole_number("42"), 42);
  EXPECT_EQ(whole_number("-7"), -7);
  for (const char* text : {"4.0", "4e2", "9223372036854775808", "", "-"}) {
    EXPECT_FALSE(whole_number(text)) << text;
  }
}

/// Text that is nearly JSON: pieces of it in a random order.
rc::Gen<std::string> nearly_json() {
  const auto piece = rc::gen::element<std::string>(
      "{", "}", "[", "]", ":", ",", " ", "\n", "\"a\"", "\"b\\n\"", "\"\\u00e9\"", "1", "-2.5e3",
      "true", "null", "\"", "\\", "0", "tru", "\"k\":", "{\"k\":", "[1,");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), [](const auto& pieces) {
    std::string text;
    for (const std::string& each : pieces) {
      text += each;
    }
    return text;
  });
}

bool simdjson_takes(const std::string& text) {
  simdjson::dom::parser parser;
  return parser.parse(text).error() == simdjson::SUCCESS;
}

RC_GTEST_PROP(JsonScan, AgreesWithSimdjsonOnWhatIsJson, ()) {
  const std::string text = *nearly_json();
  RC_ASSERT(whole(text) == simdjson_takes(text));
}

/// Real JSON, cut or with one byte changed: nearly always one mistake deep inside.
RC_GTEST_PROP(JsonScan, AgreesWithSimdjsonOnOneChangedByte, ()) {
  std::string text =
      R"({"model":"m","messages":[{"role":"user","content":"a \"b\" \u00e9\\"},[1,-2.5,3e7,{}]],)"
      R"("n":null,"t":true,"f":[false,"0123456789abcdef0123456789"]})";
  text[*rc::gen::inRange<std::size_t>(0, text.size())] =
      *rc::gen::elementOf(std::string("{}[]:,\" \\0a1-.eE\nutfn\x01/"));
  RC_ASSERT(whole(text) == simdjson_takes(text));
}

}  // namespace
}  // namespace purser
