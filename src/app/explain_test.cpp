// app/explain_test.cpp — records in plain words.
#include "app/explain.hpp"

#include <gtest/gtest.h>

namespace purser {
namespace {

std::string words_of(const Table& table, std::string_view what) {
  std::string words;
  for (const auto& row : table.rows) {
    if (row[0] == what) {
      words += (words.empty() ? "" : "\n") + row[1];
    }
  }
  return words;
}

TEST(Explain, EveryEditHasItsWords) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(edits_in_words("", "m"), Words());
  EXPECT_EQ(edits_in_words("output_max=297;fitted;ask_usage", "m"),
            (Words{"bounded the answer to 297 tokens: all that the money left carried",
                   "asked the provider to report what the stream used"}));
  EXPECT_EQ(
      edits_in_words("model=gpt-4o-mini;last_answer;by=daily;would deny watched", "gpt-4o"),
      (Words{"sent it to gpt-4o-mini instead of gpt-4o", "asked for a last answer without tools",
             "only observed, a limit would have done: deny watched",
             "because of the limit daily"}));
  EXPECT_EQ(edits_in_words("something new", "m"), Words{"something new"});
}

TEST(Explain, AccountsHaveTheNamesOfTheLimitsThatMadeThem) {
  Limit limit;
  limit.name = "daily";
  limit.per = Per::user;
  limit.max.usd = Amount::from_dollars(1);
  limit.max.calls = 9;
  const auto limits = LimitSet::compile({limit}, "UTC");
  ASSERT_TRUE(limits);
  CallRecord call;
  call.call = CallId(7);
  call.at = Instant::from_seconds(1'000'000);
  call.ended = call.at;
  call.caller.user = "ann";
  call.provider = "openai";
  call.dialect = "chat";
  call.model = call.model_asked = "gpt-4o";
  call.outcome = "settled";
  Touches touches;
  limits->touch(Facts{.caller = call.caller}, call.at, Control::enforce, touches);
  ASSERT_EQ(touches.size(), 2U);
  call.legs = {{touches.needs()[0].account, Units(420'000'000), true},
               {touches.needs()[1].account, Units(1), false},
               {AccountKey{1, 2}, Units(5), false}};
  const Table table = explain(call, *limits);
  EXPECT_EQ(words_of(table, "posted to"),
            "daily (user ann, day): $0.42\ndaily (user ann, day): 1 call\n"
            "an account of a limit that has changed since: 5");
  EXPECT_EQ(words_of(table, "Purser"), "changed nothing");
  EXPECT_EQ(words_of(table, "who"), "user ann");
}

TEST(Explain, ARefusalSaysWhyAndThatItCostNothing) {
  RefusedCall refused;
  refused.limit = "daily";
  refused.message = "You have reached your daily limit of $1.00.";
  refused.dialect = "chat";
  const Table table = explain(refused);
  EXPECT_EQ(words_of(table, "refused"), refused.message);
  EXPECT_EQ(words_of(table, "by limit"), "daily");
  EXPECT_EQ(words_of(table, "cost"), "nothing: it was not sent");
}

}  // namespace
}  // namespace purser
