// limits/limit_set_test.cpp — which accounts a call touches, against asking every rule in turn.
#include "limits/limit_set.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

namespace purser {
namespace {

using testing::HasSubstr;

Instant at(std::string_view text) {
  return parse_rfc3339(text).value();
}
const Instant kNow = at("2026-11-23T18:30:00Z");

Limit daily(std::string name, std::int64_t dollars) {
  Limit limit;
  limit.name = std::move(name);
  limit.per = Per::user;
  limit.max.usd = Amount::from_dollars(dollars);
  return limit;
}

LimitSet compiled(std::vector<Limit> limits, const std::string& zone = "Europe/Berlin") {
  return LimitSet::compile(std::move(limits), zone).value();
}

Touches touches_of(const LimitSet& set, const Caller& caller, Instant now = kNow) {
  Touches touches;
  set.touch({.caller = caller, .provider = "openai", .model = "gpt-5.4"}, now, Control::enforce,
            touches);
  return touches;
}

Caller ada() {
  return {.key = "key_1",
          .user = "ada",
          .tier = "free",
          .team = "research",
          .feature = "chat",
          .session = "s1",
          .priority = Priority::normal,
          .tags = {{"env", "prod"}}};
}

AccountKey only_account(const Limit& limit, const Caller& caller, Instant now = kNow) {
  const LimitSet set = compiled({limit});
  return touches_of(set, caller, now).needs()[0].account;
}

TEST(LimitSet, WithoutLimitsNothingIsTouched) {
  EXPECT_EQ(touches_of(LimitSet(), ada()).size(), 0U);
  EXPECT_EQ(touches_of(compiled({}), ada()).size(), 0U);
}

TEST(LimitSet, OneAccountForEachMeasureOfALimit) {
  Limit limit = daily("daily", 2);
  limit.max.calls = 60;
  limit.max.tokens_out = Tokens(1000);
  const LimitSet set = compiled({limit});
  const Caller caller = ada();
  const Touches touches = touches_of(set, caller);
  ASSERT_EQ(touches.size(), 3U);
  EXPECT_EQ(touches.list()[0].measure, Measure::usd);
  EXPECT_EQ(touches.needs()[0].max, Units(2'000'000'000));
  EXPECT_EQ(touches.list()[1].measure, Measure::calls);
  EXPECT_EQ(touches.needs()[1].max, Units(60));
  EXPECT_EQ(touches.list()[2].measure, Measure::tokens_out);
  EXPECT_EQ(touches.list()[2].subject, "ada");
  EXPECT_EQ(touches.list()[2].starts, at("2026-11-22T23:00:00Z"));
  EXPECT_EQ(touches.needs()[2].ends, at("2026-11-23T23:00:00Z"));
  EXPECT_EQ(touches.list()[2].limit->name, "daily");
}

TEST(LimitSet, AChangedMaximumFindsTheSameAccount) {
  EXPECT_EQ(only_account(daily("daily", 2), ada()), only_account(daily("daily", 5), ada()));
}

TEST(LimitSet, AnAccountIsItsLimitMeasureSubjectAndWindow) {
  const Limit limit = daily("daily", 2);
  std::vector<Limit> others(5, limit);
  others[0].name = "other";
  others[1].per = Per::team;
  others[2].window = Window::week;
  others[3].max = {};
  others[3].max.tokens = Tokens(7);
  others[4].per = Per::all;
  std::set<AccountKey> keys{only_account(limit, ada())};
  for (const Limit& other : others) {
    keys.insert(only_account(other, ada()));
  }
  Caller bob = ada();
  bob.user = "bob";
  keys.insert(only_account(limit, bob));
  keys.insert(only_account(limit, Caller{}));
  keys.insert(only_account(limit, ada(), kNow + std::chrono::hours(24)));
  EXPECT_EQ(keys.size(), 9U);
}

TEST(LimitSet, AnAccountHasTheSameNameInEveryProcess) {
  // Books are read back by these names: another digest here would forget what was spent.
  const AccountKey key = only_account(daily("daily", 2), ada());
  EXPECT_EQ(fmt::format("{:016x}{:016x}", key.high, key.low), "9ccf51a95b38c0a1a524855ae32a476a");
}

TEST(LimitSet, CallersWithoutANameShareOneAccount) {
  Caller nameless = ada();
  nameless.user.clear();
  Caller other = nameless;
  other.session = "s2";
  EXPECT_EQ(only_account(daily("daily", 2), nameless), only_account(daily("daily", 2), other));
}

TEST(LimitSet, OfTwoTagsWithOneNameTheFirstCounts) {
  Limit limit = daily("prod", 2);
  limit.match.all.asked = {{.label = Label::tag, .tag = "env", .values = {"prod"}}};
  const LimitSet set = compiled({limit});
  Caller caller = ada();
  EXPECT_EQ(touches_of(set, caller).size(), 1U);
  caller.tags = {{"env", "dev"}, {"env", "prod"}};
  EXPECT_EQ(touches_of(set, caller).size(), 0U);
}

std::string refused(std::vector<Limit> limits, const std::string& zone = "UTC") {
  const auto set = LimitSet::compile(std::move(limits), zone);
  return set ? "accepted" : set.error().message;
}

TEST(LimitSet, SaysWhatIsWrongWithALimitAndWithWhich) {
  const Limit good = daily("good", 2);
  EXPECT_THAT(refused({good, good}), HasSubstr("limit \"good\": another limit has this name"));
  Limit bad = daily("bad", 2);
  bad.max = {};
  EXPECT_THAT(refused({good, bad}), HasSubstr("limit \"bad\": it has no max"));
  bad.max.calls = -1;
  EXPECT_THAT(refused({bad}), HasSubstr("limit \"bad\": max.calls is negative"));
  bad = daily("bad", 2);
  bad.message = "Ask {whom}.";
  EXPECT_THAT(refused({bad}),
              HasSubstr("limit \"bad\": message: {whom} is none of {limit}, {max}"));
  bad.message = "Ask {limit";
  EXPECT_THAT(refused({bad}), HasSubstr("\"{limit\" is not closed"));
  bad = daily("bad", 2);
  bad.match.all.asked = {{.label = Label::tag, .tag = "env", .values = {}}};
  EXPECT_THAT(refused({bad}), HasSubstr("tag \"env\" matches no value"));
  bad.match.all.asked = {{.label = Label::tag, .tag = "env", .values = {"a"}},
                         {.label = Label::tag, .tag = "env", .values = {"b"}}};
  EXPECT_THAT(refused({bad}), HasSubstr("tag \"env\" is matched twice"));
  for (const char* name : {"", "a\"b", "a\\b", "caf\xC3\xA9", "line\nbreak"}) {
    EXPECT_THAT(refused({daily(name, 1)}), HasSubstr("printable ASCII"));
  }
  EXPECT_THAT(refused({good}, "Europe/Atlantis"), HasSubstr("Europe/Atlantis"));
}

TEST(LimitSet, RefusesMoreAccountsThanOneCallMayTouch) {
  std::vector<Limit> limits;
  for (std::size_t i = 0; i < kNeedsMax; ++i) {
    limits.push_back(daily(fmt::format("limit {}", i), 1));
  }
  EXPECT_EQ(refused(limits), "accepted");
  EXPECT_EQ(touches_of(compiled(limits), ada()).size(), kNeedsMax);
  limits.push_back(daily("one more", 1));
  EXPECT_THAT(refused(limits), HasSubstr("limit \"one more\": with it one call could touch"));
  for (std::size_t i = 0; i < limits.size(); ++i) {  // but never two of them in one call
    limits[i].match.all.values(Label::tier) = {fmt::format("tier {}", i)};
  }
  EXPECT_EQ(refused(limits), "accepted");
  limits.assign(kLimitsMax + 1, daily("", 1));
  EXPECT_THAT(refused(limits), HasSubstr("257 of them; 256 are the most"));
}

TEST(LimitSet, ATierHasTheMaximumOfTheNearestTierItInheritsFrom) {
  Limit limit = daily("daily", 2);
  limit.tiers = {{.name = "paid", .max = {.usd = Amount::from_dollars(20)}},
                 {.name = "house", .unlimited = true}};
  limit.users = {{.name = "ada", .max = {.usd = Amount::from_dollars(50)}}};
  const std::vector<Tier> tiers{{.name = "free"},
                                {.name = "paid", .inherits = "free"},
                                {.name = "team", .inherits = "paid"},
                                {.name = "house"}};
  const LimitSet set = LimitSet::compile({limit}, "UTC", tiers).value();
  const auto max_of = [&](std::string user, std::string tier) {
    Caller caller;
    caller.user = std::move(user);
    caller.tier = std::move(tier);
    Touches touches;
    set.touch({.caller = caller}, kNow, Control::enforce, touches);
    return touches.needs()[0].max;
  };
  EXPECT_EQ(max_of("bob", "free"), Units(2'000'000'000));
  EXPECT_EQ(max_of("bob", "paid"), Units(20'000'000'000));
  EXPECT_EQ(max_of("bob", "team"), Units(20'000'000'000));
  EXPECT_EQ(max_of("bob", "house"), Units(INT64_MAX));
  EXPECT_EQ(max_of("ada", "free"), Units(50'000'000'000));
  Caller bob = ada();
  bob.user = "bob";
  Touches before;
  Touches after;
  set.touch({.caller = bob}, kNow, Control::enforce, before);
  bob.tier = "paid";
  set.touch({.caller = bob}, kNow, Control::enforce, after);
  EXPECT_EQ(before.needs()[0].account, after.needs()[0].account);  // what is used stays used
}

TEST(LimitSet, TiersThatGoInCirclesAreRefused) {
  const auto set = LimitSet::compile(
      {}, "UTC", {{.name = "a", .inherits = "b"}, {.name = "b", .inherits = "a"}});
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().message, HasSubstr("inherits from itself"));
}

TEST(LimitSet, AnObservedLimitBindsNobodyButIsKept) {
  Limit limit = daily("daily", 2);
  limit.observe = true;
  const Caller caller = ada();
  const Touches touches = touches_of(compiled({limit}), caller);
  EXPECT_EQ(touches.needs()[0].max, Units(INT64_MAX));
  EXPECT_EQ(touches.list()[0].max, Units(2'000'000'000));
  EXPECT_TRUE(touches.list()[0].observed);
  EXPECT_EQ(touches.needs()[0].account, only_account(daily("daily", 2), caller));
}

TEST(LimitSet, ARollingWindowTakesWhatItsEarlierPiecesHoldOffItsMaximum) {
  Limit limit = daily("day", 2);
  limit.window = Window::rolling;
  limit.span = std::chrono::hours(24);
  const LimitSet set = compiled({limit});
  const Caller caller = ada();
  Treasury treasury;
  const auto spend = [&](Instant now, std::int64_t nanos) {
    Touches touches = touches_of(set, caller, now);
    EXPECT_TRUE(touches.reckon(treasury).empty());
    touches.needs()[0].units = Units(nanos);
    const auto hold = treasury.hold(touches.needs());
    if (hold) {
      const Units posted(nanos);
      treasury.settle(*hold, {&posted, 1});
    }
    return hold.has_value();
  };
  EXPECT_TRUE(spend(kNow, 1'500'000'000));
  EXPECT_FALSE(spend(kNow + std::chrono::hours(23), 600'000'000));
  EXPECT_TRUE(spend(kNow + std::chrono::hours(23), 500'000'000));
  EXPECT_FALSE(spend(kNow + std::chrono::hours(24), 1));
  EXPECT_TRUE(spend(kNow + std::chrono::hours(26), 1'500'000'000));
  EXPECT_FALSE(spend(kNow + std::chrono::hours(26), 1));
}

TEST(LimitSet, OddRulesAreDoubted) {
  Limit nothing = daily("nothing", 0);
  Limit nobody = daily("nobody", 1);
  nobody.match.all.values(Label::tier) = {"gold"};
  Limit empty = daily("empty", 1);
  empty.match.all.values(Label::feature) = {"chat"};
  empty.match.none.emplace_back().values(Label::feature) = {"chat", "search"};
  const std::vector<Limit> limits{daily("good", 2), nothing, nobody, empty};
  EXPECT_THAT(doubts(limits, {{.name = "free"}}),
              testing::ElementsAre(HasSubstr("\"nothing\" always denies"),
                                   HasSubstr("\"nobody\" can never match"),
                                   HasSubstr("\"empty\" can never match")));
}

const std::vector<std::string> kValues{"", "a", "b", "c"};

std::vector<std::string> any_list() {
  return *rc::gen::weightedOneOf<std::vector<std::string>>(
      {{3, rc::gen::just(std::vector<std::string>{})},
       {2, rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kValues))}});
}

AllOf any_conditions() {
  AllOf conditions;
  for (const Label label : {Label::user, Label::tier, Label::model}) {
    conditions.values(label) = any_list();
  }
  if (*rc::gen::inRange(0, 3) == 0) {
    conditions.values(Label::priority) = {
        *rc::gen::element<std::string>("background", "essential")};
  }
  for (const char* name : {"env", "app"}) {
    if (const auto values = any_list(); !values.empty()) {
      conditions.asked.push_back({.label = Label::tag, .tag = name, .values = values});
    }
  }
  return conditions;
}

/// One that asks something: what asks nothing may not be excluded.
AllOf some_conditions() {
  AllOf conditions = any_conditions();
  conditions.values(Label::user) = {*rc::gen::elementOf(kValues)};
  return conditions;
}

Limit any_limit(std::size_t number) {
  Limit limit = daily(fmt::format("limit {}", number), 1);
  limit.match.all = any_conditions();
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    limit.match.any.push_back(some_conditions());
  }
  if (*rc::gen::inRange(0, 4) == 0) {
    limit.match.none.push_back(some_conditions());
  }
  if (*rc::gen::inRange(0, 3) == 0) {
    limit.max.calls = 5;
    limit.max.tokens = Tokens(5);
  }
  return limit;
}

Caller any_caller() {
  Caller caller;
  caller.user = *rc::gen::elementOf(kValues);
  caller.tier = *rc::gen::elementOf(kValues);
  caller.priority = *rc::gen::element(Priority::background, Priority::normal, Priority::essential);
  for (const char* name : {"env", "app"}) {
    if (*rc::gen::inRange(0, 2) == 0) {
      caller.tags.emplace_back(name, *rc::gen::elementOf(kValues));
    }
  }
  return caller;
}

/// The definition of a match, word for word, over a table of what the call says.
bool holds(const AllOf& conditions, const std::map<std::string, std::string>& said) {
  for (const OneOf& each : conditions.asked) {
    const std::string name =
        each.label == Label::tag ? "tag " + each.tag : std::string(to_string(each.label));
    const auto found = said.find(name);
    const std::string value = found == said.end() ? "" : found->second;
    if (!each.values.empty() && std::ranges::count(each.values, value) == 0) {
      return false;
    }
  }
  return true;
}

bool matches(const Match& match, const Caller& caller, const std::string& model) {
  std::map<std::string, std::string> said{{"user", caller.user},
                                          {"tier", caller.tier},
                                          {"model", model},
                                          {"priority", std::string(to_string(caller.priority))}};
  for (const auto& [name, value] : caller.tags) {
    said["tag " + name] = value;
  }
  bool some = match.any.empty();
  for (const AllOf& each : match.any) {
    some = some || holds(each, said);
  }
  bool excluded = false;
  for (const AllOf& each : match.none) {
    excluded = excluded || holds(each, said);
  }
  return holds(match.all, said) && some && !excluded;
}

RC_GTEST_PROP(LimitSetProperty, ACallTouchesExactlyTheLimitsThatMatchIt, ()) {
  std::vector<Limit> limits;
  const std::size_t many = *rc::gen::inRange<std::size_t>(0, 80);
  while (limits.size() < many) {
    limits.push_back(any_limit(limits.size()));
  }
  const auto set = LimitSet::compile(limits, "UTC");
  RC_PRE(set.has_value());
  for (int i = 0; i < 20; ++i) {
    const Caller caller = any_caller();
    const std::string model = *rc::gen::elementOf(kValues);
    std::vector<std::string> expected;
    for (const Limit& limit : limits) {
      if (matches(limit.match, caller, model)) {
        expected.insert(expected.end(), limit.max.calls ? 3 : 1, limit.name);
      }
    }
    Touches touches;
    set->touch({.caller = caller, .provider = "openai", .model = model}, kNow, Control::enforce,
               touches);
    std::vector<std::string> touched;
    for (const Touched& each : touches.list()) {
      touched.push_back(each.limit->name);
    }
    RC_ASSERT(touched == expected);
  }
}

/// Whether any call at all touches too many accounts, by trying them all.
bool some_call_touches_too_many(const std::vector<Limit>& limits) {
  const std::vector<std::string> values{"", "a", "b", "c", "other"};
  for (const std::string& user : values) {
    for (const std::string& tier : values) {
      for (const std::string& env : values) {
        Caller caller;
        caller.user = user;
        caller.tier = tier;
        caller.tags = {{"env", env}};
        std::size_t accounts = 0;
        for (const Limit& limit : limits) {
          accounts += matches(limit.match, caller, "") ? (limit.max.calls ? 3 : 1) : 0;
        }
        if (accounts > kNeedsMax) {
          return true;
        }
      }
    }
  }
  return false;
}

RC_GTEST_PROP(LimitSetProperty, IsRefusedExactlyWhenSomeCallTouchesTooManyAccounts, ()) {
  std::vector<Limit> limits;
  const std::size_t many = *rc::gen::inRange<std::size_t>(20, 60);
  while (limits.size() < many) {
    limits.push_back(any_limit(limits.size()));
    limits.back().match.any.clear();  // whether those can meet is not looked into
    limits.back().match.none.clear();
    std::erase_if(limits.back().match.all.asked, [](const OneOf& each) {
      return each.label == Label::model || each.label == Label::priority || each.tag == "app";
    });
  }
  RC_ASSERT(LimitSet::compile(limits, "UTC").has_value() == !some_call_touches_too_many(limits));
}

}  // namespace
}  // namespace purser
