// pipeline/account_desk_test.cpp — accounts come and go while calls are held and settled in them on
// several threads, with real books behind.
#include "pipeline/account_desk.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <thread>

#include "base/seed.hpp"
#include "pipeline/services.hpp"

namespace purser {
namespace {

constexpr std::size_t kUsers = 60;
constexpr std::size_t kInMemory = 5;
constexpr std::uint64_t kRecallsWanted = 200;
constexpr std::size_t kCallsATurn = 20;
constexpr std::size_t kTurnsMax = 5'000;  // should they never come
constexpr Units kMax(1000);               // reached by some
const Instant kNow = Instant::from_seconds(1'795'000'000);

AccountKey account_of(std::size_t user) {
  return digest("user " + std::to_string(user));
}

class AccountDeskTest : public testing::Test {
 protected:
  AccountDeskTest() {
    std::string name = (std::filesystem::temp_directory_path() / "purser-desk-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    open();
  }
  ~AccountDeskTest() override {
    desk_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void open() {
    books_ = std::make_unique<Books>();
    Recovered recovered;
    store_ = Store::open({.folder = folder_, .durability = Durability::relaxed}, kNow, recovered)
                 .value();
    desk_ = AccountDesk::open(folder_, *books_, kInMemory, kNow).value();
  }
  /// The gateway ends and starts again.
  void reopen() {
    desk_.reset();
    store_.reset();
    open();
  }

  /// Holds and settles for whomever, in turn with whoever else does.
  Awaitable<void> call_again_and_again(Core& core, std::uint64_t seed, std::atomic<int>& running) {
    Seed random(seed);
    while (desk_->counts().recalled < kRecallsWanted && turn_ < kTurnsMax) {
      const std::size_t user = (turn_ + random.below(3)) % kUsers;  // the others are idle
      const std::array<Need, 1> needs{{{.account = account_of(user),
                                        .units = Units(1 + static_cast<int>(random.below(5))),
                                        .max = kMax,
                                        .ends = Instant::never()}}};
      co_await call(core, user, needs, random.below(8) == 0);
    }
    --running;
  }

  Awaitable<void> call(Core& core, std::size_t user, std::span<const Need> needs, bool whole) {
    while (true) {
      std::vector<Treasury::Away> away;
      std::expected<HoldId, Shortfall> hold;
      {
        const std::lock_guard lock(books_->mutex);
        books_->treasury.find_away(needs, away);
        if (away.empty()) {
          hold = books_->treasury.hold(needs);
          const auto standing = books_->treasury.standing(needs[0].account);
          EXPECT_LE(standing.value_or(Standing{}).posted, kMax);
        }
      }
      if (!away.empty()) {
        const auto back = co_await desk_->recall(std::move(away), core);
        EXPECT_TRUE(back);
        continue;
      }
      if (hold) {
        settle(*hold, user, whole ? needs[0].units : Units(0));
      }
      ++calls_;
      co_return;
    }
  }

  void settle(HoldId hold, std::size_t user, Units units) {
    const Leg leg{.account = account_of(user), .units = units, .ends = Instant::never()};
    HoldEntry held;
    held.call = CallId(++last_);
    held.at = kNow;
    held.legs = {leg};
    store_->hold(held, [](const Result<void>& written) { EXPECT_TRUE(written); });
    {
      const std::lock_guard lock(books_->mutex);
      books_->treasury.settle(hold, {&units, 1});
    }
    SettleEntry ended;
    ended.call = held.call;
    ended.at = kNow;
    ended.legs = {leg};
    store_->settle(ended);
    posted_[user] += units.count();
  }

  void beat() {
    {
      const std::lock_guard lock(books_->mutex);
      books_->treasury.expire(kNow, 1000);
    }
    desk_->retire_coldest();
  }

  std::size_t in_memory() {
    const std::lock_guard lock(books_->mutex);
    return books_->treasury.accounts();
  }

  /// Everybody's balance, away or not.
  void expect_all_posted() {
    Core core(*books_);
    const auto look = [&]() -> Awaitable<void> {
      for (std::size_t user = 0; user < kUsers; ++user) {
        std::vector<Treasury::Away> all{{.account = account_of(user), .ends = Instant::never()}};
        EXPECT_TRUE(co_await desk_->recall(std::move(all), core));
        const std::lock_guard lock(books_->mutex);
        const auto standing = books_->treasury.standing(account_of(user));
        EXPECT_EQ(standing.value().posted, Units(posted_[user])) << user;
        EXPECT_EQ(standing.value().held, Units(0)) << user;
      }
    };
    asio::co_spawn(core.io, look, asio::detached);
    core.io.run();
  }

  std::filesystem::path folder_;
  std::unique_ptr<Books> books_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<AccountDesk> desk_;
  std::atomic<std::int64_t> last_{0};
  std::atomic<std::size_t> turn_{0};  // whose it is to call
  std::atomic<std::size_t> calls_{0};
  std::array<std::atomic<std::int64_t>, kUsers> posted_{};
};

TEST_F(AccountDeskTest, NothingIsLostOrCountedTwiceWhileAccountsComeAndGo) {
  std::atomic<int> running{2};
  std::vector<std::thread> threads;
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    threads.emplace_back([&, seed] {
      Core core(*books_);
      asio::co_spawn(core.io, call_again_and_again(core, seed, running), asio::detached);
      core.io.run();
    });
  }
  while (running > 0) {
    EXPECT_TRUE(store_->fold());
    for (std::uint32_t i = 0; i <= kIdleBeatsMin; ++i) {
      beat();
    }
    ++turn_;
    for (const std::size_t made = calls_; calls_ < made + kCallsATurn && running > 0;) {
      std::this_thread::yield();
    }
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const AccountDesk::Counts counts = desk_->counts();
  EXPECT_GE(counts.recalled, kRecallsWanted);
  EXPECT_GE(counts.retired, counts.recalled);
  ASSERT_TRUE(store_->fold());
  while (in_memory() > kInMemory) {
    beat();
  }
  expect_all_posted();
}

TEST_F(AccountDeskTest, ReadsNoMoreAtStartThanMayBeInMemory) {
  for (std::size_t user = 0; user < kUsers; ++user) {
    const std::array<Need, 1> needs{
        {{.account = account_of(user), .units = Units(7), .max = kMax, .ends = Instant::never()}}};
    const HoldId hold = books_->treasury.hold(needs).value();
    settle(hold, user, Units(7));
  }
  ASSERT_TRUE(store_->fold());
  reopen();
  EXPECT_EQ(in_memory(), kInMemory);
  EXPECT_EQ(desk_->counts().read_at_start, kUsers);
  EXPECT_EQ(books_->treasury.names_away(), kUsers - kInMemory);
  expect_all_posted();
}

/// One whose entries are not in the table yet must not leave: read back, it would have less.
TEST_F(AccountDeskTest, AnAccountStaysUntilTheBooksSayTheSame) {
  books_->treasury.post(account_of(1), Units(5), kMax, Instant::never());  // and no entry of it
  desk_->change(0);
  for (std::uint32_t i = 0; i < 2 * kIdleBeatsMin; ++i) {
    beat();
  }
  desk_.reset();  // whatever it began is over
  EXPECT_EQ(in_memory(), 1U);
}

}  // namespace
}  // namespace purser
