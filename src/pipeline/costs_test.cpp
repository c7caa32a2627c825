// pipeline/costs_test.cpp — whose spend a row is, and where it is counted.
#include "pipeline/costs.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace purser {
namespace {

const Instant kNow = *parse_rfc3339("2026-11-25T10:30:00Z");

CostRow row(std::int64_t line = 1) {
  CostRow row;
  row.line = line;
  row.vendor = "serper";
  row.item = "search";
  row.usd = Amount::from_dollars(2);
  row.idempotency_key = "k" + std::to_string(line);
  return row;
}

Identified somebody() {
  Identified who;
  who.caller.key = "key_a";
  who.known = true;
  return who;
}

Labels user_header(std::string_view user) {
  Labels labels;
  labels.user = user;
  return labels;
}

/// The one problem, or "fine".
std::string problem(CostRow of, const Identified& who, const Labels& headers = {}) {
  const CostAsks read = ask_costs({std::move(of)}, who, headers, kNow);
  return read.problems.empty() ? "fine" : read.problems.front().text;
}

TEST(AskCosts, ARowSaysWhatItsKeyMaySay) {
  CostRow tier = row();
  tier.labels.tier = "gold";
  EXPECT_EQ(problem(tier, somebody()), "tier: this key may not say it");
  Identified boss = somebody();
  boss.operates = true;
  EXPECT_EQ(problem(tier, boss), "fine");
  CostRow user = row();
  user.labels.user = "ann";
  EXPECT_EQ(problem(user, somebody()), "fine");
  Identified bob = somebody();
  bob.caller.user = "bob";
  EXPECT_EQ(problem(user, bob), "user: this key is for 'bob'");
  Identified silent = somebody();
  silent.rights.tags = false;
  CostRow tagged = row();
  tagged.labels.tags = {{"project", "x"}};
  EXPECT_EQ(problem(tagged, silent), "tags: this key may not say them");
}

TEST(AskCosts, HeadersHoldForRowsThatSayNothing) {
  CostRow own = row(2);
  own.labels.user = "ann";
  own.labels.tags = {{"project", "x"}};
  Labels headers = user_header("bob");
  headers.feature = "find";
  const CostAsks read = ask_costs({row(), own}, somebody(), headers, kNow);
  ASSERT_EQ(read.asks.size(), 2U);
  EXPECT_EQ(read.asks[0].caller.user, "bob");
  EXPECT_EQ(read.asks[1].caller.user, "ann");
  EXPECT_EQ(read.asks[1].caller.feature, "find");
  EXPECT_EQ(read.asks[1].caller.tags, own.labels.tags);
}

TEST(AskCosts, TimeLiesBehindAndAKeyIsNeeded) {
  CostRow late = row();
  late.at = kNow + kCostClockSkew + std::chrono::milliseconds(1);
  EXPECT_NE(problem(late, somebody()).find("future"), std::string::npos);
  late.at = kNow + kCostClockSkew;
  const CostAsks read = ask_costs({late}, somebody(), {}, kNow);
  ASSERT_EQ(read.asks.size(), 1U);
  EXPECT_EQ(read.asks[0].at, kNow) << "clocks differ";
  CostRow nameless = row();
  nameless.idempotency_key.clear();
  EXPECT_NE(problem(nameless, somebody()).find("idempotency_key: missing"), std::string::npos);
  CostRow dear = row();
  dear.usd = kCostUsdMax;
  const CostAsks much = ask_costs({dear, row(2)}, somebody(), {}, kNow);
  ASSERT_EQ(much.problems.size(), 1U);
  EXPECT_EQ(much.problems[0].line, 2);
}

TEST(AskCosts, NamesAreTheKeysOwnButOperatorsShareThem) {
  const auto name = [](const char* key, bool operates) {
    Identified who = somebody();
    who.caller.key = key;
    who.operates = operates;
    return ask_costs({row()}, who, {}, kNow).asks.at(0).name;
  };
  EXPECT_EQ(name("key_a", false), name("key_a", false));
  EXPECT_NE(name("key_a", false).name, name("key_b", false).name);
  EXPECT_EQ(name("key_a", true), name("key_b", true));
}

LimitSet limits() {
  const auto limit = [](std::string name, Window window, std::chrono::seconds span = {}) {
    Limit made;
    made.name = std::move(name);
    made.per = Per::user;
    made.window = window;
    made.span = span;
    made.max.usd = Amount::from_dollars(1);
    return made;
  };
  std::vector<Limit> all{limit("hour", Window::hour), limit("month", Window::month),
                         limit("week", Window::rolling, std::chrono::hours(24 * 7)),
                         limit("ever", Window::lifetime)};
  all[3].max.concurrent = 1;
  return LimitSet::compile(all, "UTC").value();
}

std::vector<std::string> counted(const Cost& cost) {
  std::vector<std::string> names;
  for (const Held::Part& part : cost.held.parts) {
    names.push_back(part.touched.limit->name);
    EXPECT_EQ(part.need.units, Units(Amount::from_dollars(2).nanos()));
    EXPECT_EQ(part.need.max, Units(INT64_MAX)) << "it is never refused";
  }
  return names;
}

TEST(MakeCost, IsCountedWhereItsMomentIsStillOpen) {
  const LimitSet set = limits();
  const auto make = [&](Instant at) {
    CostRow one = row();
    one.at = at;
    CostAsks read = ask_costs({one}, somebody(), user_header("ann"), kNow);
    return make_cost(std::move(read.asks.at(0)), CallId(1), set, {}, kNow);
  };
  using Names = std::vector<std::string>;
  const auto now = make(kNow);
  EXPECT_EQ(counted(*now), (Names{"hour", "month", "week", "ever"}));
  EXPECT_TRUE(now->closed.empty());
  const auto earlier = make(kNow - std::chrono::hours(24 * 3));
  EXPECT_EQ(counted(*earlier), (Names{"month", "week", "ever"}));
  EXPECT_EQ(earlier->closed, Names{"hour"});
  const auto long_ago = make(kNow - std::chrono::hours(24 * 60));
  EXPECT_EQ(counted(*long_ago), Names{"ever"});
  EXPECT_EQ(long_ago->closed, (Names{"hour", "month", "week"}));
}

TEST(MakeCost, IsACallOfAVendorThatEndedAtItsCost) {
  const LimitSet set = limits();
  CostRow one = row();
  one.units = 250;
  CostAsks read = ask_costs({one}, somebody(), {}, kNow);
  const auto cost = make_cost(std::move(read.asks.at(0)), CallId(7), set, {}, kNow);
  const HoldEntry hold = hold_entry(cost->admitted, cost->held);
  Answered answered = cost->answered();
  const SettleEntry end = end_entry(cost->admitted, cost->held, answered);
  EXPECT_EQ(hold.dialect, Dialect::vendor);
  EXPECT_EQ(hold.worst, Amount::from_dollars(2)) << "after a crash it is presumed at its cost";
  EXPECT_TRUE(hold.name);
  EXPECT_EQ(end.cost, Amount::from_dollars(2));
  EXPECT_EQ(end.units, 250);
  EXPECT_EQ(end.passes, 0) << "no price book has it";
  EXPECT_FALSE(end.unpriced);
  ASSERT_EQ(end.legs.size(), hold.legs.size());
  for (std::size_t i = 0; i < end.legs.size(); ++i) {
    EXPECT_EQ(end.legs[i].account, hold.legs[i].account);
    EXPECT_EQ(end.legs[i].units, hold.legs[i].units);
  }
}

}  // namespace
}  // namespace purser
