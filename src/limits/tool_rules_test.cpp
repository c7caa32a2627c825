// limits/tool_rules_test.cpp — limits and rules about tools.
#include <gtest/gtest.h>

#include "limits/call_rule.hpp"
#include "limits/limit_set.hpp"

namespace purser {
namespace {

Facts tool_call(const Caller& caller, std::string_view tool) {
  return {.caller = caller, .provider = "server", .model = tool, .dialect = Dialect::tool};
}

Limit limit_of(std::string name, std::vector<std::string> tools, Max max) {
  Limit limit;
  limit.name = std::move(name);
  if (!tools.empty()) {
    limit.match.all.values(Label::tool) = std::move(tools);
  }
  limit.max = max;
  return limit;
}

std::vector<std::string> touched(const LimitSet& set, const Facts& facts) {
  Touches touches;
  set.touch(facts, Instant::from_seconds(1), Control::enforce, touches);
  std::vector<std::string> names;
  for (const Touched& each : touches.list()) {
    names.push_back(each.limit->name + ' ' + std::string(to_string(each.measure)));
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(ToolLimits, AToolIsMatchedByNameAndByFamily) {
  const Max one{.tool_calls = 1};
  const auto set = LimitSet::compile(
      {limit_of("one", {"search"}, one), limit_of("family", {"crawl_*", "fetch"}, one),
       limit_of("any", {"*"}, one)},
      "UTC");
  ASSERT_TRUE(set);
  const Caller caller;
  EXPECT_EQ(touched(*set, tool_call(caller, "search")),
            (Names{"one tool_calls", "any tool_calls"}));
  EXPECT_EQ(touched(*set, tool_call(caller, "crawl_page")),
            (Names{"family tool_calls", "any tool_calls"}));
  EXPECT_EQ(touched(*set, tool_call(caller, "fetch")),
            (Names{"family tool_calls", "any tool_calls"}));
  EXPECT_EQ(touched(*set, tool_call(caller, "other")), (Names{"any tool_calls"}));
}

TEST(ToolLimits, EachKindOfCallCountsInItsOwnMeasures) {
  Max all{.usd = Amount::from_dollars(1), .calls = 1, .concurrent = 1, .tool_calls = 1};
  all.tokens = Tokens(1);
  const auto set = LimitSet::compile({limit_of("all", {}, all)}, "UTC");
  ASSERT_TRUE(set);
  const Caller caller;
  EXPECT_EQ(touched(*set, tool_call(caller, "x")), (Names{"all usd", "all tool_calls"}));
  EXPECT_EQ(touched(*set, {.caller = caller, .provider = "openai", .model = "x"}),
            (Names{"all usd", "all calls", "all tokens", "all concurrent"}));
}

TEST(ToolLimits, TooManyAccountsAreFoundThroughFamiliesToo) {
  std::vector<Limit> limits;
  for (std::size_t i = 0; i <= kNeedsMax; ++i) {
    limits.push_back(
        limit_of("l" + std::to_string(i), {std::string(i % 7, '*') + "*"}, {.tool_calls = 1}));
  }
  EXPECT_FALSE(LimitSet::compile(limits, "UTC"));
  limits.pop_back();
  EXPECT_TRUE(LimitSet::compile(limits, "UTC"));
}

TEST(ToolRules, AllowedUnlessARuleSaysNo) {
  CallRule reader;
  reader.match.all.values(Label::user) = {"ann"};
  reader.tools = {.allow = {"read_*", "list"}, .deny = {"*_secret"}};
  CallRule here;
  here.match.all.values(Label::provider) = {"elsewhere"};
  here.tools = {.allow = {}, .deny = {"*"}};
  const std::vector<CallRule> rules{reader, here};
  Caller ann;
  ann.user = "ann";
  const Caller other;
  EXPECT_TRUE(lets_tool(rules, tool_call(ann, "read_file")));
  EXPECT_TRUE(lets_tool(rules, tool_call(ann, "list")));
  EXPECT_FALSE(lets_tool(rules, tool_call(ann, "read_secret")));
  EXPECT_FALSE(lets_tool(rules, tool_call(ann, "write_file")));
  EXPECT_TRUE(lets_tool(rules, tool_call(other, "write_file")));
}

}  // namespace
}  // namespace purser
