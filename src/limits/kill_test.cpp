// limits/kill_test.cpp — which switch is for which call, by scenes and against a plain loop.
#include "limits/kill.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/seed.hpp"

namespace purser {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const Instant kNow = Instant::from_seconds(1'795'000'000);

KillSwitch kill_of(std::int64_t id, KillTarget target) {
  KillSwitch kill;
  kill.id = KillId(id);
  kill.target = std::move(target);
  kill.at = kNow;
  kill.who = "eve";
  kill.why = "it loops";
  return kill;
}

Caller ann() {
  Caller caller;
  caller.user = "ann";
  caller.feature = "search";
  caller.tier = "free";
  return caller;
}

const KillSwitch* find(const KillSet& kills, const Caller& caller, std::string_view model,
                       Instant at = kNow, Reach least = Reach::new_calls) {
  return kills.find(caller, std::array{model}, at, least);
}

TEST(KillSet, ASwitchIsForCallersThatCarryAllItsLabels) {
  const KillSet kills({kill_of(1, {.feature = "search", .user = "ann", .model = "m"})});
  EXPECT_NE(find(kills, ann(), "m"), nullptr);
  EXPECT_EQ(find(kills, ann(), "n"), nullptr);
  Caller other = ann();
  other.user = "bob";
  EXPECT_EQ(find(kills, other, "m"), nullptr);
  EXPECT_EQ(find(kills, {}, "m"), nullptr) << "who names nothing is not named";
}

TEST(KillSet, ASwitchWithoutLabelsIsForAll) {
  const KillSet kills({kill_of(1, {})});
  EXPECT_NE(find(kills, {}, "m"), nullptr);
  EXPECT_EQ(find(KillSet(), {}, "m"), nullptr);
}

TEST(KillSet, AModelThatOnlyHelpsCountsToo) {
  const KillSet kills({kill_of(1, {.model = "advisor"})});
  const std::array<std::string_view, 2> models{"m", "advisor"};
  EXPECT_NE(kills.find(ann(), models, kNow), nullptr);
}

TEST(KillSet, ASwitchEndsByTheTimeItIsTold) {
  KillSwitch kill = kill_of(1, {.user = "ann"});
  kill.until = kNow + hours(2);
  const KillSet kills({kill});
  EXPECT_NE(find(kills, ann(), "m", kNow - hours(9)), nullptr) << "clocks are set back";
  EXPECT_NE(find(kills, ann(), "m", kill.until - std::chrono::nanoseconds(1)), nullptr);
  EXPECT_EQ(find(kills, ann(), "m", kill.until), nullptr);
}

TEST(KillSet, OfSeveralTheOneThatReachesFurthestThenLastsLongestSpeaks) {
  KillSwitch soft = kill_of(1, {.user = "ann"});
  KillSwitch brief = kill_of(2, {.feature = "search"});
  brief.reach = Reach::running;
  brief.until = kNow + seconds(1);
  const KillSet kills({soft, brief, kill_of(3, {})});
  EXPECT_EQ(find(kills, ann(), "m")->id, KillId(2));
  EXPECT_EQ(find(kills, ann(), "m", brief.until)->id, KillId(1)) << "the first of two equal ones";
  EXPECT_EQ(find(kills, ann(), "m", brief.until, Reach::running), nullptr);
}

TEST(Kill, ItsMessageSaysWhoWhatWhyAndUntilWhen) {
  KillSwitch kill = kill_of(12, {.feature = "search", .tier = "free"});
  EXPECT_EQ(kill_message(kill, Calendar()),
            "switched off by eve for feature search, tier free until it is resumed: it loops "
            "(kill switch 12); retrying will not help");
  kill.target = {};
  kill.until = Instant::from_seconds(1'795'478'400);
  EXPECT_EQ(kill_message(kill, Calendar()),
            "switched off by eve for all calls until " + Calendar().to_text(kill.until) +
                ": it loops (kill switch 12); retrying will not help");
}

TEST(Kill, OneWithoutAReasonOrWithALabelThatNoCallCarriesIsNotSound) {
  EXPECT_TRUE(check(kill_of(1, {})));
  KillSwitch kill = kill_of(1, {});
  kill.why = "";
  EXPECT_FALSE(check(kill));
  kill.why = "two\nlines";
  EXPECT_FALSE(check(kill));
  EXPECT_FALSE(check(kill_of(1, {.user = std::string(kLabelBytesMax + 1, 'u')})));
}

/// Few values, so that switches and callers meet.
std::string value_of(Seed& seed) {
  return std::array<std::string, 4>{"", "", "a", "b"}[seed.below(4)];
}

KillSwitch some_kill(Seed& seed, std::int64_t id) {
  KillSwitch kill = kill_of(id, {});
  for (const KillLabel& label : kKillLabels) {
    kill.target.*label.value = seed.below(2) == 0 ? value_of(seed) : "";
  }
  kill.reach = seed.below(2) == 0 ? Reach::new_calls : Reach::running;
  kill.until = seed.below(3) == 0 ? Instant::never()
                                  : kNow + seconds(static_cast<std::int64_t>(seed.below(4)));
  return kill;
}

/// The same question, asked of every switch in turn.
bool is_for(const KillSwitch& kill, const Caller& caller, std::string_view model, Instant at,
            Reach least) {
  const KillTarget& target = kill.target;
  const auto meets = [](std::string_view wanted, std::string_view has) {
    return wanted.empty() || wanted == has;
  };
  return at < kill.until && kill.reach >= least && meets(target.user, caller.user) &&
         meets(target.feature, caller.feature) && meets(target.team, caller.team) &&
         meets(target.tier, caller.tier) && meets(target.key, caller.key) &&
         meets(target.session, caller.session) && meets(target.model, model);
}

RC_GTEST_PROP(KillSet, FindsWhatAPlainLoopFinds, (std::uint64_t chance)) {
  Seed seed(chance);
  std::vector<KillSwitch> switches;
  const auto count = static_cast<std::int64_t>(seed.below(30));
  for (std::int64_t id = 1; id <= count; ++id) {
    switches.push_back(some_kill(seed, id));
  }
  const KillSet kills(switches);
  for (int call = 0; call < 50; ++call) {
    Caller caller;
    for (auto label : {&Caller::user, &Caller::feature, &Caller::team, &Caller::tier, &Caller::key,
                       &Caller::session}) {
      caller.*label = value_of(seed);
    }
    const std::string model = value_of(seed);
    const Instant at = kNow + seconds(static_cast<std::int64_t>(seed.below(5)));
    const Reach least = seed.below(2) == 0 ? Reach::new_calls : Reach::running;
    const KillSwitch* found = find(kills, caller, model, at, least);
    const bool any = std::ranges::any_of(
        switches, [&](const KillSwitch& kill) { return is_for(kill, caller, model, at, least); });
    RC_ASSERT((found != nullptr) == any);
    if (found != nullptr) {
      RC_ASSERT(is_for(*found, caller, model, at, least));
    }
  }
}

}  // namespace
}  // namespace purser
