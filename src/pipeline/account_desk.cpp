// pipeline/account_desk.cpp — looking under the books' lock, reading without it.
#include "pipeline/account_desk.hpp"

#include <boost/asio/post.hpp>

#include "pipeline/services.hpp"

namespace purser {
namespace {

/// Rows looked at under one lock: some ten microseconds.
constexpr std::size_t kLookedAtOnce = 1024;
/// Accounts that leave under one lock: as long.
constexpr std::size_t kRetiredAtOnce = 64;

}  // namespace

Result<std::unique_ptr<AccountDesk>> AccountDesk::open(const std::filesystem::path& folder,
                                                       Books& books, std::size_t in_memory_max,
                                                       Instant now) {
  auto reader = BalanceReader::open(folder);
  if (!reader) {
    return std::unexpected(reader.error());
  }
  auto desk =
      std::unique_ptr<AccountDesk>(new AccountDesk(books, std::move(*reader), in_memory_max));
  if (auto read = desk->read_all(now); !read) {
    return std::unexpected(read.error());
  }
  return desk;
}

AccountDesk::~AccountDesk() {
  thread_.join();
}

Result<void> AccountDesk::read_all(Instant now) {
  const std::lock_guard lock(books_.mutex);
  Treasury& treasury = books_.treasury;
  std::size_t read = 0;
  // A clock set back after the start finds the windows it returns to, as it does without one.
  auto done = reader_->each(now - kClockStepMax, [&](const Balance& balance) {
    if (++read <= in_memory_max_) {
      treasury.post(balance.account, balance.posted, Units(INT64_MAX), balance.ends);
    } else if (balance.posted != Units{}) {
      treasury.put_away(balance.account, balance.ends);
    }
  });
  read_at_start_ = read;
  return done;
}

Awaitable<Result<void>> AccountDesk::recall(std::vector<Treasury::Away> accounts, Core& core) {
  Signal done;
  Result<void> recalled;
  asio::post(thread_, [&] {
    recalled = recall_now(accounts);
    core.inbox.push(done);
  });
  co_await done.wait();
  co_return recalled;
}

Result<void> AccountDesk::recall_now(const std::vector<Treasury::Away>& accounts) {
  for (const Treasury::Away& away : accounts) {
    const auto posted = reader_->posted(away.account);
    if (!posted) {
      return std::unexpected(posted.error());
    }
    const std::lock_guard lock(books_.mutex);
    if (books_.treasury.recall(away, posted->value_or(Units{})) == Treasury::Recalled::back) {
      ++(*posted ? recalled_ : unknown_);
    }
  }
  return {};
}

void AccountDesk::retire_coldest() {
  if (!retiring_.exchange(true)) {
    asio::post(thread_, [this] {
      retire_now();
      retiring_ = false;
    });
  }
}

/// One round over all accounts at most: those that could not go now are asked again next time.
void AccountDesk::retire_now() {
  std::size_t excess = 0;
  std::size_t left = 0;
  std::uint32_t beats = 0;
  {
    const std::lock_guard lock(books_.mutex);
    left = books_.treasury.accounts();
    if (left <= in_memory_max_) {
      return;
    }
    excess = left - in_memory_max_;
    beats = books_.treasury.idle_beats_of_coldest(excess);
  }
  while (left > 0 && excess > 0) {
    std::vector<Treasury::Account> idle;
    {
      const std::lock_guard lock(books_.mutex);
      idle = books_.treasury.idle(beats, kLookedAtOnce);
    }
    left -= std::min(left, kLookedAtOnce);
    excess -= retire(std::move(idle), excess);
  }
}

/// Those of them whose books say what memory says. Entries on their way make them differ: then the
/// account stays until they have arrived.
std::size_t AccountDesk::retire(std::vector<Treasury::Account> idle, std::size_t at_most) {
  idle.resize(std::min(idle.size(), at_most));
  std::erase_if(idle, [this](const Treasury::Account& account) {
    const auto posted = reader_->posted(account.key);
    return !posted || posted->value_or(Units{}) != account.standing.posted;
  });
  std::size_t retired = 0;
  for (std::size_t from = 0; from < idle.size(); from += kRetiredAtOnce) {
    const std::size_t until = std::min(idle.size(), from + kRetiredAtOnce);
    const std::lock_guard lock(books_.mutex);
    for (std::size_t i = from; i < until; ++i) {
      retired += books_.treasury.retire(idle[i]) == Treasury::Retired::away ? 1U : 0U;
    }
  }
  retired_ += retired;
  return retired;
}

AccountDesk::Counts AccountDesk::counts() const {
  return {.read_at_start = read_at_start_,
          .retired = retired_,
          .recalled = recalled_,
          .unknown = unknown_};
}

}  // namespace purser
