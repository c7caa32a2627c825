// store/journal_writer.hpp — the one thread that writes the journal, a batch at a time.
//
//   appended ──write──▶ written ──sync (strict)──▶ durable: callers are told, readers may read
//      ▲                  │ refused                   │ refused
//      └── tried again ───┴───────────────────────────┘   meanwhile no hold is accepted
//
// While one batch is being synced the next one gathers: with more calls the batches grow, not their
// number.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "store/journal.hpp"
#include "store/store.hpp"

namespace purser {

class JournalWriter {
 public:
  using Durable = std::function<void(Result<void>)>;
  /// How far the journal may be read, and how many appends that is.
  struct Progress {
    JournalMark mark;
    std::uint64_t appended = 0;
  };
  /// Told after every batch, on the writer's thread.
  using OnProgress = std::function<void(const Progress&)>;

  JournalWriter(const StoreOptions& options, Segment segment, OnProgress on_progress);
  /// Writes what is left, if the disk takes it.
  ~JournalWriter();

  void hold(const HoldEntry& entry, Durable on_durable);
  void settle(const SettleEntry& entry);

  /// Has everything appended so far written at once; how many appends that is.
  std::uint64_t flush();
  /// Why no hold is accepted at the moment.
  std::optional<Error> failure() const;
  struct Syncs {
    std::uint64_t many = 0;
    std::int64_t us_max = 0;
  };
  Syncs syncs() const;

 private:
  /// What has been appended and not yet been written.
  struct Batch {
    std::string bytes;
    std::vector<Durable> waiting;  // strict: run once it is on the disk
    std::uint64_t appended = 0;
    std::size_t refused = 0;  // holds in so many of the bytes are released behind them
  };

  void run();
  void gather(std::unique_lock<std::mutex>& lock);
  Result<void> write(const Batch& batch);
  Result<void> sync();
  Result<void> leave_segment(JournalMark end);
  void refuse_holds(Batch& batch, const Error& error);
  bool write_at_last(Batch& batch);

  const std::filesystem::path folder_;
  const bool strict_;
  const OnProgress on_progress_;

  // Shared, under mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Batch pending_;
  std::uint64_t appended_ = 0;
  bool asleep_ = false;   // the writer waits for a first append
  bool hurried_ = false;  // it is to write without waiting for company
  bool stopping_ = false;
  std::optional<Error> failure_;
  Syncs syncs_;

  // The writer thread's own.
  Segment segment_;
  /// A sync failed: the kernel may have dropped what stood behind this, and the next sync would
  /// succeed without it. So the batch goes to a new segment, and this one ends here.
  std::optional<JournalMark> suspect_;
  std::thread thread_;
};

}  // namespace purser
