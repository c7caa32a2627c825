// pipeline/account_desk.hpp — accounts that nobody uses leave memory, and come back when they are
// asked for.
//
// One thread of its own does both, and nobody else does either: what it has read of an account in
// the books is still so when it moves it, because an account that is away has no entry under way,
// and one in memory only leaves when books and memory say the same.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "http/asio.hpp"
#include "ledger/treasury.hpp"
#include "store/balances.hpp"

namespace purser {

struct Books;
struct Core;

class AccountDesk {
 public:
  /// Reads the balances into the treasury: as many as may be in memory, the others are put away.
  static Result<std::unique_ptr<AccountDesk>> open(const std::filesystem::path& folder,
                                                   Books& books, std::size_t in_memory_max,
                                                   Instant now);
  ~AccountDesk();

  /// Brings accounts back. An Error: the books cannot be read, so nothing is known of them.
  Awaitable<Result<void>> recall(std::vector<Treasury::Away> accounts, Core& core);
  /// Has the coldest leave, where there are more than may be. Any thread; does not wait.
  void retire_coldest();
  void change(std::size_t in_memory_max) { in_memory_max_.store(in_memory_max); }

  struct Counts {
    std::size_t read_at_start = 0;
    std::uint64_t retired = 0;   // left memory
    std::uint64_t recalled = 0;  // came back
    std::uint64_t unknown = 0;   // were looked for, and had never been in the books
  };
  Counts counts() const;

 private:
  AccountDesk(Books& books, std::unique_ptr<BalanceReader> reader, std::size_t in_memory_max)
      : books_(books), reader_(std::move(reader)), in_memory_max_(in_memory_max) {}
  Result<void> read_all(Instant now);
  Result<void> recall_now(const std::vector<Treasury::Away>& accounts);
  void retire_now();
  std::size_t retire(std::vector<Treasury::Account> idle, std::size_t at_most);

  Books& books_;
  std::unique_ptr<BalanceReader> reader_;  // the desk's thread's own
  std::atomic<std::size_t> in_memory_max_;
  std::atomic<bool> retiring_{false};
  std::atomic<std::size_t> read_at_start_{0};
  std::atomic<std::uint64_t> retired_{0};
  std::atomic<std::uint64_t> recalled_{0};
  std::atomic<std::uint64_t> unknown_{0};
  asio::thread_pool thread_{1};
};

}  // namespace purser
