// bills/bill_test.cpp — each export in its documented shape (tests/golden/bills), and what is wrong
// in one, where it stands.
#include "bills/bill.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <sstream>

namespace purser {
namespace {

using namespace std::chrono_literals;

std::string golden(const std::string& name) {
  std::ifstream file(std::string(PURSER_SOURCE_DIR "/tests/golden/bills/") + name);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

struct Expected {
  std::string file;
  BillFormat format;
  std::string provider;
  std::string model;  // of the first row
  std::string key;
  std::int64_t nanos = 0;  // all rows together, -1: no row tells a cost
  std::size_t rows = 1;
  std::int64_t skipped = 0;
};

TEST(Bill, EveryExportIsReadAsItIsDocumented) {
  using enum BillFormat;
  const Expected cases[] = {
      {"openai-costs.json", openai, "openai", "gpt-4o-mini", "", 60'000'001, 2},
      {"openai-usage.json", openai, "openai", "gpt-4o-mini", "key_abc", -1, 2},
      {"openai-dashboard.csv", openai, "openai", "gpt-5-mini", "", 895'874'000, 1, 1},
      {"anthropic-cost-report.json", anthropic, "anthropic", "claude-sonnet-4", "", 1'247'891'200,
       2},
      {"anthropic-usage-report.json", anthropic, "anthropic", "claude-sonnet-4", "apikey_01", -1},
      {"anthropic-analytics-cost.json", anthropic, "anthropic", "claude-haiku-4-5", "apikey_01",
       2'500'000'000},
      {"anthropic-console.csv", anthropic, "anthropic", "claude-haiku-4-5", "demo", 300'000'000, 2},
      {"anthropic-console-tokens.csv", anthropic, "anthropic", "claude-haiku-4-5", "demo", -1},
      {"aws-cur.csv", aws_cur, "bedrock", "claude-3-haiku", "111122223333", 3'000'000, 1, 1},
      {"aws-cur2.csv", aws_cur, "bedrock", "use1-nova-lite-input-tokens", "111122223333", 150},
      {"focus.csv", focus, "openai", "gpt-4o", "proj_abc", 1'250'000'000, 1, 1},
  };
  for (const Expected& expected : cases) {
    SCOPED_TRACE(expected.file);
    const auto bill = read_bill(golden(expected.file));
    ASSERT_TRUE(bill) << bill.error().message;
    EXPECT_EQ(bill->format, expected.format);
    EXPECT_EQ(bill->skipped, expected.skipped);
    ASSERT_EQ(bill->rows.size(), expected.rows);
    EXPECT_EQ(bill->rows[0].day, Day(2026y / 11 / 25));
    EXPECT_EQ(bill->rows[0].provider, expected.provider);
    EXPECT_EQ(bill->rows[0].model, expected.model);
    EXPECT_EQ(bill->rows[0].key, expected.key);
    FineAmount total;
    bool told = false;
    for (const BillRow& row : bill->rows) {
      told = told || row.cost;
      total += row.cost.value_or(FineAmount());
    }
    EXPECT_EQ(told ? total.rounded().nanos() : -1, expected.nanos);
  }
}

TEST(Bill, TellsWhatWasUsed) {
  const auto openai = read_bill(golden("openai-usage.json"));
  ASSERT_TRUE(openai);
  EXPECT_EQ(openai->rows[0].usage.input_uncached, Tokens(200));
  EXPECT_EQ(openai->rows[0].usage.cache_read, Tokens(800));
  EXPECT_EQ(openai->rows[0].usage.output, Tokens(500));
  EXPECT_EQ(openai->rows[1].day, Day(2026y / 11 / 26));
  for (const char* file : {"anthropic-usage-report.json", "anthropic-console-tokens.csv"}) {
    const auto bill = read_bill(golden(file));
    ASSERT_TRUE(bill);
    const Usage& usage = bill->rows[0].usage;
    EXPECT_GT(usage.cache_write_short, Tokens(0)) << file;
    EXPECT_GT(usage.cache_write_long, usage.cache_write_short) << file;
    EXPECT_GT(usage.cache_read, Tokens(0)) << file;
    EXPECT_EQ(usage.output, Tokens(50)) << file;
  }
}

TEST(Bill, WhatIsWrongIsSaid) {
  struct Wrong {
    std::string_view text;
    std::string_view says;
  };
  for (const auto& [text, says] : {
           Wrong{"", "header"},
           Wrong{"a,b\n1,2\n", "no export we know"},
           Wrong{"usage_date_utc,cost_usd\n2026-11-25,1\nsoon,1\n", "line 3: expected a date"},
           Wrong{"usage_date_utc,cost_usd\n2026-11-25,1.2.3\n", "line 2: expected an amount"},
           Wrong{"start_time,amount_value,amount_currency\n2026-11-25,1,eur\n", "US dollars"},
           Wrong{"{}", "a list \"data\""},
           Wrong{"{", "line 1: not JSON"},
           Wrong{R"({"data":[{"results":[]}]})", "without start_time"},
           Wrong{R"({"data":[],"has_more":true})", "has_more"},
           Wrong{
               R"({"data":[{"start_time":1,"results":[{"amount":{"value":1,"currency":"eur"}}]}]})",
               "US dollars"},
           Wrong{"usage_date_utc,cost_usd\n2026-11-25,999999999\n2026-11-25,2\n", "on one bill"},
       }) {
    const auto bill = read_bill(text);
    ASSERT_FALSE(bill) << text;
    EXPECT_NE(bill.error().message.find(says), std::string::npos) << bill.error().message;
  }
}

TEST(Bill, AModelHasOneName) {
  EXPECT_EQ(bill_model("Claude Haiku 4.5"), "claude-haiku-4-5");
  EXPECT_EQ(bill_model("claude-haiku-4-5-20251001"), "claude-haiku-4-5");
  EXPECT_EQ(bill_model("gpt-4.1-2025-04-14"), "gpt-4.1");
}

TEST(FineAmount, IsReadDigitByDigit) {
  const auto nanos = [](std::string_view text, int shift = 0) {
    const auto amount = FineAmount::parse(text, shift);
    return amount ? amount->rounded().nanos() : INT64_MIN;
  };
  EXPECT_EQ(nanos("0.0000000005"), 1);
  EXPECT_EQ(nanos("0.00000000049999999999999999999999"), 0);
  EXPECT_EQ(nanos("-0.0000000015"), -2);
  EXPECT_EQ(nanos("12.5e-1"), 1'250'000'000);
  EXPECT_EQ(nanos("1E3"), 1'000'000'000'000);
  EXPECT_EQ(nanos("123.45", 2), 1'234'500'000);
  EXPECT_EQ(nanos("0e30"), 0);
  for (const char* text : {"", ".", "-", "1,5", "1e", "1e99", "0x1", "1.2.3", "9999999999", "1 "}) {
    EXPECT_EQ(nanos(text), INT64_MIN) << text;
  }
}

RC_GTEST_PROP(FineAmount, SumsRoundOnce, ()) {
  const auto parts = *rc::gen::nonEmpty<std::vector<std::uint32_t>>();
  FineAmount sum;
  __int128 exact = 0;
  for (const std::uint32_t part : parts) {
    char text[40];
    std::snprintf(text, sizeof text, "0.00000%010u", part);  // of 10^-15 dollars
    sum += *FineAmount::parse(text);
    exact += part;
  }
  RC_ASSERT(sum.rounded().nanos() == static_cast<std::int64_t>((exact + 500'000) / 1'000'000));
}

}  // namespace
}  // namespace purser
