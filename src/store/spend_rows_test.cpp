// store/spend_rows_test.cpp — calls read back with their corrections, however far back what was
// posted later lies.
#include "store/spend_rows.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <map>

#include "store/balances.hpp"
#include "store/corrections.hpp"
#include "store/history.hpp"
#include "store/reports.hpp"
#include "store/sample_entries.hpp"

namespace purser {
namespace {

constexpr std::int64_t kCalls = 40;
/// Every other call was spent so long before it was posted.
constexpr std::chrono::hours kBack{24 * 300};

class SpendRowsTest : public testing::Test {
 protected:
  SpendRowsTest() {
    std::string name = (std::filesystem::temp_directory_path() / "purser-spend-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    Recovered recovered;
    auto store =
        Store::open({.folder = folder_, .durability = Durability::relaxed}, kNow, recovered);
    for (std::int64_t id = 1; id <= kCalls; ++id) {
      HoldEntry hold = some_hold(id);
      hold.at = kNow + std::chrono::hours(3 * id);
      hold.legs[0].is_money = true;
      SettleEntry settle = some_settle(hold);
      if (id % 2 == 1) {
        hold.at = hold.at - kBack;
        hold.dialect = Dialect::vendor;
        settle.stop_reason = kSpentBefore;
        settle.units = 7;
      } else if (id % 4 == 0) {
        settle.outcome = Outcome::presumed;
        settle.cost = hold.worst;
        settle.legs[0].units = Units(hold.worst.nanos());
      }
      (*store)->hold(hold, [](Result<void>) {});
      (*store)->settle(settle);
    }
    EXPECT_TRUE((*store)->fold());
  }
  ~SpendRowsTest() override { std::filesystem::remove_all(folder_); }

  std::vector<SpendRow> rows(Instant since, Instant until = Instant::never()) {
    std::vector<SpendRow> found;
    EXPECT_TRUE(
        read_spend(folder_, since, until, [&](const SpendRow& row) { found.push_back(row); }));
    return found;
  }

  std::filesystem::path folder_;
};

TEST_F(SpendRowsTest, ARangeHasExactlyWhatWasAdmittedInIt) {
  for (std::int64_t from = 1; from <= kCalls; ++from) {
    const Instant since = kNow + std::chrono::hours(3 * from);
    std::size_t even = 0;
    for (std::int64_t id = from; id <= kCalls; ++id) {
      even += id % 2 == 0 ? 1U : 0U;
    }
    EXPECT_EQ(rows(since).size(), even) << from;
    const auto by_day = report(folder_, "provider", since, Instant::never());
    ASSERT_TRUE(by_day);
    EXPECT_EQ(by_day->at(0).calls, static_cast<std::int64_t>(even));
  }
  EXPECT_EQ(rows({}).size(), static_cast<std::size_t>(kCalls));
  EXPECT_EQ(rows({}, kNow).size(), static_cast<std::size_t>(kCalls) / 2) << "posted long after";
}

TEST_F(SpendRowsTest, ARowSaysWhoseItIsAndWhetherItIsCertain) {
  for (const SpendRow& row : rows({})) {
    const std::int64_t id = row.call.count();
    EXPECT_EQ(row.caller, some_hold(id).caller);
    EXPECT_EQ(row.dialect, id % 2 == 1 ? Dialect::vendor : Dialect::chat);
    EXPECT_EQ(row.certain, id % 4 != 0);
    EXPECT_EQ(row.tokens, 170);
  }
}

TEST_F(SpendRowsTest, BucketsTellVendorsFromModels) {
  const auto buckets = report(folder_, "bucket", {}, Instant::never());
  ASSERT_TRUE(buckets);
  std::map<std::string, std::int64_t> calls;
  for (const ReportRow& row : *buckets) {
    calls[row.name] = row.calls;
  }
  EXPECT_EQ(calls, (std::map<std::string, std::int64_t>{{"model", kCalls / 2},
                                                        {"tool and vendor", kCalls / 2}}));
  const auto only = report(folder_, "bucket", {}, Instant::never(), "model");
  ASSERT_TRUE(only);
  ASSERT_EQ(only->size(), 1U);
}

TEST_F(SpendRowsTest, WhatWasPostedLaterTeachesNoHabits) {
  std::int64_t calls = 0;
  EXPECT_TRUE(read_hours(folder_, "user", {}, [&](const HourOfUse& hour) { calls += hour.calls; }));
  EXPECT_EQ(calls, kCalls / 2);
}

TEST_F(SpendRowsTest, ACorrectionMovesTheCallAndItsOpenAccountsAndMakesItCertain) {
  const auto before = *(*BalanceReader::open(folder_))->posted(account(1));
  const std::vector<Correction> corrections{{CallId(4), Amount::from_nanos(-1000)},
                                            {CallId(8), Amount()}};
  ASSERT_TRUE(post_corrections(folder_, corrections, "billed", kNow));
  EXPECT_EQ(*(*BalanceReader::open(folder_))->posted(account(1)), *before + Units(-1000));
  std::map<std::int64_t, SpendRow> after;
  for (const SpendRow& row : rows({})) {
    after[row.call.count()] = row;
  }
  EXPECT_EQ(after[4].cost, some_hold(4).worst - Amount::from_nanos(1000));
  EXPECT_TRUE(after[4].certain);
  EXPECT_TRUE(after[8].certain) << "a correction of nothing says that the bill agrees";
  EXPECT_FALSE(after[12].certain);
  EXPECT_TRUE(verify_books(folder_)->findings.empty());
}

TEST_F(SpendRowsTest, CorrectionsAreAllPostedOrNone) {
  const std::vector<Correction> corrections{{CallId(4), Amount::from_nanos(-1000)},
                                            {CallId(kCalls + 1), Amount::from_nanos(1)}};
  const auto posted = post_corrections(folder_, corrections, "billed", kNow);
  ASSERT_FALSE(posted);
  EXPECT_NE(posted.error().message.find("is not booked"), std::string::npos);
  EXPECT_EQ(verify_books(folder_)->corrections, 0);
}

}  // namespace
}  // namespace purser
