// sessions/tool_calls_test.cpp — tool calls that go out by themselves: whose they are, and that
// histories do not count them again.
#include <gtest/gtest.h>

#include "sessions/sessions.hpp"

namespace purser {
namespace {

constexpr Instant at(std::int64_t seconds) {
  return Instant::from_seconds(1'000'000 + seconds);
}

/// A conversation of `size` messages, each answer of which asks for one tool.
Outline outline_of(std::size_t size) {
  Outline outline;
  for (std::size_t i = 0; i < size; ++i) {
    Outline::Message message;
    message.chain = {.high = 7, .low = i + 1};
    if (i % 2 == 1) {
      message.role = Outline::Role::assistant;
      message.calls = 1;
      outline.calls.push_back(
          {.name = "tool", .action = {.high = 1, .low = i}, .id = {.high = 2, .low = i}});
    }
    outline.messages.push_back(message);
  }
  return outline;
}

TEST(ToolCalls, BelongToTheSessionOfTheirScopeThatWasUsedLast) {
  Sessions sessions{SessionOptions{}};
  sessions.find({.session = "named"}, "ann", nullptr, at(0));
  sessions.find({.session = "others"}, "bob", nullptr, at(1));
  EXPECT_EQ(sessions.name(sessions.find_for_tool({}, "ann", at(2))), "named");
  sessions.find({.session = "newer"}, "ann", nullptr, at(3));
  EXPECT_EQ(sessions.name(sessions.find_for_tool({}, "ann", at(4))), "newer");
  EXPECT_EQ(sessions.name(sessions.find_for_tool({.session = "named"}, "ann", at(5))), "named");
}

TEST(ToolCalls, OpenASessionWhereNoneWasUsedLately) {
  Sessions sessions{SessionOptions{}};
  sessions.find({.session = "old"}, "ann", nullptr, at(0));
  const Turn turn = sessions.find_for_tool({}, "ann", at(3'600));
  EXPECT_NE(sessions.name(turn), "old");
  EXPECT_EQ(sessions.name(sessions.find_for_tool({}, "ann", at(3'601))), sessions.name(turn));
}

TEST(ToolCalls, AreCountedOnceThoughHistoriesTellOfThemAgain) {
  Sessions sessions{SessionOptions{}};
  const Signals signals{.session = "run"};
  const auto count = [&] { return sessions.state("run")->tool_calls; };
  const auto turn = [&](std::size_t size, std::int64_t when) {
    const Outline outline = outline_of(size);
    const Turn begun = sessions.find(signals, "ann", &outline, at(when));
    sessions.begin_turn(begun, &outline, at(when));
    sessions.end_turn(begun, {}, at(when));
  };
  turn(1, 0);
  for (int i = 0; i < 2; ++i) {
    sessions.note_tool_call(sessions.find_for_tool(signals, "ann", at(1)), at(1));
  }
  EXPECT_EQ(count(), 2);
  turn(5, 2);  // tells of two
  EXPECT_EQ(count(), 2);
  turn(7, 3);  // and of one that was made elsewhere
  EXPECT_EQ(count(), 3);
  const Turn call = sessions.find_for_tool(signals, "ann", at(4));
  sessions.note_tool_call(call, at(4));
  sessions.end_tool_call(call, Amount::from_nanos(5), at(4));
  EXPECT_EQ(count(), 4);
  EXPECT_EQ(sessions.state("run")->spent, Amount::from_nanos(5));
  EXPECT_EQ(sessions.state("run")->turns, 3);
}

}  // namespace
}  // namespace purser
