// store/store.cpp — the journal's writer thread, and the books opened again after any end.
//
//   append ──▶ pending ──write, sync──▶ journal ──decode──▶ open / closed ──fold──▶ SQLite
//                 (memory, one lock)       (disk)              (memory)              (disk)
#include "store/store.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "store/codec.hpp"
#include "store/journal.hpp"
#include "store/ledger_db.hpp"
#include "store/replay.hpp"

namespace purser {
namespace {

/// Relaxed records may wait this long for company: a machine that crashes loses no more.
constexpr std::chrono::milliseconds kGather{5};
/// Closed calls reach the database at least this often, so that reports are about a second late.
constexpr std::chrono::milliseconds kFoldEvery{700};
/// …and as soon as so many are there: one transaction of them stays well under a megabyte.
constexpr std::size_t kFoldBatch = 4096;
/// A segment larger than this is replaced: what is replayed at start stays small.
constexpr std::uint64_t kSegmentBytes = std::uint64_t{32} << 20;
/// After a failed write the disk is asked again this often.
constexpr std::chrono::milliseconds kRetry{200};

using Durable = std::function<void(Result<void>)>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// What has been appended and not yet been written.
struct Batch {
  std::string bytes;
  std::vector<Durable> waiting;  // strict: run once it is on the disk
  void clear() {
    bytes.clear();
    waiting.clear();
  }
};

class JournaledStore final : public Store {
 public:
  JournaledStore(StoreOptions options, FolderLock lock, LedgerDb ledger, Segment segment,
                 std::map<CallId, std::string> open)
      : options_(std::move(options)),
        lock_(std::move(lock)),
        ledger_(std::move(ledger)),
        segment_(std::move(segment)),
        open_(std::move(open)),
        writer_([this] { run(); }) {}
  ~JournaledStore() override;

  void hold(const HoldEntry& entry, Durable on_durable) override;
  void settle(const SettleEntry& entry) override;
  Result<void> fold() override;
  Health health() const override;

 private:
  void run();
  bool gather(std::unique_lock<std::mutex>& lock);
  bool write(const Batch& batch);
  void give_up_holds(Batch& batch);
  void sort_out(std::string_view bytes);
  bool fold_closed();
  bool rotate();
  void answer(const std::vector<Durable>& waiting, const Result<void>& result);
  void note_failure(const Error& error);

  const StoreOptions options_;
  const FolderLock lock_;

  // Shared, under mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable folded_;
  Batch pending_;
  bool idle_ = true;
  bool stopping_ = false;
  std::uint64_t fold_wanted_ = 0;
  std::uint64_t fold_done_ = 0;
  std::optional<Error> failure_;
  Health health_;

  // The writer thread's own.
  LedgerDb ledger_;
  Segment segment_;
  std::map<CallId, std::string> open_;  // hold records, as written, without an outcome yet
  std::vector<ClosedCall> closed_;
  SteadyTime last_fold_ = std::chrono::steady_clock::now();
  std::thread writer_;
};

void JournaledStore::hold(const HoldEntry& entry, Durable on_durable) {
  const bool strict = options_.durability == Durability::strict;
  std::optional<Error> failure;
  bool notify = false;
  {
    const std::lock_guard lock(mutex_);
    failure = failure_;
    if (!failure) {
      append_record(pending_.bytes, entry);
      if (strict) {
        pending_.waiting.push_back(std::move(on_durable));
      }
      notify = std::exchange(idle_, false);
    }
  }
  if (notify) {
    wake_.notify_one();
  }
  if (failure) {
    on_durable(std::unexpected(*failure));
  } else if (!strict) {
    on_durable({});
  }
}

void JournaledStore::settle(const SettleEntry& entry) {
  bool notify = false;
  {
    const std::lock_guard lock(mutex_);
    append_record(pending_.bytes, entry);
    notify = std::exchange(idle_, false);
  }
  if (notify) {
    wake_.notify_one();
  }
}

Result<void> JournaledStore::fold() {
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = ++fold_wanted_;
  idle_ = false;
  wake_.notify_one();
  folded_.wait(lock, [&] { return fold_done_ >= wanted || failure_; });
  if (failure_) {
    return std::unexpected(*failure_);
  }
  return {};
}

Store::Health JournaledStore::health() const {
  const std::lock_guard lock(mutex_);
  Health health = health_;
  health.failed = failure_.has_value();
  return health;
}

JournaledStore::~JournaledStore() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    idle_ = false;
  }
  wake_.notify_one();
  writer_.join();
}

/// Sleeps until there is something to do. False: nothing is left, and the store is closing.
bool JournaledStore::gather(std::unique_lock<std::mutex>& lock) {
  idle_ = pending_.bytes.empty() && fold_wanted_ == fold_done_ && !stopping_;
  if (idle_) {
    const auto something = [this] { return !idle_; };
    if (closed_.empty()) {
      wake_.wait(lock, something);
    } else {
      wake_.wait_until(lock, last_fold_ + kFoldEvery, something);
    }
    idle_ = false;
  }
  const bool hurry = stopping_ || fold_wanted_ != fold_done_;
  if (options_.durability == Durability::relaxed && !hurry) {
    wake_.wait_for(lock, kGather, [this] { return stopping_ || fold_wanted_ != fold_done_; });
  }
  return !stopping_ || !pending_.bytes.empty();
}

/// Writes a batch, and in strict mode waits for the disk. False: the disk refused it.
bool JournaledStore::write(const Batch& batch) {
  auto written = segment_.write(batch.bytes);
  const SteadyTime began = std::chrono::steady_clock::now();
  if (written && !batch.waiting.empty()) {
    written = segment_.sync();
  }
  if (!written) {
    note_failure(written.error());
    return false;
  }
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
                        std::chrono::steady_clock::now() - began)
                        .count();
  const std::lock_guard lock(mutex_);
  failure_.reset();
  health_.syncs += batch.waiting.empty() ? 0 : 1;
  health_.sync_us_max = std::max(health_.sync_us_max, batch.waiting.empty() ? 0 : took);
  health_.journal_bytes = segment_.size();
  return true;
}

void JournaledStore::note_failure(const Error& error) {
  const std::lock_guard lock(mutex_);
  failure_ = error;
  folded_.notify_all();
}

void JournaledStore::answer(const std::vector<Durable>& waiting, const Result<void>& result) {
  for (const Durable& durable : waiting) {
    durable(result);
  }
}

/// The disk refused a batch: calls that wait for it may not leave. Their holds stay in the batch,
/// which is tried again for the sake of its settlements, each followed by its release.
void JournaledStore::give_up_holds(Batch& batch) {
  if (batch.waiting.empty()) {
    return;
  }
  std::string_view rest = batch.bytes;
  std::string releases;
  while (const auto payload = take_payload(rest)) {
    const auto record = decode_record(*payload);
    if (const auto* hold = record ? std::get_if<HoldEntry>(&*record) : nullptr) {
      SettleEntry release;
      release.call = hold->call;
      release.at = hold->at;
      release.outcome = Outcome::released;
      append_record(releases, release);
    }
  }
  batch.bytes += releases;
  answer(std::exchange(batch.waiting, {}), std::unexpected(*failure_));
}

/// Reads back what was just written: both halves of a call together make a row.
void JournaledStore::sort_out(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view before = bytes;
    const auto payload = take_payload(bytes);
    INVARIANT(payload, "what we have just written can be read");
    auto record = decode_record(*payload);
    INVARIANT(record, "what we have just written is of a form we know");
    if (const auto* hold = std::get_if<HoldEntry>(&*record)) {
      open_[hold->call] = before.substr(0, before.size() - bytes.size());
      continue;
    }
    auto& settle = std::get<SettleEntry>(*record);
    const auto held = open_.find(settle.call);
    INVARIANT(held != open_.end(), "S2: a settlement ends a hold that is open");
    std::string_view stored = held->second;
    auto hold = decode_record(*take_payload(stored));
    closed_.push_back({.hold = std::move(std::get<HoldEntry>(*hold)), .settle = std::move(settle)});
    open_.erase(held);
  }
}

bool JournaledStore::fold_closed() {
  last_fold_ = std::chrono::steady_clock::now();
  if (closed_.empty()) {
    return true;
  }
  const Folded mark{.segment = segment_.number(),
                    .offset = static_cast<std::int64_t>(segment_.size())};
  if (auto done = ledger_.fold(closed_, mark); !done) {
    note_failure(done.error());
    return false;
  }
  closed_.clear();
  return true;
}

/// A new segment that begins with the holds still open; then the old one is no longer needed. The
/// database is on the disk before that: until then the old segment is what proves it.
bool JournaledStore::rotate() {
  if (segment_.size() < kSegmentBytes || !closed_.empty()) {
    return true;
  }
  std::string carried;
  for (const auto& [call, record] : open_) {
    carried += record;
  }
  auto next = Segment::create(options_.folder, segment_.number() + 1);
  Result<void> done = next ? next->write(carried) : std::unexpected(next.error());
  if (done) {
    done = next->sync();
  }
  if (done) {
    done = ledger_.checkpoint();
  }
  if (!done) {
    note_failure(done.error());
    return false;
  }
  const std::int64_t old = segment_.number();
  segment_ = std::move(*next);
  // A segment that cannot be removed is replayed once more at the next start: no harm, so no error.
  static_cast<void>(remove_segment(options_.folder, old));
  return true;
}

void JournaledStore::run() {
  Batch batch;
  std::unique_lock lock(mutex_);
  while (gather(lock)) {
    std::swap(batch, pending_);
    const std::uint64_t wanted = fold_wanted_;
    lock.unlock();
    while (!batch.bytes.empty() && !write(batch)) {
      give_up_holds(batch);
      lock.lock();
      if (wake_.wait_for(lock, kRetry, [this] { return stopping_; })) {
        return;  // what was acknowledged is on the disk; the rest was never promised
      }
      lock.unlock();
    }
    answer(batch.waiting, {});
    sort_out(batch.bytes);
    batch.clear();
    const bool due = std::chrono::steady_clock::now() - last_fold_ >= kFoldEvery;
    if (wanted != fold_done_ || due || closed_.size() >= kFoldBatch) {
      const bool folded = fold_closed() && rotate();
      lock.lock();
      fold_done_ = folded ? wanted : fold_done_;
      folded_.notify_all();
    } else {
      lock.lock();
    }
  }
  lock.unlock();
  if (fold_closed()) {
    static_cast<void>(ledger_.checkpoint());  // only tidies: the journal still has everything
  }
}

/// A call that was in flight when the process ended: all that was held may have been billed.
ClosedCall presume(HoldEntry hold, Instant now) {
  SettleEntry settle;
  settle.call = hold.call;
  settle.at = now;
  settle.outcome = Outcome::presumed;
  settle.cost = hold.worst;
  settle.model = hold.model;
  settle.stop_reason = "purser_restart";
  settle.legs = hold.legs;
  return {.hold = std::move(hold), .settle = std::move(settle)};
}

/// Everything the journal knows goes into the database; a fresh segment follows.
Result<Segment> recover(const StoreOptions& options, LedgerDb& ledger, Instant now,
                        Recovered& recovered) {
  const auto folded = ledger.folded();
  if (!folded) {
    return std::unexpected(folded.error());
  }
  auto replayed = replay_journal(options.folder, *folded);
  if (!replayed) {
    return std::unexpected(replayed.error());
  }
  recovered.presumed = replayed->open.size();
  for (auto& [call, hold] : replayed->open) {
    replayed->closed.push_back(presume(std::move(hold), now));
  }
  const std::int64_t fresh = std::max(replayed->newest_segment, folded->segment) + 1;
  if (auto done = ledger.fold(replayed->closed, {.segment = fresh, .offset = 0}); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = ledger.checkpoint(); !done) {
    return std::unexpected(done.error());
  }
  auto segment = Segment::create(options.folder, fresh);
  const auto segments = list_segments(options.folder);
  if (!segment || !segments) {
    return std::unexpected(!segment ? segment.error() : segments.error());
  }
  for (const std::int64_t number : *segments) {
    if (number < fresh) {
      if (auto removed = remove_segment(options.folder, number); !removed) {
        return std::unexpected(removed.error());
      }
    }
  }
  const auto facts = ledger.facts();
  if (!facts) {
    return std::unexpected(facts.error());
  }
  recovered.calls = facts->calls;
  recovered.next_call = std::max(facts->last, replayed->last) + CallId(1);
  return segment;
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
  auto ledger = LedgerDb::open(options.folder);
  if (!ledger) {
    return std::unexpected(ledger.error());
  }
  auto segment = recover(options, *ledger, now, recovered);
  if (!segment) {
    return fail("replaying the journal", segment.error());
  }
  const auto balances = ledger->balances(now);
  if (!balances) {
    return std::unexpected(balances.error());
  }
  for (const LedgerDb::Balance& balance : *balances) {
    recovered.balances.push_back({balance.account, balance.posted, balance.ends});
  }
  return std::make_unique<JournaledStore>(options, std::move(*lock), std::move(*ledger),
                                          std::move(*segment), std::map<CallId, std::string>{});
}

}  // namespace purser
