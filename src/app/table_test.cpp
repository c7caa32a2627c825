// app/table_test.cpp — the same rows three ways.
#include "app/table.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace purser {
namespace {

using Kind = Column::Kind;

Table spending() {
  Table table{
      .columns = {{"user", Kind::text}, {"calls", Kind::number}, {"cost_usd", Kind::amount}},
      .rows = {}};
  table.add({"zoë", "7", "0.000000001"});
  table.add({"a \"b\", c", "12", "12.500000000"});
  return table;
}

TEST(Table, NumbersStandRightAndNamesLeft) {
  EXPECT_EQ(to_text(spending(), Format::table),
            "user      calls      cost_usd\n"
            "zoë           7   0.000000001\n"
            "a \"b\", c     12  12.500000000\n");
}

TEST(Table, ANameCannotMoveTheCursor) {
  Table table{.columns = {{"user", Kind::text}}, .rows = {}};
  table.add({"\x1b[2Jeve\n"});
  EXPECT_EQ(to_text(table, Format::table), "user\n?[2Jeve?\n");
}

TEST(Table, JsonKeepsEveryDigit) {
  const std::string text = to_text(spending(), Format::json);
  EXPECT_NE(text.find("\"calls\":7,\"cost_usd\":\"0.000000001\""), std::string::npos) << text;
  EXPECT_EQ(boost::json::parse(text).as_array().at(1).at("user"), "a \"b\", c");
}

TEST(Table, CsvQuotesWhatNeedsIt) {
  EXPECT_EQ(to_text(spending(), Format::csv),
            "user,calls,cost_usd\r\nzoë,7,0.000000001\r\n\"a \"\"b\"\", c\",12,12.500000000\r\n");
}

TEST(Table, WithoutRowsHasItsHeads) {
  const Table table{.columns = {{"user", Kind::text}}, .rows = {}};
  EXPECT_EQ(to_text(table, Format::table), "user\n");
  EXPECT_EQ(to_text(table, Format::json), "[]\n");
  EXPECT_EQ(to_text(table, Format::csv), "user\r\n");
}

}  // namespace
}  // namespace purser
