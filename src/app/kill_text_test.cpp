// app/kill_text_test.cpp — what an operator's program may say, and what is asked back.
#include "app/kill_text.hpp"

#include <gtest/gtest.h>

namespace purser {
namespace {

const Instant kNow = Instant::from_seconds(1'795'000'000);

TEST(KillText, ReadsEveryMember) {
  const auto kill = read_kill(
      R"({"feature":"f","user":"u","model":"m","team":"t","tier":"r","key":"k","session":"s",)"
      R"("hard":true,"why":"it loops","for":"2h"})",
      kNow);
  ASSERT_TRUE(kill) << kill.error().message;
  EXPECT_EQ(to_text(kill->target), "feature f, user u, model m, team t, tier r, key k, session s");
  EXPECT_EQ(kill->reach, Reach::running);
  EXPECT_EQ(kill->why, "it loops");
  EXPECT_EQ(kill->until, kNow + std::chrono::hours(2));
  EXPECT_EQ(kill->at, kNow);
}

TEST(KillText, AskNothingLessThanWhichCallsAndWhy) {
  const std::array<std::pair<std::string_view, std::string_view>, 9> mistakes{{
      {"", "the body: expected a JSON object"},
      {"[]", "the body: expected a JSON object"},
      {R"({"why":"x"})", "say which calls"},
      {R"({"all":true,"user":"u","why":"x"})", "say which calls"},
      {R"({"user":"u"})", "why: expected 1 to 500 bytes"},
      {R"({"user":"","why":"x"})", "user: expected some text"},
      {R"({"usr":"u","why":"x"})", "unknown member 'usr'"},
      {R"({"user":"u","why":"x","hard":"yes"})", "hard: expected true or false"},
      {R"({"user":"u","why":"x","for":"soon"})", "for: expected a later date"},
  }};
  for (const auto& [json, message] : mistakes) {
    const auto kill = read_kill(json, kNow);
    ASSERT_FALSE(kill) << json;
    EXPECT_EQ(kill.error().fault, Fault::client) << json;
    EXPECT_TRUE(kill.error().message.starts_with(message)) << kill.error().message;
  }
}

TEST(KillText, WritesWhatItIs) {
  KillSwitch kill;
  kill.id = KillId(7);
  kill.target.user = "ann";
  kill.at = kNow;
  kill.who = "key_1";
  kill.why = "it \"loops\"";
  std::string out;
  append_kill(out, kill);
  EXPECT_EQ(out, R"({"id":7,"user":"ann","all":false,"hard":false,"at":")" + to_rfc3339(kNow) +
                     R"(","who":"key_1","why":"it \"loops\""})");
}

}  // namespace
}  // namespace purser
