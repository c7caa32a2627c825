// limits/limits_simulation_test.cpp — days of calls in virtual time, from a seed: limits, treasury
// and fitting together, against books of our own that forget nothing.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/seed.hpp"
#include "ledger/treasury.hpp"
#include "limits/fit.hpp"
#include "limits/limit_set.hpp"

namespace purser {
namespace {

using std::chrono::seconds;

// 2 dollars and 8 dollars a million tokens.
const WorstRates kRates{.input = Rate(2'000'000),
                        .output = Rate(8'000'000),
                        .per_request = {},
                        .web_search = {},
                        .file_search = {}};

Limit limit_of(std::string name, Per per, Window window) {
  Limit limit;
  limit.name = std::move(name);
  limit.per = per;
  limit.window = window;
  return limit;
}

/// Rules that overlap in every way; `percent` scales their maxima.
std::vector<Limit> overlapping_rules(std::int64_t percent) {
  Limit free = limit_of("free daily", Per::user, Window::day);
  free.match.all.values(Label::tier) = {"free"};
  free.max.usd = Amount::from_nanos(3'000'000 * percent);
  free.max.calls = percent / 2;
  Limit pro = limit_of("pro monthly", Per::user, Window::month);
  pro.match.all.values(Label::tier) = {"pro", "max"};
  pro.max.usd = Amount::from_nanos(20'000'000 * percent);
  Limit team = limit_of("team minute", Per::team, Window::minute);
  team.max.calls = percent / 10;
  Limit hour = limit_of("background hour", Per::all, Window::hour);
  hour.match.all.values(Label::priority) = {"background"};
  hour.max.usd = Amount::from_nanos(2'000'000 * percent);
  hour.max.tokens_out = Tokens(400 * percent);
  Limit session = limit_of("session", Per::session, Window::lifetime);
  session.max.tokens = Tokens(300 * percent);
  Limit week = limit_of("everything", Per::all, Window::week);
  week.max.usd = Amount::from_nanos(4'000'000'000 * percent);
  week.max.tokens_in = Tokens(10'000'000 * percent);
  Limit rolling = limit_of("rolling", Per::user, Window::rolling);
  rolling.span = std::chrono::hours(6);
  rolling.max.usd = Amount::from_nanos(2'500'000 * percent);
  rolling.tiers = {{.name = "max", .unlimited = true}};
  Limit at_once = limit_of("at once", Per::team, Window::lifetime);
  at_once.max.concurrent = 6;
  Limit watched = limit_of("watched", Per::feature, Window::day);
  watched.max.calls = 1;
  watched.observe = true;
  return {free, pro, team, hour, session, week, rolling, at_once, watched};
}

/// A world of callers, and our own books of it: by the words of an account, not its digest.
class World {
 public:
  explicit World(std::uint64_t seed) : seed_(seed) { reload(); }

  void step() {
    pass_time();
    switch (seed_.below(16)) {
      case 0:
        forgotten_ += treasury_->expire(now_, 500);
        twin_->expire(now_, 500);
        retire_some();
        break;
      case 1:
        switch (seed_.below(200)) {
          case 0:
            reload();
            break;
          case 1:
            restart();
            break;
          case 2:
            ++changes_;  // everybody's tier changes
            break;
          default:
            break;
        }
        break;
      case 2:
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
        end_some_call();
        break;
      default:
        begin_call();
    }
  }
  void finish() {
    while (!open_.empty()) {
      end_some_call();
    }
    EXPECT_EQ(treasury_->open_holds(), 0U);
    EXPECT_GT(held_, 1000U);
    EXPECT_GT(refused_, 100U);
    EXPECT_GT(fitted_, 50U);
    EXPECT_GT(forgotten_, 100U);
    EXPECT_GT(restarts_, 5U);
    EXPECT_GT(retired_, 5000U);
    EXPECT_GT(recalled_, 1000U);
    EXPECT_GT(changes_, 5U);
    for (const auto& [name, account] : books_) {
      EXPECT_EQ(account.held, 0) << name;
    }
  }

 private:
  struct Account {
    std::int64_t posted = 0;
    std::int64_t held = 0;
  };
  /// What a call holds of a rolling limit, and then took of it.
  struct Spent {
    Instant at;
    std::int64_t units;
  };
  struct Open {
    HoldId hold;
    HoldId twin;
    std::vector<std::pair<Account*, AccountKey>> accounts;
    std::vector<std::int64_t> units;
    std::vector<bool> kept;
    std::vector<Spent*> spent;  // null where no limit rolls
  };

  /// The process dies and comes back: what was in flight is posted at its hold, and the accounts
  /// are read back from the books, those of windows that are over left out.
  void restart() {
    while (!open_.empty()) {
      const Open open = std::move(open_.back());
      open_.pop_back();
      std::vector<Units> posted;
      for (std::size_t i = 0; i < open.units.size(); ++i) {
        posted.emplace_back(open.kept[i] ? open.units[i] : 0);
        open.accounts[i].first->held -= open.units[i];
        open.accounts[i].first->posted += posted.back().count();
      }
      treasury_->settle(open.hold, posted);
      twin_->settle(open.twin, posted);
    }
    const auto before = twin_->snapshot();  // that is all: nobody leaves it
    treasury_ = std::make_unique<Treasury>(Seed(seed_.below(1000)));
    twin_ = std::make_unique<Treasury>();
    for (const Treasury::Account& account : before) {
      if (account.ends <= now_ - kClockStepMax) {
        continue;
      }
      twin_->post(account.key, account.standing.posted, Units(INT64_MAX), account.ends);
      if (seed_.below(2) == 0) {
        treasury_->put_away(account.key, account.ends);
      } else {
        treasury_->post(account.key, account.standing.posted, Units(INT64_MAX), account.ends);
      }
    }
    ++restarts_;
  }

  /// Idle accounts leave, whatever their windows.
  void retire_some() {
    for (const Treasury::Account& idle :
         treasury_->idle(kIdleBeatsMin + static_cast<std::uint32_t>(seed_.below(20)), 2000)) {
      ASSERT_EQ(treasury_->retire(idle), Treasury::Retired::away);
      ++retired_;
    }
  }

  /// What the books say of an account comes back into the treasury; of a rolling window's pieces
  /// too.
  void recall(Touches& touches) {
    for (const Treasury::Away& away : touches.reckon(*treasury_)) {
      const auto known = by_key_.find(away.account);
      treasury_->recall(away, Units(known == by_key_.end() ? 0 : known->second->posted));
      ++recalled_;
    }
    ASSERT_TRUE(touches.reckon(*treasury_).empty());
  }

  void reload() {
    const auto percent = static_cast<std::int64_t>(50 + seed_.below(100));
    limits_ = LimitSet::compile(overlapping_rules(percent), "Europe/Berlin").value();
  }

  /// Mostly a little; now and then the clock jumps ahead, or is set back.
  void pass_time() {
    now_ = now_ + std::chrono::milliseconds(seed_.below(8000));
    const std::uint64_t chance = seed_.below(4000);
    if (chance == 0) {
      now_ = now_ + seconds(seed_.below(50'000));
    } else if (chance < 10) {
      now_ = latest_ - seconds(seed_.below(900));
    }
    latest_ = std::max(latest_, now_);
  }

  Caller any_caller() {
    const std::uint64_t user = seed_.below(3000);
    const std::array tiers{"free", "pro", "max", "unlimited"};
    Caller caller;
    caller.user = user == 0 ? "" : fmt::format("user {}", user);
    caller.tier = tiers[(user + changes_) % tiers.size()];
    caller.team = fmt::format("team {}", user % 20);
    caller.session = fmt::format("session {}", seed_.below(2000));
    caller.priority = seed_.below(5) == 0 ? Priority::background : Priority::normal;
    return caller;
  }

  Account& account_of(const Touched& touched) {
    return books_[fmt::format("{}/{}/{}/{}", touched.limit->name, to_string(touched.measure),
                              touched.subject, touched.starts.nanos())];
  }

  void begin_call() {
    const Caller caller = any_caller();
    Touches touches;
    limits_.touch({.caller = caller, .provider = "openai", .model = "gpt-5.4"}, now_,
                  Control::enforce, touches);
    recall(touches);
    const std::vector<Need> reckoned(touches.needs().begin(), touches.needs().end());
    ASSERT_TRUE(touches.reckon(*twin_).empty());
    std::array<Standing, kNeedsMax> standings;
    treasury_->standings(touches.needs(), standings);
    for (std::size_t i = 0; i < touches.size(); ++i) {
      ASSERT_EQ(reckoned[i].max, touches.needs()[i].max) << touches.list()[i].limit->name;
      Account& own = account_of(touches.list()[i]);
      by_key_[touches.needs()[i].account] = &own;
      ASSERT_EQ(standings[i].posted, Units(own.posted)) << touches.list()[i].limit->name;
      ASSERT_EQ(standings[i].held, Units(own.held)) << touches.list()[i].limit->name;
    }
    const Ask ask{.input_max = Tokens(1 + static_cast<std::int64_t>(seed_.below(8000))),
                  .choices = 1 + static_cast<std::int64_t>(seed_.below(2)),
                  .web_searches_max = 0,
                  .rates = kRates};
    const Tokens wanted(1 + static_cast<std::int64_t>(seed_.below(8000)));
    const auto bound = fit(touches, standings, ask, {.wanted = wanted, .least = Tokens(64)});
    const auto hold = treasury_->hold(touches.needs());
    ASSERT_EQ(hold.has_value(), bound.has_value());
    const auto twin = twin_->hold(touches.needs());
    ASSERT_EQ(hold.has_value(), twin.has_value());
    if (!hold) {
      ASSERT_EQ(hold.error().standing, twin.error().standing);
      ++refused_;
      return;
    }
    ++held_;
    fitted_ += *bound < wanted ? 1 : 0;
    open_.push_back(take(touches, *hold, *twin));
  }

  /// What every user's rolling limit has seen, call by call: no stretch of it has more than its
  /// max.
  Spent* note_rolling(const Touched& touched, std::int64_t units) {
    std::deque<Spent>& spent = rolling_[std::string(touched.subject)];
    spent.push_back({.at = now_, .units = units});
    std::int64_t sum = 0;
    for (const Spent& each : spent) {
      sum += each.at > now_ - touched.limit->span && each.at <= now_ ? each.units : 0;
    }
    EXPECT_LE(sum, touched.max.count()) << touched.subject;
    return &spent.back();
  }

  /// Writes a hold into our own books, and looks whether anything is overspent.
  Open take(const Touches& touches, HoldId hold, HoldId twin) {
    Open open{.hold = hold, .twin = twin, .accounts = {}, .units = {}, .kept = {}, .spent = {}};
    for (std::size_t i = 0; i < touches.size(); ++i) {
      Account& own = account_of(touches.list()[i]);
      own.held += touches.needs()[i].units.count();
      EXPECT_LE(own.posted + own.held, touches.needs()[i].max.count())
          << touches.list()[i].limit->name;
      open.accounts.emplace_back(&own, touches.needs()[i].account);
      open.units.push_back(touches.needs()[i].units.count());
      open.kept.push_back(is_kept(touches.list()[i].measure));
      const bool rolls = touches.list()[i].limit->window == Window::rolling;
      open.spent.push_back(rolls ? note_rolling(touches.list()[i], open.units.back()) : nullptr);
    }
    return open;
  }

  /// Released, settled for less, or settled at its hold.
  void end_some_call() {
    if (open_.empty()) {
      return;
    }
    std::swap(open_[seed_.below(open_.size())], open_.back());
    const Open open = std::move(open_.back());
    open_.pop_back();
    const std::uint64_t how = seed_.below(10);
    std::vector<Units> posted;
    for (std::size_t i = 0; i < open.units.size(); ++i) {
      open.accounts[i].first->held -= open.units[i];
      if (how != 0) {
        const auto most = static_cast<std::uint64_t>(open.units[i]);
        const auto used =
            static_cast<std::int64_t>(how == 1 ? most : most - seed_.below(most / 2 + 1));
        posted.emplace_back(open.kept[i] ? used : 0);
        open.accounts[i].first->posted += posted.back().count();
      }
      if (open.spent[i] != nullptr) {
        open.spent[i]->units = how != 0 ? posted.back().count() : 0;
      }
    }
    treasury_->settle(open.hold, posted);
    twin_->settle(open.twin, posted);
    for (const auto& [own, key] : open.accounts) {
      ASSERT_EQ(treasury_->standing(key)->posted, Units(own->posted));
      ASSERT_EQ(treasury_->standing(key)->held, Units(own->held));
    }
  }

  Seed seed_;
  std::unique_ptr<Treasury> treasury_ = std::make_unique<Treasury>();
  std::unique_ptr<Treasury> twin_ = std::make_unique<Treasury>();  // from which nobody leaves
  LimitSet limits_;
  Instant now_ = parse_rfc3339("2026-10-23T12:00:00Z").value();  // the clock changes on the 25th
  Instant latest_ = now_;
  std::map<std::string, Account> books_;
  std::map<AccountKey, const Account*> by_key_;
  std::map<std::string, std::deque<Spent>> rolling_;
  std::vector<Open> open_;
  std::size_t held_ = 0;
  std::size_t refused_ = 0;
  std::size_t fitted_ = 0;
  std::size_t forgotten_ = 0;
  std::size_t changes_ = 0;  // of tiers
  std::size_t restarts_ = 0;
  std::size_t retired_ = 0;
  std::size_t recalled_ = 0;
};

TEST(Simulation, NothingIsEverOverspentInDaysOfCallsUnderOverlappingLimits) {
  // One world by its seed again: PURSER_SEED=7.
  const char* wanted = std::getenv("PURSER_SEED");
  const std::uint64_t first = wanted == nullptr ? 1 : std::strtoull(wanted, nullptr, 10);
  const std::uint64_t last = wanted == nullptr ? 3 : first;
  for (std::uint64_t seed = first; seed <= last && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    World world(seed);
    for (int i = 0; i < 60'000 && !testing::Test::HasFailure(); ++i) {
      world.step();
    }
    world.finish();
  }
}

/// Calls that all want the last of one dollar, in a random order of arriving and ending.
class Rush {
 public:
  explicit Rush(std::uint64_t seed) : seed_(seed) {
    Limit limit = limit_of("dollar", Per::all, Window::lifetime);
    limit.max.usd = Amount::from_dollars(1);
    limits_ = LimitSet::compile({limit}, "UTC").value();
    limits_.touch({.caller = nobody_}, Instant{}, Control::enforce, touches_);
  }

  /// Until the first call is refused for good. Returns what had been used by then.
  Units run() {
    while (!refused_) {
      if (open_.size() < 100 && seed_.below(2) == 0) {
        const auto input = static_cast<std::int64_t>(100 + seed_.below(2000));
        if (!admit(Tokens(input))) {
          waiting_.emplace_back(input);
        }
      } else {
        end_some_call();
      }
    }
    return treasury_.standing(account())->posted;
  }

 private:
  AccountKey account() const { return touches_.needs()[0].account; }

  /// False: it waits, or is refused for good.
  bool admit(Tokens input) {
    const Ask ask{.input_max = input, .choices = 1, .web_searches_max = 0, .rates = kRates};
    std::array<Standing, 1> standing;
    treasury_.standings(touches_.needs(), standing);
    const auto bound = fit(touches_, standing, ask, {.wanted = Tokens(8192), .least = Tokens(64)});
    if (!bound) {
      refused_ = bound.error().final;
      return false;
    }
    open_.emplace_back(treasury_.hold(touches_.needs()).value(), touches_.needs()[0].units);
    return true;
  }

  /// It used a small part of what was held, as most answers do; then the waiting look again.
  void end_some_call() {
    if (open_.empty()) {
      return;
    }
    std::swap(open_[seed_.below(open_.size())], open_.back());
    const auto [hold, units] = open_.back();
    open_.pop_back();
    const Units used(
        static_cast<std::int64_t>(seed_.below(static_cast<std::uint64_t>(units.count()) / 4 + 1)));
    treasury_.settle(hold, {&used, 1});
    const Standing now = treasury_.standing(account()).value();
    EXPECT_LE(now.posted + now.held, now.max);
    while (!waiting_.empty() && !refused_ && admit(waiting_.front())) {
      waiting_.pop_front();
    }
  }

  Seed seed_;
  const Caller nobody_;
  LimitSet limits_;
  Treasury treasury_;
  Touches touches_;
  std::vector<std::pair<HoldId, Units>> open_;
  std::deque<Tokens> waiting_;
  bool refused_ = false;
};

TEST(Simulation, ADollarIsUsedToItsEndBeforeAnybodyIsRefusedForGood) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Units used = Rush(seed).run();
    EXPECT_LE(used, Units(1'000'000'000)) << "seed " << seed;
    EXPECT_GE(used, Units(980'000'000)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace purser
