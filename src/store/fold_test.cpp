// store/fold_test.cpp — the journal read forward: damage, segments left behind, nothing twice.
#include "store/fold.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "store/balances.hpp"
#include "store/codec.hpp"
#include "store/reports.hpp"

namespace purser {
namespace {

const Instant kNow = Instant::from_seconds(1'795'000'000);
const AccountKey kAccount{.high = 7, .low = 9};

class FoldTest : public testing::Test {
 protected:
  FoldTest() {
    std::string name = (std::filesystem::temp_directory_path() / "purser-fold-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~FoldTest() override { std::filesystem::remove_all(folder_); }

  static std::string hold(std::int64_t id) {
    HoldEntry entry;
    entry.call = CallId(id);
    entry.at = kNow;
    entry.worst = Amount::from_nanos(1000);
    entry.legs = {{kAccount, Units(1000), Instant::never(), true}};
    std::string record;
    append_record(record, entry);
    return record;
  }
  static std::string settle(std::int64_t id) {
    SettleEntry entry;
    entry.call = CallId(id);
    entry.at = kNow;
    entry.cost = Amount::from_nanos(300);
    entry.legs = {{kAccount, Units(300), Instant::never(), true}};
    std::string record;
    append_record(record, entry);
    return record;
  }
  void write(std::int64_t segment, const std::string& bytes) const {
    const std::string number = std::to_string(segment);
    std::ofstream(folder_ / ("journal-" + std::string(6 - number.size(), '0') + number + ".log"),
                  std::ios::binary)
        << bytes;
  }
  Fold open() const {
    auto fold = Fold::open(folder_);
    EXPECT_TRUE(fold) << fold.error().message;
    return std::move(*fold);
  }
  std::int64_t posted() const {
    const auto balances = BalanceReader::open(folder_);
    EXPECT_TRUE(balances);
    const auto posted = (*balances)->posted(kAccount);
    EXPECT_TRUE(posted);
    return posted->value_or(Units{}).count();
  }

  std::filesystem::path folder_;
};

TEST_F(FoldTest, WhatWasFoldedIsNotFoldedAgain) {
  write(1, hold(1) + settle(1) + hold(2) + settle(2));
  for (int time = 0; time < 3; ++time) {
    Fold fold = open();
    ASSERT_TRUE(fold.advance(kJournalEnd));
    EXPECT_EQ(fold.ledger().facts()->calls, 2U);
    EXPECT_EQ(posted(), 600);
  }
}

TEST_F(FoldTest, AHoldOutlivesItsSegment) {
  write(1, hold(1) + hold(2) + settle(2));
  write(2, hold(3) + settle(3));
  {
    Fold fold = open();
    ASSERT_TRUE(fold.advance(kJournalEnd));
    EXPECT_EQ(posted(), 600);
  }
  EXPECT_EQ(*list_segments(folder_), std::vector<std::int64_t>{2}) << "the first is not needed";
  EXPECT_EQ(verify_books(folder_)->open_holds, 1);
  write(2, hold(3) + settle(3) + settle(1));
  Fold fold = open();
  ASSERT_TRUE(fold.advance(kJournalEnd));
  EXPECT_EQ(posted(), 900);
  EXPECT_TRUE(fold.ledger().carried()->empty());
  EXPECT_EQ(verify_books(folder_)->open_holds, 0);
  EXPECT_TRUE(verify_books(folder_)->findings.empty());
}

TEST_F(FoldTest, ACarriedHoldIsPresumedLikeAnyOther) {
  write(1, hold(1));
  write(2, hold(2) + settle(2));
  {
    Fold fold = open();
    ASSERT_TRUE(fold.advance(kJournalEnd));
  }
  Fold fold = open();
  ASSERT_TRUE(fold.advance(kJournalEnd));
  EXPECT_EQ(*fold.presume_open(kNow), 1U);
  EXPECT_EQ(posted(), 1300);
  EXPECT_EQ(fold.mark().segment, 3);
}

TEST_F(FoldTest, DamageCostsOnlyWhatStoodInIt) {
  const std::string before = hold(1) + settle(1);
  const std::string lost = hold(2) + settle(2);
  const std::string after = hold(3) + settle(3);
  write(1, before + std::string(lost.size(), '\0') + after);
  EXPECT_FALSE(verify_books(folder_)) << "there is no database yet";
  Fold fold = open();
  ASSERT_TRUE(fold.advance(kJournalEnd));
  EXPECT_EQ(posted(), 600);
  EXPECT_EQ(fold.damaged(), std::ssize(lost));
  EXPECT_FALSE(verify_books(folder_)->findings.empty());
}

TEST_F(FoldTest, ATornEndIsNoDamage) {
  const std::string whole = hold(1) + settle(1);
  for (std::size_t length = 0; length < hold(2).size(); ++length) {
    write(1, whole + hold(2).substr(0, length));
    Fold fold = open();
    ASSERT_TRUE(fold.advance(kJournalEnd));
    ASSERT_EQ(fold.damaged(), 0) << length;
    ASSERT_EQ(posted(), 300);
  }
}

TEST_F(FoldTest, ASecondEndChangesNothing) {
  write(1, hold(1) + settle(1) + settle(1));
  Fold fold = open();
  ASSERT_TRUE(fold.advance(kJournalEnd));
  EXPECT_EQ(posted(), 300);
}

}  // namespace
}  // namespace purser
