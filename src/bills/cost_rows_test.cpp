// bills/cost_rows_test.cpp — rows in three formats, and every mistake where it stands.
#include "bills/cost_rows.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "bills/csv.hpp"

namespace purser {
namespace {

TEST(Csv, ReadsQuotesLineBreaksAndAByteOrderMark) {
  const auto csv = read_csv("\xEF\xBB\xBFName,What\r\nann,\"a, \"\"b\"\"\nc\"\r\n\r\nbob,\n");
  ASSERT_TRUE(csv) << csv.error().message;
  EXPECT_EQ(csv->header, (std::vector<std::string>{"Name", "What"}));
  EXPECT_EQ(csv->column("what"), 1U);
  EXPECT_EQ(csv->column("who"), std::nullopt);
  ASSERT_EQ(csv->records.size(), 2U);
  EXPECT_EQ(csv->records[0].fields, (std::vector<std::string>{"ann", "a, \"b\"\nc"}));
  EXPECT_EQ(csv->records[1].line, 5);
  EXPECT_EQ(csv->records[1].fields, (std::vector<std::string>{"bob", ""}));
}

TEST(Csv, NamesTheLineOfWhatIsWrong) {
  struct Wrong {
    std::string_view text;
    std::string_view says;
  };
  for (const auto& [text, says] :
       {Wrong{"", "line 1: expected a header"}, Wrong{"a,b\n1,2\n3\n", "line 3: 1 fields"},
        Wrong{"a\n\"x\ny", "line 2: a quote that does not end"}, Wrong{"a,A\n", "named twice"},
        Wrong{"a\n\"x\"y\n", "line 2: text behind a closing quote"}}) {
    const auto csv = read_csv(text);
    ASSERT_FALSE(csv) << text;
    EXPECT_NE(csv.error().message.find(says), std::string::npos) << csv.error().message;
  }
}

std::string in_quotes(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    out += c == '"' ? "\"\"" : std::string(1, c);
  }
  return out + '"';
}

RC_GTEST_PROP(Csv, WhatIsQuotedIsReadBack, (std::vector<std::vector<std::string>> rows)) {
  std::string text = "h1,h2\n";
  std::vector<std::vector<std::string>> expected;
  for (auto& row : rows) {
    row.resize(2);
    if (row[0].empty() && row[1].empty()) {
      continue;  // an empty line is none
    }
    text += in_quotes(row[0]) + ',' + in_quotes(row[1]) + "\r\n";
    expected.push_back(row);
  }
  const auto csv = read_csv(text);
  RC_ASSERT(csv.has_value());
  RC_ASSERT(csv->records.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    RC_ASSERT(csv->records[i].fields == expected[i]);
  }
}

CostRow only(const CostRows& read) {
  EXPECT_TRUE(read.problems.empty()) << to_text(read.problems, "row");
  return read.rows.size() == 1 ? read.rows.front() : CostRow{};
}

TEST(CostRows, AreTheSameInEveryFormat) {
  const CostRow json = only(read_cost_rows(
      R"({"vendor":"serper","item":"search","amount_usd":0.1,"at":"2026-11-24T09:30:00Z",)"
      R"("units":250,"user":"ann","tags":{"project":"x","free":"true"},"idempotency_key":"k"})",
      RowFormat::json));
  EXPECT_EQ(json.usd, Amount::from_nanos(100'000'000));
  EXPECT_EQ(json.units, 250);
  EXPECT_EQ(json.labels.user, "ann");
  const CostRow csv = only(read_cost_rows(
      "Provider,Tool,USD,At,Units,User,Team,Tags,Idempotency_key\n"
      "serper,search,0.10,2026-11-24T10:30:00+01:00,250,ann,,\"project=x, free\",k\n",
      RowFormat::csv));
  EXPECT_EQ(words_of(csv), words_of(json));
  EXPECT_EQ(csv.idempotency_key, json.idempotency_key);
  EXPECT_EQ(csv.line, 2);
  const CostRows lines =
      read_cost_rows("\n" + to_json(json) + "\n\n" + to_json(csv), RowFormat::json);
  ASSERT_EQ(lines.rows.size(), 2U) << to_text(lines.problems, "line");
  EXPECT_EQ(lines.rows[1].line, 4);
  EXPECT_EQ(words_of(lines.rows[0]), words_of(json));
}

TEST(CostRows, EveryMistakeIsNamed) {
  const CostRows read = read_cost_rows(
      R"([{"vendor":"a","item":"b","amount_usd":"0.0000000001"},
          {"vendor":"a","item":"b","amount_usd":"-1"},
          {"vendor":"a","item":"b","amount_usd":"1000000.000000001"},
          {"vendor":"a","provider":"a","item":"b","amount_usd":"1"},
          {"vendor":"a","item":"b","amount_usd":"1","at":"soon"},
          {"vendor":"a","item":"b","amount_usd":"1","units":1.5},
          {"vendor":"a","item":"b","amount_usd":true},
          {"vendor":"a\u0007","item":"b","amount_usd":1},
          {"vendor":"a","amount_usd":1},
          7])",
      RowFormat::json);
  EXPECT_TRUE(read.rows.empty());
  ASSERT_EQ(read.problems.size(), 10U) << to_text(read.problems, "row");
  for (std::size_t i = 0; i < read.problems.size(); ++i) {
    EXPECT_EQ(read.problems[i].line, static_cast<std::int64_t>(i) + 1) << read.problems[i].text;
  }
  EXPECT_FALSE(read_cost_rows("[{]", RowFormat::json).problems.empty());
  EXPECT_FALSE(read_cost_rows("", RowFormat::json).problems.empty());
  EXPECT_FALSE(read_cost_rows("vendor,item\n", RowFormat::csv).problems.empty());
}

TEST(CostRows, WithoutKeysGetOnesThatTheSameFileGivesAgain) {
  const std::string file = "vendor,item,usd,at\nx,y,1,2026-11-01\nx,y,1,2026-11-01\nx,z,1,\n";
  CostRows first = read_cost_rows(file, RowFormat::csv);
  CostRows again = read_cost_rows(file, RowFormat::csv);
  EXPECT_TRUE(name_rows(first.rows).empty());
  EXPECT_TRUE(name_rows(again.rows).empty());
  ASSERT_EQ(first.rows.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(first.rows[i].idempotency_key, again.rows[i].idempotency_key);
  }
  EXPECT_NE(first.rows[0].idempotency_key, first.rows[1].idempotency_key);
  first.rows[0].idempotency_key = first.rows[2].idempotency_key = "twin";
  const auto problems = name_rows(first.rows);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].line, 4);
}

}  // namespace
}  // namespace purser
