// ledger/treasury_test.cpp — the accounts against a model too simple to be wrong.
#include "ledger/treasury.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <sstream>
#include <string>

namespace purser {
namespace {

AccountKey key_of(std::string_view name) {
  return digest(name);
}

/// Runs a scenario line by line, against an account for each name it mentions.
class Play {
 public:
  void run(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      line.resize(std::min(line.find('#'), line.size()));
      std::istringstream words(line);
      std::string verb;
      if (words >> verb) {
        SCOPED_TRACE(line);
        step(verb, words);
      }
    }
  }

 private:
  void step(const std::string& verb, std::istringstream& words) {
    std::string name;
    words >> name;
    if (verb == "max") {
      words >> max_[name];
    } else if (verb == "hold") {
      hold(name, words);
    } else if (verb == "settle" || verb == "release") {
      end(name, words);
    } else if (verb == "books") {
      books(name, words);
    } else {
      FAIL() << "no such verb";
    }
  }

  /// hold h1 user 4 team 4 ok|wait NAME|never NAME
  void hold(const std::string& name, std::istringstream& words) {
    std::vector<Need> needs;
    std::vector<std::string> accounts;
    std::string word;
    while (words >> word && word != "ok" && word != "wait" && word != "never") {
      std::int64_t units = 0;
      words >> units;
      accounts.push_back(word);
      needs.push_back({.account = key_of(word),
                       .units = Units(units),
                       .max = Units(max_.at(word)),
                       .ends = Instant::never()});
    }
    const auto held = treasury_.hold(needs);
    ASSERT_EQ(held.has_value(), word == "ok");
    if (held) {
      holds_[name] = *held;
      return;
    }
    words >> name_;
    EXPECT_EQ(accounts[held.error().need], name_);
    EXPECT_EQ(held.error().final, word == "never");
  }

  void end(const std::string& name, std::istringstream& words) {
    std::vector<Units> posted;
    for (std::int64_t units = 0; words >> units;) {
      posted.emplace_back(units);
    }
    treasury_.settle(holds_.at(name), posted);
  }

  /// books user POSTED HELD
  void books(const std::string& name, std::istringstream& words) {
    std::int64_t posted = 0;
    std::int64_t held = 0;
    words >> posted >> held;
    const auto standing = treasury_.standing(key_of(name));
    EXPECT_EQ(standing ? standing->posted : Units{}, Units(posted));
    EXPECT_EQ(standing ? standing->held : Units{}, Units(held));
  }

  Treasury treasury_;
  std::map<std::string, std::int64_t> max_;
  std::map<std::string, HoldId> holds_;
  std::string name_;
};

void play(const std::string& text) {
  Play().run(text);
}

TEST(Treasury, AnOpenHoldCountsAgainstTheMaximum) {
  play(R"(
    max      user  10
    hold     h1  user 4  ok
    hold     h2  user 7  wait user   # 6 left, but all 10 may come back
    settle   h1  2
    books    user  2 0
    hold     h3  user 9  never user  # 8 left, and nothing is held
    hold     h4  user 8  ok
    release  h4
    books    user  2 0
  )");
}

TEST(Treasury, ARefusedHoldMovesNoAccount) {
  play(R"(
    max      user  10
    max      team  5
    hold     h1  user 6 team 6  never team
    books    user  0 0
    books    team  0 0
    hold     h2  user 5 team 5  ok
    books    user  0 5
    books    team  0 5
  )");
}

TEST(Treasury, AnAccountShortForGoodIsNamedBeforeOneThatMayBeFreed) {
  play(R"(
    max      user  10
    max      team  5
    hold     h1  user 6  ok
    hold     h2  user 5 team 6  never team
    hold     h3  user 5 team 5  wait user
  )");
}

TEST(Treasury, AChangedMaximumKeepsTheUsage) {
  play(R"(
    max      user  10
    hold     h1  user 6  ok
    settle   h1  6
    max      user  5
    hold     h2  user 0  never user  # more is spent than the new maximum: not even nothing fits
    max      user  20
    hold     h3  user 14  ok
    books    user  6 14
  )");
}

TEST(Treasury, AnOverrunIsPostedAndThenNothingFits) {
  play(R"(
    max      user  10
    hold     h1  user 10  ok
    settle   h1  12      # the outside broke its word: books equal the bill
    books    user  12 0
    hold     h2  user 1  never user
  )");
}

TEST(Treasury, ACallWithoutLimitsHoldsNothing) {
  Treasury treasury;
  const auto hold = treasury.hold({});
  ASSERT_TRUE(hold);
  EXPECT_NE(*hold, HoldId(0));
  EXPECT_EQ(treasury.open_holds(), 1U);
  treasury.settle(*hold, {});
  EXPECT_EQ(treasury.open_holds(), 0U);
  EXPECT_EQ(treasury.accounts(), 0U);
}

Need need_of(std::string_view name, std::int64_t units, std::int64_t max,
             Instant ends = Instant::never()) {
  return {.account = key_of(name), .units = Units(units), .max = Units(max), .ends = ends};
}

TEST(TreasuryDeath, AHoldEndsExactlyOnce) {
  Treasury treasury;
  const std::vector needs{need_of("user", 1, 10)};
  const HoldId first = treasury.hold(needs).value();
  treasury.settle(first, {});
  EXPECT_DEATH(treasury.settle(first, {}), "T3");
  const HoldId second = treasury.hold(needs).value();  // in the same slot
  EXPECT_NE(first, second);
  EXPECT_DEATH(treasury.settle(first, {}), "T3");
  EXPECT_DEATH(treasury.settle(HoldId(0), {}), "T3");
  EXPECT_DEATH(treasury.settle(HoldId(std::uint64_t{1} << 32 | 7777), {}), "was made");
}

TEST(TreasuryDeath, OneAccountTwiceInAHoldCannotOverspendIt) {
  Treasury treasury;
  const std::vector needs{need_of("user", 6, 10), need_of("user", 6, 10)};
  EXPECT_DEATH((void)treasury.hold(needs), "names it once");
  treasury.post(key_of("user"), Units(0), Units(10), Instant::never());
  EXPECT_DEATH((void)treasury.hold(needs), "T1");
}

TEST(TreasuryDeath, ACorrectionNeverTakesBackMoreThanWasPosted) {
  Treasury treasury;
  treasury.post(key_of("user"), Units(5), Units(10), Instant::never());
  treasury.post(key_of("user"), Units(-5), Units(10), Instant::never());
  EXPECT_DEATH(treasury.post(key_of("user"), Units(-1), Units(10), Instant::never()), "T1");
}

TEST(Treasury, AmountsAtTheEdgeOfTheirTypeAreComparedNotWrapped) {
  Treasury treasury;
  treasury.post(key_of("user"), Units(INT64_MAX), Units(INT64_MAX), Instant::never());
  const auto refused = treasury.hold(std::vector{need_of("user", INT64_MAX, INT64_MAX)});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().final);
  EXPECT_EQ(treasury.headroom(key_of("user"), Units(INT64_MAX)), Units(0));
  EXPECT_EQ(treasury.headroom(key_of("user"), Units(INT64_MIN)), Units(0));
  EXPECT_EQ(treasury.headroom(key_of("nobody"), Units(7)), Units(7));
}

TEST(Treasury, ForgetsAnAccountOnlyWhenItsWindowIsLongOverAndNothingIsHeld) {
  Treasury treasury;
  const Instant ends = Instant::from_seconds(1'000'000);
  treasury.post(key_of("idle"), Units(1), Units(10), ends);
  treasury.post(key_of("for ever"), Units(1), Units(10), Instant::never());
  const HoldId open = treasury.hold(std::vector{need_of("busy", 0, 10, ends)}).value();
  EXPECT_EQ(treasury.expire(ends, 100), 0U);  // the clock may yet be set back
  EXPECT_EQ(treasury.expire(ends + kClockStepMax, 100), 1U);
  EXPECT_FALSE(treasury.standing(key_of("idle")));
  EXPECT_TRUE(treasury.standing(key_of("for ever")));
  treasury.settle(open, std::vector{Units(3)});
  EXPECT_EQ(treasury.standing(key_of("busy"))->posted, Units(3));
  EXPECT_EQ(treasury.expire(ends + kClockStepMax, 100), 1U);
  EXPECT_EQ(treasury.accounts(), 1U);
}

TEST(Treasury, ExpiresAFewAccountsACall) {
  Treasury treasury;
  const Instant ends = Instant::from_seconds(60);
  for (int i = 0; i < 100; ++i) {
    treasury.post(key_of(std::to_string(i)), Units(1), Units(10), ends);
  }
  std::size_t calls = 0;
  while (treasury.accounts() > 0) {
    EXPECT_LE(treasury.expire(ends + kClockStepMax, 7), 7U);
    ++calls;
  }
  EXPECT_EQ(calls, 15U);  // ⌈100 / 7⌉
}

TEST(Treasury, FindsEveryAccountWhileItGrowsAndShrinks) {
  Treasury treasury(Seed(42));
  constexpr int kMany = 100'000;
  const auto ends = [](int i) { return Instant::from_seconds(i % 2 == 0 ? 60 : 600); };
  for (int i = 0; i < kMany; ++i) {
    treasury.post(key_of(std::to_string(i)), Units(i), Units(kMany), ends(i));
  }
  EXPECT_EQ(treasury.expire(Instant::from_seconds(61) + kClockStepMax, kMany), kMany / 2);
  const std::size_t bytes = treasury.bytes();
  for (int i = 0; i < kMany; ++i) {
    const auto standing = treasury.standing(key_of(std::to_string(i)));
    ASSERT_EQ(standing.has_value(), i % 2 == 1) << i;
    ASSERT_EQ(treasury.headroom(key_of(std::to_string(i)), Units(kMany)),
              Units(i % 2 == 1 ? kMany - i : kMany));
  }
  for (int i = 0; i < kMany; i += 2) {
    treasury.post(key_of(std::to_string(i)), Units(i), Units(kMany), ends(i));
  }
  EXPECT_EQ(treasury.bytes(), bytes);  // what was forgotten is used again
  EXPECT_EQ(treasury.snapshot().size(), std::size_t{kMany});
}

TEST(Treasury, AllocatesNoMoreOnceItHasSeenItsPeak) {
  Treasury treasury;
  std::vector<Need> needs;
  for (std::size_t i = 0; i < kNeedsMax; ++i) {
    needs.push_back(need_of(std::to_string(i), 1, 100));
  }
  const auto hold_fifty_at_once = [&] {
    std::vector<HoldId> open;
    for (int i = 0; i < 50; ++i) {
      open.push_back(treasury.hold(needs).value());
    }
    for (const HoldId hold : open) {
      treasury.settle(hold, {});
    }
  };
  hold_fifty_at_once();
  const std::size_t bytes = treasury.bytes();
  for (int i = 0; i < 1000; ++i) {
    hold_fifty_at_once();
  }
  EXPECT_EQ(treasury.bytes(), bytes);
}

/// What a treasury is, in the plainest words.
struct Model {
  struct Account {
    std::int64_t posted = 0;
    std::int64_t held = 0;
    Instant ends;
    int holds = 0;
  };
  std::map<int, Account> accounts;
  std::map<std::uint64_t, std::vector<std::pair<int, std::int64_t>>> open;
};

/// One random life of a treasury, checked after every step.
class Life {
 public:
  void step() {
    switch (*rc::gen::inRange(0, 11)) {
      case 0:
        end(true);
        break;
      case 1:
      case 2:
      case 3:
        end(false);
        break;
      case 4:
        expire();
        break;
      case 5:
        post();
        break;
      case 6:
        retire();
        break;
      default:
        hold();
    }
    check();
  }

 private:
  static constexpr int kAccounts = 40;
  AccountKey key(int account) { return key_of(fmt::format("account {}", account)); }
  // Each account's window is part of its name, so its end is a function of the name.
  Instant ends(int account) { return Instant::from_seconds(5000 * (1 + account % 4)); }

  void hold() {
    const auto asked = *rc::gen::unique<std::vector<int>>(rc::gen::inRange(0, kAccounts));
    std::vector<Need> needs;
    bool fits = true;
    bool final = false;
    for (const int account : asked) {
      if (needs.size() == kNeedsMax) {
        break;
      }
      const std::int64_t units = *rc::gen::inRange<std::int64_t>(0, 30);
      const std::int64_t max = *rc::gen::inRange<std::int64_t>(0, 120);
      needs.push_back({.account = key(account),
                       .units = Units(units),
                       .max = Units(max),
                       .ends = ends(account)});
      const auto known = model_.accounts.find(account);
      const auto now = known == model_.accounts.end() ? Model::Account{} : known->second;
      fits = fits && now.posted + now.held + units <= max;
      final = final || now.posted + units > max;
    }
    std::vector<Treasury::Away> away;
    treasury_.find_away(needs, away);
    for (const Treasury::Away& each : away) {
      recall(each.account);
    }
    const auto held = treasury_.hold(needs);
    RC_ASSERT(held.has_value() == fits);
    if (!held) {
      RC_ASSERT(held.error().final == final);
      return;
    }
    auto& parts = model_.open[held->count()];
    RC_ASSERT(parts.empty());
    for (std::size_t i = 0; i < needs.size(); ++i) {
      parts.emplace_back(asked[i], needs[i].units.count());
      auto& account = model_.accounts[asked[i]];
      account.held += needs[i].units.count();
      account.ends = ends(asked[i]);
      ++account.holds;
      RC_ASSERT(account.posted + account.held <= needs[i].max.count());
    }
  }

  void end(bool release) {
    if (model_.open.empty()) {
      return;
    }
    const auto chosen = std::next(
        model_.open.begin(),
        *rc::gen::inRange<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(model_.open.size())));
    std::vector<Units> posted;
    for (const auto& [account, units] : chosen->second) {
      auto& in = model_.accounts.at(account);
      in.held -= units;
      --in.holds;
      if (!release) {
        posted.emplace_back(*rc::gen::inRange<std::int64_t>(0, units + 2));  // or one too many
        in.posted += posted.back().count();
      }
    }
    treasury_.settle(HoldId(chosen->first), posted);
    model_.open.erase(chosen);
  }

  /// What was idle long enough leaves; sometimes it was seen before it was last used.
  void retire() {
    const auto all = *rc::gen::arbitrary<bool>();
    for (const Treasury::Account& idle : treasury_.idle(kIdleBeatsMin, 1000)) {
      if (all || *rc::gen::arbitrary<bool>()) {
        RC_ASSERT(treasury_.retire(idle) == Treasury::Retired::away);
      }
    }
  }

  /// As the books would: the model keeps them.
  void recall(AccountKey key) {
    for (int account = 0; account < kAccounts; ++account) {
      if (this->key(account) == key) {
        const auto known = model_.accounts.find(account);
        treasury_.recall({.account = key, .ends = ends(account)},
                         Units(known == model_.accounts.end() ? 0 : known->second.posted));
      }
    }
  }

  void post() {
    const int account = *rc::gen::inRange(0, kAccounts);
    recall(key(account));
    const std::int64_t units = *rc::gen::inRange<std::int64_t>(0, 5);
    treasury_.post(key(account), Units(units), Units(100), ends(account));
    model_.accounts[account].posted += units;
    model_.accounts[account].ends = ends(account);
  }

  void expire() {
    now_ = now_ + std::chrono::seconds(*rc::gen::inRange(0, 3000));
    const std::size_t before = treasury_.accounts();
    const std::size_t forgotten = treasury_.expire(now_, 1000);
    RC_ASSERT(treasury_.accounts() == before - forgotten);
    std::erase_if(model_.accounts, [&](const auto& entry) {
      return entry.second.holds == 0 && entry.second.ends + kClockStepMax <= now_;
    });
  }

  /// Everything in memory is as the model says; what is not there can be read back.
  void check() {
    RC_ASSERT(treasury_.open_holds() == model_.open.size());
    std::map<AccountKey, Standing> here;
    for (const Treasury::Account& account : treasury_.snapshot()) {
      here.emplace(account.key, account.standing);
    }
    RC_ASSERT(treasury_.accounts() == here.size());
    std::size_t found = 0;
    for (const auto& [number, expected] : model_.accounts) {
      const auto standing = here.find(key(number));
      if (standing == here.end()) {
        RC_ASSERT(expected.holds == 0);
        RC_ASSERT(treasury_.is_away(key(number)) || expected.posted == 0);
        continue;
      }
      ++found;
      RC_ASSERT(!treasury_.is_away(key(number)));
      RC_ASSERT(standing->second.posted.count() == expected.posted);
      RC_ASSERT(standing->second.held.count() == expected.held);
    }
    RC_ASSERT(found == here.size());
  }

  Treasury treasury_;
  Model model_;
  Instant now_;
};

RC_GTEST_PROP(TreasuryProperty, MovesAsTheModelDoes, ()) {
  Life life;
  const int steps = *rc::gen::inRange(1, 120);
  for (int i = 0; i < steps; ++i) {
    life.step();
  }
}

}  // namespace
}  // namespace purser
