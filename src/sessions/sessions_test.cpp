// sessions/sessions_test.cpp — calls find their session, and a session keeps its books.
#include "sessions/sessions.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <list>
#include <set>
#include <string>

#include "sessions/talk_test.hpp"

namespace purser {
namespace {

struct Fixture {
  Sessions sessions{SessionOptions{}};
  int second = 0;

  /// A whole turn; the name of its session.
  std::string turn(const Talk& talk, const Signals& signals = {}, std::string_view scope = "k") {
    const Turn turn = begin(talk, signals, scope);
    sessions.end_turn(turn, {}, at(++second));
    return std::string(sessions.name(turn));
  }
  Turn begin(const Talk& talk, const Signals& signals = {}, std::string_view scope = "k") {
    const Turn turn = sessions.find(signals, scope, talk.outline(), at(++second));
    by = turn.by;
    found = sessions.begin_turn(turn, talk.outline(), at(second));
    return turn;
  }
  FoundBy by = FoundBy::opening;
  Findings found;
};

TEST(Sessions, AnIdNamesASessionInItsScope) {
  Fixture f;
  const Signals signals{.session = "abc"};
  EXPECT_EQ(f.turn(Talk().user("a"), signals), "abc");
  EXPECT_EQ(f.by, FoundBy::id);
  EXPECT_EQ(f.turn(Talk().user("b"), signals), "abc");
  EXPECT_EQ(f.sessions.size(), 1);
  EXPECT_EQ(f.turn(Talk().user("b"), signals, "other"), "abc");
  EXPECT_EQ(f.sessions.size(), 2) << "another key's session of the same name is another";
  EXPECT_EQ(f.turn(Talk().user("b"), {.session = std::string(200, 'x')}), std::string(128, 'x'));
}

TEST(Sessions, ARequestThatExtendsAnotherIsOfItsSession) {
  Fixture f;
  Talk talk;
  const std::string name = f.turn(talk.user("fix it"));
  EXPECT_EQ(f.by, FoundBy::opening);
  EXPECT_TRUE(name.starts_with("s_") && name.size() == 18) << name;
  EXPECT_EQ(f.turn(talk.call("ls", "files")), name);
  EXPECT_EQ(f.by, FoundBy::chain);
  EXPECT_EQ(f.turn(talk.call("cat", "text").user("and?")), name);
  EXPECT_NE(f.turn(Talk().user("another")), name);
  EXPECT_NE(f.turn(talk.call("rm", "gone"), {}, "other key"), name);
}

TEST(Sessions, AChangedLastMessageDoesNotBreakTheChain) {
  Fixture f;
  Talk talk;
  talk.user("fix it").call("ls", "files");
  const std::string name = f.turn(talk);
  talk.change_last("files, and a reminder").call("cat", "text");
  EXPECT_EQ(f.turn(talk), name);
  EXPECT_EQ(f.by, FoundBy::chain);
}

TEST(Sessions, TheSameQuestionAskedTwiceAtOnceIsTwoSessions) {
  Fixture f;
  Talk one;
  Talk two;
  const Turn first = f.begin(one.user("go"));
  const Turn second = f.begin(two.user("go"));
  EXPECT_NE(f.sessions.name(first), f.sessions.name(second));
  f.sessions.end_turn(first, {}, at(50));
  f.sessions.end_turn(second, {}, at(51));
  const std::string a = f.turn(one.call("a", "1"));
  const std::string b = f.turn(two.call("b", "2"));
  EXPECT_NE(a, b);
  EXPECT_EQ(f.turn(one.call("c", "3")), a);
  EXPECT_EQ(f.turn(two.call("d", "4")), b);
  EXPECT_EQ(f.sessions.size(), 2);
}

TEST(Sessions, ARetryIsOfItsSession) {
  Fixture f;
  const Talk talk = Talk().user("go");
  const std::string name = f.turn(talk);
  for (int i = 2; i < 10; ++i) {
    EXPECT_EQ(f.turn(talk), name);
    EXPECT_LT(f.found.level(), LoopLevel::stop) << i;
  }
  f.turn(talk);
  EXPECT_EQ(f.found.level(), LoopLevel::stop);
  EXPECT_EQ(f.found.worst()->kind, LoopKind::same_request);
}

TEST(Sessions, AQuestionThatWasAnsweredIsAnothersWhenAskedAgain) {
  Fixture f;
  const Talk talk = Talk().user("what is new?");
  const Turn turn = f.begin(talk);
  f.sessions.end_turn(turn, {.usage = {.output = Tokens(9)}}, at(2));
  EXPECT_NE(f.turn(talk), f.sessions.name(turn));
  EXPECT_EQ(f.by, FoundBy::opening);
}

TEST(Sessions, ATwinThatIsMetHalfwayIsASessionOfItsOwn) {
  Fixture f;
  const std::string name = f.turn(Talk().user("go").call("a", "1"));
  EXPECT_NE(f.turn(Talk().user("go").call("b", "2")), name);
  Talk trimmed;
  trimmed.user("go").call("a", "(old result removed)").call("c", "3");
  EXPECT_EQ(f.turn(trimmed), name);
}

TEST(Sessions, ACompactedHistoryGoesOnWhereOnlyOneCanBeMeant) {
  const auto summary = [](std::uint64_t preamble, const std::string& text) {
    return Talk(preamble).user(text).assistant("I see").user("go on");
  };
  Fixture f;
  const auto long_session = [&](const std::string& task) {
    f.turn(Talk().user(task));
    return f.turn(Talk().user(task).call("a", task).call("b", task));
  };
  const std::string name = long_session("go");
  EXPECT_EQ(f.turn(summary(1, "so far")), name);
  EXPECT_EQ(f.by, FoundBy::pause);
  EXPECT_NE(f.turn(summary(2, "so far so good")), name) << "another system prompt";
  f.second += 3600;
  EXPECT_NE(f.turn(summary(1, "an hour ago")), name);
  const std::string one = long_session("one");
  const std::string two = long_session("two");
  const std::string other = f.turn(summary(1, "of one or two"));
  EXPECT_TRUE(other != one && other != two);
}

TEST(Sessions, AfterARestartNobodyIsMixedUp) {
  Fixture f;
  std::set<std::string> names;
  for (int i = 0; i < 5; ++i) {
    Talk talk;
    talk.user(std::to_string(i));
    for (int j = i; j < 6; ++j) {
      talk.call("a", std::to_string(i));
    }
    names.insert(f.turn(talk));
  }
  EXPECT_EQ(names.size(), 5);
}

TEST(Sessions, WithoutAnOutlineThePauseDecides) {
  Fixture f;
  const auto find = [&](int second) {
    return std::string(f.sessions.name(f.sessions.find({}, "k", nullptr, at(second))));
  };
  const std::string name = find(0);
  EXPECT_EQ(find(500), name);
  EXPECT_EQ(find(1000), name);
  EXPECT_NE(find(2000), name);
}

TEST(Sessions, AnAnswerIsContinuedByItsId) {
  Fixture f;
  const Turn turn = f.begin(Talk().user("go"));
  f.sessions.end_turn(turn, {.response_id = "resp_1"}, at(2));
  const Turn next = f.sessions.find({.previous_response = "resp_1"}, "k",
                                    Talk().user("more").outline(), at(9999));
  EXPECT_EQ(next.by, FoundBy::response);
  EXPECT_EQ(f.sessions.name(next), f.sessions.name(turn));
  EXPECT_NE(f.sessions.find({.previous_response = "resp_1"}, "other", nullptr, at(9999)).by,
            FoundBy::response);
}

TEST(Sessions, ATraceHoldsTogetherWhatStartsApart) {
  Fixture f;
  const Signals signals{.trace = "4bf92f3577b34da6a3ce929d0e0e4736"};
  const std::string name = f.turn(Talk().user("plan"), signals);
  EXPECT_EQ(f.turn(Talk(7).user("a part of it"), signals), name);
  EXPECT_EQ(f.by, FoundBy::trace);
  EXPECT_NE(f.turn(Talk().user("other")), name);
}

TEST(Sessions, ARequestThatDiffersInItsLastMessageIsNear) {
  Fixture f;
  const auto ask = [](int i) {
    return Talk().user("go").assistant("what?").user("it is " + std::to_string(i) + " o'clock");
  };
  for (int i = 1; i <= 10; ++i) {
    f.turn(ask(i), {.session = "s"});
    f.turn(ask(i));
  }
  EXPECT_EQ(f.sessions.state("s")->loop.kind, LoopKind::same_request);
  EXPECT_EQ(f.sessions.state("s")->loop.level, LoopLevel::warn);
}

TEST(Sessions, KnowsWhomASessionWorksForInTheEnd) {
  Fixture f;
  const Talk talk = Talk().user("go");
  f.turn(talk, {.session = "a", .parent_session = "c"});
  f.turn(talk, {.session = "b", .parent_session = "a"});
  const Turn turn = f.begin(talk, {.session = "c", .parent_session = "b"});
  EXPECT_EQ(f.sessions.root_name(turn), "a");
  EXPECT_EQ(f.sessions.state(turn)->depth, 3);
}

TEST(Sessions, CountsAgentsDepthAndFanOut) {
  Fixture f;
  const auto as = [](std::string_view agent, std::string_view parent) {
    return Signals{.session = "s", .agent = agent, .parent_agent = parent};
  };
  const Turn main = f.begin(Talk().user("go"), as("", ""));
  const Turn one = f.begin(Talk().user("part one"), as("a1", ""));
  const Turn two = f.begin(Talk().user("part two"), as("a2", ""));
  const Turn deep = f.begin(Talk().user("part of two"), as("a3", "a2"));
  SessionState state = f.sessions.state("s").value();
  EXPECT_EQ(state.in_flight, 4);
  EXPECT_EQ(state.agents, 3);
  EXPECT_EQ(state.depth, 2);
  for (const Turn& turn : {main, one, two, deep}) {
    f.sessions.end_turn(turn, {}, at(99));
  }
  f.turn(Talk().user("sub"), {.session = "sub", .parent_session = "s"});
  EXPECT_EQ(f.sessions.state("sub")->parent, "s");
  EXPECT_EQ(f.sessions.state("sub")->depth, 1);
  state = f.sessions.state("s").value();
  EXPECT_EQ(state.in_flight, 0);
  EXPECT_EQ(state.in_flight_max, 4);
  EXPECT_EQ(state.turns, 4);
}

TEST(Sessions, KeepsBooks) {
  Fixture f;
  Talk talk;
  for (int i = 0; i < 3; ++i) {
    const Turn turn = f.begin(talk.user("u").call("a", std::to_string(i)), {.session = "s"});
    f.sessions.end_turn(
        turn,
        {.cost = Amount::from_nanos(5),
         .usage = {.input_uncached = Tokens(10), .cache_read = Tokens(1), .output = Tokens(2)}},
        at(f.second));
  }
  const SessionState state = f.sessions.state("s").value();
  EXPECT_EQ(state.spent, Amount::from_nanos(15));
  EXPECT_EQ(state.tokens_in, Tokens(33));
  EXPECT_EQ(state.tokens_out, Tokens(6));
  EXPECT_EQ(state.tool_calls, 3);
  EXPECT_EQ(state.started, at(1));
  EXPECT_EQ(state.last, at(3));
  EXPECT_EQ(f.sessions.latest(9).size(), 1);
}

TEST(Sessions, AreEndedByHand) {
  Fixture f;
  const Turn turn = f.begin(Talk().user("a"), {.session = "s"});
  EXPECT_FALSE(f.sessions.ended(turn));
  EXPECT_FALSE(f.sessions.end("nobody", "x"));
  EXPECT_TRUE(f.sessions.end("s", "too dear"));
  EXPECT_EQ(f.sessions.ended(turn), "too dear");
  const Turn next = f.sessions.find({.session = "s"}, "k", nullptr, at(9));
  EXPECT_EQ(f.sessions.ended(next), "too dear");
  EXPECT_TRUE(f.sessions.state("s")->ended);
}

TEST(Sessions, ALoopIsFoundAndKept) {
  Fixture f;
  Talk talk;
  talk.user("go");
  for (int i = 0; i < 5; ++i) {
    f.turn(talk.call("poke", "nothing"), {.session = "s"});
  }
  EXPECT_EQ(f.found.level(), LoopLevel::stop);
  const SessionState state = f.sessions.state("s").value();
  EXPECT_EQ(state.loop.kind, LoopKind::same_call);
  EXPECT_EQ(state.loop.count, 5);
  EXPECT_EQ(state.loop.first_turn, 1);
  EXPECT_EQ(state.loop_tool, "poke");
  EXPECT_EQ(state.loops_stop, 1);
}

TEST(Sessions, WhoWaitsIsWarnedAndNotStopped) {
  Fixture f;
  Talk talk;
  talk.user("is the build done?");
  for (int i = 0; i < 12; ++i) {
    f.second += 90;
    f.turn(talk.call("look", "not yet"), {.session = "s"});
    EXPECT_LT(f.found.level(), LoopLevel::stop) << i;
  }
  EXPECT_EQ(f.found.level(), LoopLevel::warn);
  EXPECT_TRUE(f.found.worst()->waits);
}

TEST(Sessions, TheOneUsedLongestAgoGoesFirst) {
  Sessions sessions({.sessions_max = 3, .conversations_max = 4});
  const Talk talk = Talk().user("hi");
  const auto use = [&](std::string_view id) {
    return sessions.find({.session = id}, "k", talk.outline(), at(0));
  };
  const Turn a = use("a");
  sessions.begin_turn(a, talk.outline(), at(0));
  use("b");
  use("c");
  use("b");
  use("d");
  EXPECT_FALSE(sessions.state("a"));
  EXPECT_EQ(sessions.name(a), "");
  sessions.end_turn(a, {}, at(1));  // ends in nothing
  EXPECT_TRUE(sessions.state("b"));
  EXPECT_EQ(sessions.size(), 3);
  EXPECT_LE(sessions.conversations(), 4);
}

TEST(Sessions, OnesEndedByHandAreStillEndedWhenTheyAreBroughtBack) {
  Fixture f;
  const Talk named = Talk().user("a");
  Talk found = Talk().user("b").assistant("yes");
  f.turn(named, {.session = "n"});
  f.turn(named, {.session = "n"}, "other");  // the latest of this name, and another's
  f.turn(found, {});
  found.user("go on");
  const std::string name = f.turn(found, {});
  const auto first = f.sessions.end("n", "k", "too dear");
  const auto second = f.sessions.end(name, "");
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(f.sessions.end("n", "nobody", "x"));
  EXPECT_EQ(f.sessions.ended_uses().size(), 2U);

  Sessions again{SessionOptions{}};
  again.restore(*first);
  again.restore(*second);
  const auto ended = [&](const Talk& talk, const Signals& signals, std::string_view scope) {
    const auto why = again.ended(again.find(signals, scope, talk.outline(), at(f.second + 1)));
    return why ? std::string(*why) : std::string("goes on");
  };
  EXPECT_EQ(ended(named, {.session = "n"}, "k"), "too dear");
  EXPECT_EQ(ended(named, {.session = "n"}, "other"), "goes on");
  EXPECT_EQ(ended(Talk(found).assistant("done").user("more"), {}, "k"), "ended by hand");
  EXPECT_EQ(ended(found, {}, "k"), "ended by hand");  // the same request again
  EXPECT_EQ(ended(Talk(7).user("something else"), {}, "k"), "goes on");
  EXPECT_EQ(again.state("n", "k")->turns, 1);
  EXPECT_EQ(again.state(name)->ended_why, "ended by hand");
  again.expire(at(f.second + 1) + again.forget_after() + std::chrono::seconds(1));
  EXPECT_EQ(again.size(), 0U);
}

TEST(Sessions, AreForgottenInTime) {
  Fixture f;
  f.turn(Talk().user("a"), {.session = "old"});
  f.second += 23 * 3600;
  f.turn(Talk().user("a"), {.session = "new"});
  f.sessions.expire(at(24 * 3600 + 10));
  EXPECT_FALSE(f.sessions.state("old"));
  EXPECT_TRUE(f.sessions.state("new"));
}

TEST(Sessions, AreBoundedInBytes) {
  EXPECT_LE(Sessions::kBytesASession, 1'100);
  EXPECT_LE(Sessions::kBytesAConversation, 1'920);
  Sessions sessions({.sessions_max = 100, .conversations_max = 150});
  for (int i = 0; i < 1000; ++i) {
    Talk talk;
    talk.user(std::to_string(i));
    const Turn turn = sessions.find({}, "k", talk.outline(), at(i));
    sessions.begin_turn(turn, talk.outline(), at(i));
  }
  EXPECT_EQ(sessions.size(), 100);
  EXPECT_LE(sessions.conversations(), 150);
}

RC_GTEST_PROP(NameIndex, FindsTheNewestOfAName, ()) {
  const auto moves = *rc::gen::container<std::vector<std::pair<std::uint32_t, std::uint64_t>>>(
      rc::gen::pair(rc::gen::inRange<std::uint32_t>(0, 40), rc::gen::inRange<std::uint64_t>(0, 5)));
  NameIndex index;
  std::list<std::pair<std::uint32_t, std::uint64_t>> model;  // the newest first
  for (const auto& [entry, name] : moves) {
    const std::uint32_t moved = entry;
    const auto same = [moved](const auto& each) { return each.first == moved; };
    index.remove(entry);
    std::erase_if(model, same);
    if (name > 0) {
      index.add(entry, {.high = name % 2, .low = name});
      model.emplace_front(entry, name);
    }
    for (std::uint64_t asked = 0; asked < 5; ++asked) {
      const auto newest =
          std::ranges::find(model, asked, [](const auto& each) { return each.second; });
      RC_ASSERT(index.find({.high = asked % 2, .low = asked}, [](std::uint32_t) { return true; }) ==
                (newest == model.end() ? NameIndex::kNone : newest->first));
    }
  }
}

RC_GTEST_PROP(Sessions, ManyAtOnceAreToldApart, ()) {
  struct Player {
    Talk talk;
    std::string name;
    std::list<Turn> in_flight;
  };
  const auto count = *rc::gen::inRange<std::size_t>(1, 12);
  const auto moves =
      *rc::gen::container<std::vector<std::tuple<std::size_t, int, int>>>(rc::gen::tuple(
          rc::gen::inRange<std::size_t>(0, 12), rc::gen::inRange(0, 6), rc::gen::inRange(0, 3)));
  const bool alike = *rc::gen::arbitrary<bool>();
  Sessions sessions({});
  std::vector<Player> players(count);
  for (std::size_t i = 0; i < count; ++i) {
    players[i].talk.user(alike ? "the same task " + std::to_string(i / 3) : std::to_string(i));
  }
  int second = 0;
  const auto begin = [&](Player& player) {
    const Turn turn = sessions.find({}, "k", player.talk.outline(), at(second));
    sessions.begin_turn(turn, player.talk.outline(), at(second));
    player.in_flight.push_back(turn);
    return std::string(sessions.name(turn));
  };
  for (Player& player : players) {
    begin(player);
  }
  for (const auto& [who, move, what] : moves) {
    const std::size_t i = who % count;
    Player& player = players[i];
    ++second;
    if (!player.in_flight.empty()) {  // its answer came: calls, perhaps a changed reminder
      sessions.end_turn(player.in_flight.front(), {}, at(second));
      player.in_flight.pop_front();
      const std::string mine = std::to_string(i) + "/" + std::to_string(second);
      if (what == 1 && player.talk.size() >= 3 && !alike) {
        player.talk.change_last("changed " + mine);
      }
      for (int calls = 0; calls <= move; ++calls) {
        player.talk.call("tool", mine);
      }
      continue;
    }
    // Whose first request was like another's may go on as either; from then on it is like no other.
    const std::string name = begin(player);
    RC_ASSERT(player.name.empty() || name == player.name);
    player.name = name;
  }
  RC_ASSERT(sessions.size() == count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      RC_ASSERT(players[i].name.empty() || players[i].name != players[j].name);
    }
  }
}

}  // namespace
}  // namespace purser
