// store/codec_test.cpp — what is written is what is read, and damage is seen.
#include "store/codec.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "store/sample_entries.hpp"

namespace purser {
namespace {

TEST(Codec, AHoldAndAnOutcomeComeBackAsTheyWere) {
  const HoldEntry hold = some_hold(5);
  const SettleEntry settle = some_settle(hold);
  std::string bytes;
  append_record(bytes, hold);
  append_record(bytes, settle);
  std::string_view rest = bytes;
  HoldEntry held;
  SettleEntry ended;
  ASSERT_TRUE(decode(*take_payload(rest), held));
  ASSERT_TRUE(decode(*take_payload(rest), ended));
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(held.caller, hold.caller);
  EXPECT_EQ(held.worst, hold.worst);
  EXPECT_EQ(held.legs[1].account, hold.legs[1].account);
  EXPECT_EQ(held.legs[1].ends, hold.legs[1].ends);
  EXPECT_EQ(held.name, std::nullopt);
  EXPECT_EQ(ended.usage, settle.usage);
  EXPECT_EQ(ended.cost, settle.cost);
  EXPECT_EQ(ended.provider_id, settle.provider_id);
}

TEST(Codec, PassesComeBackAndARecordWithoutThemIsReadAsEver) {
  SettleEntry settle = some_settle(some_hold(5));
  std::string without;
  append_record(without, settle);
  Usage usage;
  usage.output = Tokens(9);
  usage.video_in = Tokens(1);
  settle.parts = {Pass{.model = "advisor", .usage = usage}, Pass{.model = {}, .usage = {}}};
  std::string with;
  append_record(with, settle);
  EXPECT_LT(without.size(), with.size());
  SettleEntry back;
  std::string_view rest = with;
  ASSERT_TRUE(decode(*take_payload(rest), back));
  ASSERT_EQ(back.parts.size(), 2U);
  EXPECT_EQ(back.parts[0].model, "advisor");
  EXPECT_EQ(back.parts[0].usage, usage);
  EXPECT_EQ(back.parts[1].usage, Usage());
  rest = without;
  ASSERT_TRUE(decode(*take_payload(rest), back));
  EXPECT_TRUE(back.parts.empty());
}

TEST(Codec, UnitsComeBackWithAndWithoutPasses) {
  for (const bool several : {false, true}) {
    SettleEntry settle = some_settle(some_hold(5));
    settle.parts.resize(several ? 2 : 0);
    settle.units = 250;
    std::string bytes;
    append_record(bytes, settle);
    SettleEntry back;
    std::string_view rest = bytes;
    ASSERT_TRUE(decode(*take_payload(rest), back));
    EXPECT_EQ(back.units, 250);
    EXPECT_EQ(back.parts.size(), settle.parts.size());
  }
}

TEST(Codec, AHoldKeepsTheNameItsCallerGaveIt) {
  HoldEntry named = some_hold(5);
  named.name = HoldName{.name = digest("order-7"), .words = digest("search")};
  std::string bytes;
  append_record(bytes, named);
  append_record(bytes, some_hold(6));
  std::string_view rest = bytes;
  HoldEntry read;
  ASSERT_TRUE(decode(*take_payload(rest), read));
  EXPECT_EQ(read.name, named.name);
  ASSERT_TRUE(decode(*take_payload(rest), read));
  EXPECT_EQ(read.name, std::nullopt);  // nothing is left of what it held before
}

TEST(Codec, AProviderCannotFillTheBooks) {
  SettleEntry settle = some_settle(some_hold(1));
  settle.stop_reason.assign(std::size_t{4} << 20, 'x');
  settle.provider_id = std::string(kTextBytesMax - 1, 'y') + "\u00e9";  // cut in a character
  settle.parts.resize(kPartsMax, Pass{.model = settle.stop_reason, .usage = {}});
  std::string bytes;
  append_record(bytes, settle);
  EXPECT_LT(bytes.size(), (kPartsMax + 4) * (kTextBytesMax + 32));
  std::string_view rest = bytes;
  SettleEntry back;
  ASSERT_TRUE(decode(*take_payload(rest), back));
  EXPECT_EQ(back.stop_reason.size(), kTextBytesMax);
  EXPECT_EQ(back.provider_id, std::string(kTextBytesMax - 1, 'y'));
}

TEST(Codec, ADamagedRecordIsNeverTakenForAGoodOne) {
  std::string bytes;
  append_record(bytes, some_hold(1));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      std::string_view rest = damaged;
      EXPECT_FALSE(take_payload(rest)) << "byte " << at << " bit " << bit;
    }
  }
}

RC_GTEST_PROP(Codec, AnyBytesAreRefusedOrRead, (const std::string& bytes)) {
  HoldEntry hold;
  SettleEntry settle;
  static_cast<void>(decode(bytes, hold));
  static_cast<void>(decode(bytes, settle));
  static_cast<void>(peek(bytes));
  std::string_view rest = bytes;
  static_cast<void>(take_payload(rest));
}

}  // namespace
}  // namespace purser
