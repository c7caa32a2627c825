// ledger/account_index_test.cpp — every row is found again, however unevenly the tags lie.
#include "ledger/account_index.hpp"

#include <gtest/gtest.h>

#include <map>

#include "base/seed.hpp"

namespace purser {
namespace {

using Tag = AccountIndex::Tag;
using Row = AccountIndex::Row;

/// An index beside a map, both told the same.
struct Pair {
  Pages pages;
  AccountIndex index{pages};
  std::map<Row, Tag> rows;

  void insert(Tag tag) {
    const auto row = static_cast<Row>(rows.size());
    index.insert(tag, row);
    rows.emplace(row, tag);
  }
  void expect_equal() const {
    for (const auto& [row, tag] : rows) {
      ASSERT_EQ(index.find(tag, [&](Row found) { return found == row; }), row);
      ASSERT_EQ(index.find(tag, [](Row) { return false; }), AccountIndex::kNone);
    }
  }
};

TEST(AccountIndex, FindsRowsWhoseTagsCrowdInOnePlace) {
  Seed seed(7);
  Pair pair;
  for (int i = 0; i < 40'000; ++i) {
    // Nine of ten share eight leading bits: their segments split while all others are shallow.
    const auto tag = static_cast<Tag>(seed.next());
    pair.insert(i % 10 == 0 ? tag : (tag >> 8) | 0xA500'0000);
  }
  pair.expect_equal();
}

TEST(AccountIndex, KeepsApartRowsWithOneTag) {
  Pair pair;
  for (int i = 0; i < 500; ++i) {
    pair.insert(2047);  // the last slot: probing goes around
  }
  pair.expect_equal();
}

TEST(AccountIndex, AnErasedRowIsGoneAndNoOtherIs) {
  Seed seed(8);
  Pair pair;
  for (int i = 0; i < 20'000; ++i) {
    pair.insert(static_cast<Tag>(seed.next()) | 0x780);  // long runs, around the end of a segment
  }
  for (Row row = 0; row < 20'000; row += 2) {
    const Tag tag = pair.rows.at(row);
    pair.index.erase(tag, row);
    pair.rows.erase(row);
    ASSERT_EQ(pair.index.find(tag, [&](Row found) { return found == row; }), AccountIndex::kNone);
  }
  pair.expect_equal();
}

}  // namespace
}  // namespace purser
