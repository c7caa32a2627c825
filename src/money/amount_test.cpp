// money/amount_test.cpp — dollars as text, both ways.
#include "money/amount.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "money/decimal.hpp"

namespace purser {
namespace {

constexpr std::int64_t kNanosMax = 9'000'000'000'000'000'000;

TEST(Amount, IsShownToPeopleWithAtLeastTwoDecimals) {
  EXPECT_EQ(to_dollars(Amount::from_dollars(2)), "$2.00");
  EXPECT_EQ(to_dollars(Amount::from_nanos(12'300'000)), "$0.0123");
  EXPECT_EQ(to_dollars(Amount::from_nanos(-1)), "-$0.000000001");
  EXPECT_EQ(to_dollars(Amount()), "$0.00");
}

TEST(Amount, KeepsNineDecimalsWhenExact) {
  EXPECT_EQ(to_exact_dollars(Amount::from_nanos(123'450)), "0.000123450");
  EXPECT_EQ(to_exact_dollars(Amount::from_nanos(-1'500'000'000)), "-1.500000000");
  EXPECT_EQ(to_exact_dollars(Amount::from_nanos(std::numeric_limits<std::int64_t>::min())),
            "-9223372036.854775808");
}

TEST(Amount, IsReadWithAndWithoutItsSign) {
  EXPECT_EQ(parse_dollars("2")->nanos(), 2'000'000'000);
  EXPECT_EQ(parse_dollars("$1.5")->nanos(), 1'500'000'000);
  EXPECT_EQ(parse_dollars("-$0.01")->nanos(), -10'000'000);
  EXPECT_EQ(parse_dollars("0.000000001")->nanos(), 1);
  EXPECT_EQ(parse_dollars("8999999999.999999999")->nanos(), kNanosMax - 1);
}

TEST(Amount, IsNeverRoundedOnTheWayIn) {
  for (const char* text :
       {"", "-", "$", ".5", "5.", "1e3", "1,5", " 1", "1 ", "+1", "--1", "$$1", "0.0000000001",
        "9000000000", "9000000001", "99999999999999999999", "0x10", "nan"}) {
    EXPECT_FALSE(parse_dollars(text)) << text;
  }
}

RC_GTEST_PROP(Amount, ReadsBackWhatItSays, ()) {
  const auto amount = Amount::from_nanos(*rc::gen::inRange(-kNanosMax + 1, kNanosMax));
  RC_ASSERT(parse_dollars(to_exact_dollars(amount)).value() == amount);
  RC_ASSERT(parse_dollars(to_dollars(amount)).value() == amount);
}

TEST(Decimal, IsReadExactlyWithAnyExponent) {
  EXPECT_EQ(exact_decimal("2.5e-06", 12), 2'500'000);
  EXPECT_EQ(exact_decimal("0.0000025", 12), 2'500'000);
  EXPECT_EQ(exact_decimal("3.625E-9", 12), 3'625);
  EXPECT_EQ(exact_decimal("2.50", 6), 2'500'000);
  EXPECT_EQ(exact_decimal("100.0", 0), 100);
  EXPECT_EQ(exact_decimal("1e+3", 0), 1000);
  EXPECT_EQ(exact_decimal("0", 0), 0);
  EXPECT_EQ(exact_decimal("0.000e50", 0), 0);
  EXPECT_EQ(exact_decimal("1000000000000000000", 0), 1'000'000'000'000'000'000);
  EXPECT_EQ(exact_decimal("1010", 0), 1010);
}

TEST(Decimal, IsNothingWhenItIsNotWholeOrNotADecimal) {
  for (const char* text :
       {"", "-1", "+1", ".5", "5.", "1.2.3", "1e", "e1", "1e1000", "1e-13", "0.5e-12", "abc", "1 ",
        "0.0000029999900000000002", "99999999999999999999", "9223372036854775807", "1e18"}) {
    EXPECT_FALSE(exact_decimal(text, 12)) << text;
  }
}

RC_GTEST_PROP(Decimal, ReadsBackWhatItWrites, ()) {
  const auto value = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000'000'000);
  const int places = *rc::gen::inRange(0, 13);
  RC_ASSERT(exact_decimal(decimal_text(value, places), places) == value);
}

}  // namespace
}  // namespace purser
