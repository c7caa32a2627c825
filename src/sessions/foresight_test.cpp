// sessions/foresight_test.cpp — what would be said is what is said, and asking changes nothing.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <tuple>
#include <vector>

#include "sessions/talk_test.hpp"

namespace purser {
namespace {

/// Two that are told the same, one of them asked before each turn what it would say.
RC_GTEST_PROP(Sessions, ForeseeWhatTheySayAndChangeNothing, ()) {
  const auto moves =
      *rc::gen::container<std::vector<std::tuple<std::size_t, int, int>>>(rc::gen::tuple(
          rc::gen::inRange<std::size_t>(0, 4), rc::gen::inRange(0, 6), rc::gen::inRange(0, 4)));
  const SessionOptions few{.sessions_max = 3, .conversations_max = 3};
  Sessions asked(few);
  Sessions unasked(few);
  std::vector<Talk> talks(4);
  for (std::size_t i = 0; i < talks.size(); ++i) {
    talks[i].user(std::to_string(i / 2));
  }
  int second = 0;
  for (const auto& [who, move, how] : moves) {
    Talk& talk = talks[who];
    move < 4 ? talk.call("poke", "nothing") : talk.assistant("hm " + std::to_string(move));
    const Signals signals{.session = how == 1 ? "named" : "",
                          .parent_session = how == 2 ? "named" : "",
                          .agent = how == 1 && move > 2 ? "worker" : ""};
    const Outline* const outline = how == 3 ? nullptr : talk.outline();
    const Instant now = at(++second);
    const Foresight foreseen = asked.foresee(signals, "k", outline, now);
    const auto begin = [&](Sessions& sessions) {
      const Turn turn = sessions.find(signals, "k", outline, now);
      const Findings found = sessions.begin_turn(turn, outline, now);
      return std::pair(turn, found);
    };
    const auto [turn, found] = begin(asked);
    const auto [same, found_same] = begin(unasked);
    const SessionState state = asked.state(turn).value();
    RC_ASSERT(state.name == unasked.state(same).value().name);
    RC_ASSERT(foreseen.session.name == (state.turns > 1 ? state.name : ""));
    RC_ASSERT(foreseen.session.turns == state.turns);
    RC_ASSERT(foreseen.session.in_flight == state.in_flight);
    RC_ASSERT(foreseen.session.tool_calls == state.tool_calls);
    RC_ASSERT(foreseen.session.depth == state.depth);
    RC_ASSERT(foreseen.session.started == state.started);
    RC_ASSERT(foreseen.session.loop_tool == state.loop_tool);
    RC_ASSERT(foreseen.findings.size == found.size);
    RC_ASSERT(foreseen.findings.level() == found.level());
    RC_ASSERT(found_same.level() == found.level());
    asked.end_turn(turn, {}, now);
    unasked.end_turn(same, {}, now);
  }
}

}  // namespace
}  // namespace purser
