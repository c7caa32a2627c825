// sessions/loops_test.cpp — circles of every kind are found, and work that goes on is none.
#include "sessions/loops.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace purser {
namespace {

/// Steps as letters: "a1" calls a and gets 1; "a1!" fails so; "a" gets nothing; "say" is words
/// without an answer; "U1" a person's words; "s1" an answer in words to which somebody says 1.
Tail tail_of(const std::vector<std::string>& steps) {
  Tail tail;
  std::uint32_t turn = 0;
  for (const std::string& text : steps) {
    const std::uint64_t result = text.size() > 1 ? digest(text.substr(1, 1)).low : 0;
    Step step{.action = digest(text.substr(0, 1)).low, .result = result, .turn = ++turn};
    step.kind = Step::Kind::called;
    step.gist = result;
    step.tool = step.action;
    step.bytes = text.size() > 1 ? 10 : 0;
    step.error = text.ends_with('!') ? 1 : 0;
    if (text[0] == 'U') {
      step = {.result = result, .gist = result, .turn = turn, .kind = Step::Kind::heard};
    } else if (text[0] == 's') {
      step.kind = Step::Kind::said;
      step.tool = 0;
      step.result = step.gist = text == "say" ? 0 : result;
    }
    tail.add(step);
  }
  return tail;
}

Findings find(const std::vector<std::string>& steps) {
  return find_loops(tail_of(steps), {}, {});
}

LoopLevel level(const Findings& found, LoopKind kind) {
  for (const Finding& finding : found) {
    if (finding.kind == kind) {
      return finding.level;
    }
  }
  return LoopLevel::none;
}

TEST(FindLoops, SeesOneCallAgainAndAgain) {
  EXPECT_EQ(level(find({"a1"}), LoopKind::same_call), LoopLevel::none);
  EXPECT_EQ(level(find({"a1", "a1"}), LoopKind::same_call), LoopLevel::notice);
  EXPECT_EQ(level(find({"a1", "a1", "a1"}), LoopKind::same_call), LoopLevel::warn);
  const Findings found = find({"x9", "a1", "a1", "a1", "a1", "a1"});
  EXPECT_EQ(level(found, LoopKind::same_call), LoopLevel::stop);
  const Finding* const worst = found.worst();
  EXPECT_EQ(worst->count, 5);
  EXPECT_EQ(worst->first_turn, 2);
  EXPECT_EQ(worst->last_turn, 6);
  EXPECT_EQ(worst->tool, digest("a").low);
}

TEST(FindLoops, APersonsWordBeginsAnew) {
  EXPECT_EQ(find({"a1", "a1", "a1", "a1", "U7", "a1"}).level(), LoopLevel::none);
  EXPECT_EQ(level(find({"U7", "a1", "a1", "U7", "a1", "a1", "a1"}), LoopKind::same_call),
            LoopLevel::stop)
      << "the same word again is nothing new";
}

TEST(FindLoops, ABuildAfterEveryEditIsNone) {
  const Findings found = find({"a1", "z0", "b2", "z0", "c3", "z0", "d4", "z0", "e5", "z0", "f6",
                               "z0", "g7", "z0", "h8", "z0"});
  EXPECT_LT(found.level(), LoopLevel::stop);
  EXPECT_EQ(find({"a1", "z0", "b2", "z0", "c3", "z0"}).level(), LoopLevel::none);
}

TEST(FindLoops, APollThatMovesIsNoStop) {
  std::vector<std::string> steps;
  for (char result = 'A'; result <= 'Z'; ++result) {
    steps.push_back(std::string("p") + result);
  }
  EXPECT_EQ(find(steps).level(), LoopLevel::warn);
}

TEST(FindLoops, AResultThatChangesInItsDigitsWarns) {
  Tail tail;
  for (std::uint64_t i = 1; i <= Tail::kSteps; ++i) {
    tail.add({.action = 1 + i % 2,
              .tool = 1,
              .result = 100 + i,
              .gist = 7,
              .turn = 1,
              .bytes = 10,
              .kind = Step::Kind::called});
  }
  const Findings found = find_loops(tail, {}, {});
  EXPECT_EQ(level(found, LoopKind::cycle), LoopLevel::warn);
  EXPECT_EQ(level(found, LoopKind::same_call), LoopLevel::warn);
  EXPECT_EQ(found.level(), LoopLevel::warn);
}

TEST(FindLoops, ThoughtsBetweenCallsAreNotCounted) {
  EXPECT_EQ(level(find({"a1", "say", "b2", "say", "a1", "b2", "say", "say", "a1", "say", "b2", "a1",
                        "b2"}),
                  LoopKind::cycle),
            LoopLevel::stop);
}

TEST(FindLoops, SeesAFailureThatComesAgain) {
  EXPECT_EQ(level(find({"a1!", "a1!", "a1!"}), LoopKind::error_echo), LoopLevel::warn);
  EXPECT_EQ(
      level(find({"a1!", "t", "a1!", "u", "a1!", "v", "a1!", "w", "a1!"}), LoopKind::error_echo),
      LoopLevel::stop)
      << "thoughts between are nothing new";
  EXPECT_EQ(level(find({"a1!", "a1!", "a2", "a1!"}), LoopKind::error_echo), LoopLevel::none)
      << "it worked in between";
}

TEST(FindLoops, SeesStepsOfWhichNothingIsNew) {
  EXPECT_EQ(level(find({"a1", "b2", "c1", "a2", "b1", "c2", "a1", "b2", "b1", "a2", "c1", "a1"}),
                  LoopKind::no_progress),
            LoopLevel::stop);
}

TEST(FindLoops, ATodoListIsNone) {
  std::vector<std::string> steps;
  for (char action = 'A'; action <= 'G'; ++action) {
    steps.push_back(std::string(1, action) + "o");  // each writes another list, and hears "ok"
  }
  EXPECT_EQ(find(steps).level(), LoopLevel::none);
}

TEST(FindLoops, SeesAMonologue) {
  EXPECT_EQ(find({"say", "say", "say"}).level(), LoopLevel::none);
  EXPECT_EQ(level(find(std::vector<std::string>(10, "say")), LoopKind::monologue), LoopLevel::stop);
}

TEST(FindLoops, SeesTheSameRequestAgainAndAgain) {
  EXPECT_EQ(find_loops({}, {.same = 2, .near = 2}, {}).level(), LoopLevel::none);
  EXPECT_EQ(find_loops({}, {.same = 10, .near = 10}, {}).level(), LoopLevel::stop);
  EXPECT_EQ(find_loops({}, {.near = 99}, {}).level(), LoopLevel::warn);
}

TEST(FindLoops, ATalkWithAPersonIsNone) {
  EXPECT_EQ(find({"s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9"}).level(), LoopLevel::none);
}

Step random_step(std::uint64_t action, std::uint64_t result) {
  return {.action = digest(std::to_string(action), 7).low,
          .tool = 1,
          .result = digest(std::to_string(result), 8).low,
          .gist = digest(std::to_string(result), 8).low,
          .turn = 1,
          .bytes = 10,
          .kind = Step::Kind::called};
}

RC_GTEST_PROP(FindLoops, NothingRepeatedIsNothingFound, (const std::vector<bool>& failures)) {
  Tail tail;
  for (std::size_t i = 0; i < failures.size(); ++i) {
    Step step = random_step(i, i);
    step.error = failures[i] ? 1 : 0;
    tail.add(step);
    RC_ASSERT(find_loops(tail, {}, {}).size == 0U);
  }
}

RC_GTEST_PROP(FindLoops, CyclesOfEveryLengthAreFound, ()) {
  const auto period = *rc::gen::inRange<std::size_t>(2, 7);
  const auto rounds = *rc::gen::inRange<std::size_t>(4, 6);
  const auto before = *rc::gen::inRange<std::size_t>(0, 20);
  const bool changing = *rc::gen::arbitrary<bool>();
  Tail tail;
  for (std::size_t i = 0; i < before; ++i) {
    tail.add(random_step(1000 + i, 1000 + i));
  }
  for (std::size_t i = 0; i < period * rounds; ++i) {
    tail.add(random_step(i % period, changing ? 2000 + i : i % period));
  }
  const Findings found = find_loops(tail, {}, {});
  const Finding* cycle = nullptr;
  for (const Finding& finding : found) {
    cycle = finding.kind == LoopKind::cycle ? &finding : cycle;
  }
  RC_ASSERT(cycle != nullptr);
  RC_ASSERT(cycle->period == period);
  RC_ASSERT(cycle->count == rounds);
  RC_ASSERT(cycle->level == (changing ? LoopLevel::notice : LoopLevel::stop));
}

RC_GTEST_PROP(FindLoops, AnyStepsGiveOneFindingAKind, ()) {
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 4), rc::gen::inRange(0, 4)));
  Tail tail;
  for (const auto& [action, result] : steps) {
    Step step = random_step(static_cast<std::uint64_t>(action), static_cast<std::uint64_t>(result));
    step.kind = static_cast<Step::Kind>(action % 3);
    step.error = result == 3 ? 1 : 0;
    step.result = result == 0 ? 0 : step.result;
    step.gist = result == 2 ? 77 : step.result;
    tail.add(step);
    const Findings found = find_loops(tail, {}, {});
    std::uint64_t kinds = 0;
    for (const Finding& finding : found) {
      const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(finding.kind);
      RC_ASSERT((kinds & bit) == 0U);
      kinds |= bit;
      RC_ASSERT(finding.level != LoopLevel::none);
      RC_ASSERT(finding.first_turn <= finding.last_turn);
    }
  }
}

}  // namespace
}  // namespace purser
