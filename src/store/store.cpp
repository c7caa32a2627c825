// store/store.cpp — the journal's writer and the fold behind it, opened again after any end.
#include "store/store.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/thread_name.hpp"
#include "store/fold.hpp"
#include "store/journal_writer.hpp"

namespace purser {
namespace {

/// Closed calls reach the database this often, so that reports are about a second late.
constexpr std::chrono::milliseconds kFoldEvery{700};

class JournaledStore final : public Store {
 public:
  JournaledStore(const StoreOptions& options, FolderLock lock, Fold fold, Segment segment)
      : lock_(std::move(lock)),
        fold_(std::move(fold)),
        written_{.mark = segment.end()},
        done_{.mark = segment.end()} {
    writer_.emplace(options, std::move(segment), [this](const auto& at) { written(at); });
    folding_ = std::thread([this] { keep_folding(); });
  }
  ~JournaledStore() override;

  void hold(const HoldEntry& entry, std::function<void(Result<void>)> on_durable) override {
    writer_->hold(entry, std::move(on_durable));
  }
  void settle(const SettleEntry& entry) override { writer_->settle(entry); }
  Result<void> fold() override;
  Health health() const override;

 private:
  void written(const JournalWriter::Progress& progress);
  void keep_folding();

  const FolderLock lock_;
  Fold fold_;  // the folding thread's own

  // Shared, under mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable folded_;
  JournalWriter::Progress written_;
  JournalWriter::Progress done_;  // how far the database is
  std::uint64_t wanted_ = 0;      // somebody waits until so many appends are in the database
  std::optional<Error> fold_failure_;
  bool stopping_ = false;

  std::optional<JournalWriter> writer_;
  std::thread folding_;
};

void JournaledStore::written(const JournalWriter::Progress& progress) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    const bool idle = written_.mark == done_.mark;
    written_ = progress;
    wake = idle || wanted_ > done_.appended;
  }
  if (wake) {
    wake_.notify_one();
  }
}

Result<void> JournaledStore::fold() {
  const std::uint64_t wanted = writer_->flush();
  std::unique_lock lock(mutex_);
  wanted_ = std::max(wanted_, wanted);
  fold_failure_.reset();
  wake_.notify_one();
  std::optional<Error> failure;
  const auto over = [&] {
    failure = fold_failure_;
    if (!failure) {
      failure = writer_->failure();
    }
    return done_.appended >= wanted || failure;
  };
  // The writer's failure is not ours to hear of: it is looked at now and then.
  while (!folded_.wait_for(lock, kFoldEvery, over)) {
  }
  if (done_.appended < wanted) {
    return std::unexpected(*failure);
  }
  return {};
}

Store::Health JournaledStore::health() const {
  const JournalWriter::Syncs syncs = writer_->syncs();
  const std::lock_guard lock(mutex_);
  const bool same = written_.mark.segment == done_.mark.segment;
  const std::int64_t behind = written_.mark.offset - (same ? done_.mark.offset : 0);
  return {.journal_bytes = static_cast<std::uint64_t>(behind),
          .syncs = syncs.many,
          .sync_us_max = syncs.us_max,
          .failed = writer_->failure().has_value()};
}

JournaledStore::~JournaledStore() {
  writer_.reset();  // writes what is left: the fold below still takes it
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  folding_.join();
}

/// Follows the journal: soon when somebody waits, else in batches.
void JournaledStore::keep_folding() {
  name_this_thread("purser-fold");
  std::unique_lock lock(mutex_);
  while (true) {
    const auto hurried = [this] {
      return stopping_ || (wanted_ > done_.appended && written_.appended >= wanted_);
    };
    wake_.wait(lock, [&] { return hurried() || written_.mark != done_.mark; });
    wake_.wait_for(lock, kFoldEvery, hurried);
    const JournalWriter::Progress target = written_;
    lock.unlock();
    const auto folded = fold_.advance(target.mark);
    lock.lock();
    if (folded) {
      done_ = target;
      fold_failure_.reset();
    } else {
      fold_failure_ = folded.error();
      wanted_ = done_.appended;  // they are told; the next try is not hurried
    }
    folded_.notify_all();
    if (stopping_) {
      return;  // what the database did not take stays in the journal
    }
  }
}

/// Everything the journal knows goes into the database; a fresh segment follows.
Result<Segment> recover(const StoreOptions& options, Fold& fold, Instant now,
                        Recovered& recovered) {
  if (auto done = fold.advance(kJournalEnd); !done) {
    return std::unexpected(done.error());
  }
  recovered.damaged_bytes = fold.damaged();
  const auto presumed = fold.presume_open(now);
  const auto facts = fold.ledger().facts();
  if (!presumed || !facts) {
    return std::unexpected(!presumed ? presumed.error() : facts.error());
  }
  recovered.calls = facts->calls;
  recovered.presumed = *presumed;
  recovered.next_call = std::max(facts->last, fold.last()) + CallId(1);
  return Segment::create(options.folder, fold.mark().segment);
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options, Instant now,
                                           Recovered& recovered) {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) {
    return fail(Fault::store, "cannot make " + options.folder.string() + ": " + error.message());
  }
  auto lock = FolderLock::take(options.folder);
  if (!lock) {
    return std::unexpected(lock.error());
  }
  auto fold = Fold::open(options.folder);
  if (!fold) {
    return std::unexpected(fold.error());
  }
  auto segment = recover(options, *fold, now, recovered);
  if (!segment) {
    return fail("replaying the journal", segment.error());
  }
  return std::make_unique<JournaledStore>(options, std::move(*lock), std::move(*fold),
                                          std::move(*segment));
}

}  // namespace purser
