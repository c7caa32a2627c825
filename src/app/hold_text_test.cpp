// app/hold_text_test.cpp — what may be asked to be held, and what is no such thing.
#include "app/hold_text.hpp"

#include <gtest/gtest.h>

namespace purser {
namespace {

TEST(HoldText, ReadsAHoldWithAndWithoutWhatMayBeLeftOut) {
  const auto least = read_vendor_ask(R"({"vendor":"serper","item":"search","usd":"0.50"})");
  ASSERT_TRUE(least) << least.error().message;
  EXPECT_EQ(least->usd, Amount::from_nanos(500'000'000));
  EXPECT_EQ(least->ttl, std::chrono::minutes(10));
  EXPECT_EQ(least->idempotency_key, "");
  const auto most = read_vendor_ask(
      R"({"vendor":"v","item":"i","usd":"10000","ttl":"24h","idempotency_key":"k"})");
  ASSERT_TRUE(most) << most.error().message;
  EXPECT_EQ(most->usd, kVendorUsdMax);
  EXPECT_EQ(most->ttl, kVendorTtlMax);
  EXPECT_EQ(most->idempotency_key, "k");
}

TEST(HoldText, RefusesWhatIsNoHoldAndSaysWhy) {
  struct Case {
    std::string_view json;
    std::string_view why;
  };
  for (const Case& each : {
           Case{"", "the body"},
           Case{"[]", "the body"},
           Case{R"({"vendor":"v","item":"i"})", "needs a vendor, an item and usd"},
           Case{R"({"vendor":"v","item":"i","usd":0.5})", "usd"},
           Case{R"({"vendor":"v","item":"i","usd":"-1"})", "usd"},
           Case{R"({"vendor":"v","item":"i","usd":"10000.000000001"})", "usd"},
           Case{R"({"vendor":"v","item":"i","usd":"0.0000000001"})", "usd"},
           Case{R"({"vendor":"v","item":"i","usd":"1","ttl":"25h"})", "ttl"},
           Case{R"({"vendor":"v","item":"i","usd":"1","ttl":"0s"})", "ttl"},
           Case{R"({"vendor":"v\n","item":"i","usd":"1"})", "vendor"},
           Case{R"({"vendor":"v","item":"i","usd":"1","tll":"1m"})", "unknown member 'tll'"},
       }) {
    const auto read = read_vendor_ask(each.json);
    ASSERT_FALSE(read) << each.json;
    EXPECT_EQ(read.error().fault, Fault::client);
    EXPECT_NE(read.error().message.find(each.why), std::string::npos) << read.error().message;
  }
}

TEST(HoldText, ASettlementIsAnAmountAndNothingElse) {
  EXPECT_EQ(*read_settlement(R"({"usd":"0.42"})"), Amount::from_nanos(420'000'000));
  EXPECT_EQ(*read_settlement(R"({"usd":"0"})"), Amount());
  EXPECT_FALSE(read_settlement("{}"));
  EXPECT_FALSE(read_settlement(R"({"usd":"1","why":"x"})"));
}

TEST(HoldText, AnOpenHoldHasNoCostYet) {
  VendorState state{.id = CallId(255),
                    .vendor = "serper",
                    .item = "search",
                    .held = Amount::from_nanos(500'000'000),
                    .outcome = std::nullopt,
                    .cost = {},
                    .at = {},
                    .ends = Instant::from_seconds(60)};
  EXPECT_EQ(vendor_json(state),
            R"({"id":"call_00000000000000ff","state":"held","vendor":"serper","item":"search",)"
            R"("held_usd":0.500000000,"at":"1970-01-01T00:00:00.000Z",)"
            R"("due":"1970-01-01T00:01:00.000Z"})");
  state.outcome = Outcome::settled;
  EXPECT_NE(vendor_json(state).find(R"("cost_usd":0.000000000)"), std::string::npos);
}

}  // namespace
}  // namespace purser
