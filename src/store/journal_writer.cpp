// store/journal_writer.cpp — gather, write, sync, tell; and what happens when the disk says no.
#include "store/journal_writer.hpp"

#include <algorithm>

#include "base/invariant.hpp"
#include "base/thread_name.hpp"
#include "store/codec.hpp"

namespace purser {
namespace {

/// Records that nobody waits for may wait this long for company.
constexpr std::chrono::milliseconds kGather{5};
/// A segment larger than this is followed by another: what is read at start stays small.
constexpr std::int64_t kSegmentBytes = std::int64_t{32} << 20;
/// After a failed write the disk is asked again this often.
constexpr std::chrono::milliseconds kRetry{200};

using SteadyClock = std::chrono::steady_clock;

}  // namespace

JournalWriter::JournalWriter(const StoreOptions& options, Segment segment, OnProgress on_progress)
    : folder_(options.folder),
      strict_(options.durability == Durability::strict),
      on_progress_(std::move(on_progress)),
      segment_(std::move(segment)),
      thread_([this] { run(); }) {}

JournalWriter::~JournalWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void JournalWriter::hold(const HoldEntry& entry, Durable on_durable) {
  std::optional<Error> failure;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    failure = failure_;
    if (!failure) {
      append_record(pending_.bytes, entry);
      ++appended_;
      wake = std::exchange(asleep_, false);
      if (strict_) {
        pending_.waiting.push_back(std::move(on_durable));
        wake = wake || pending_.waiting.size() == 1;  // it may be gathering settlements
      }
    }
  }
  if (wake) {
    wake_.notify_one();
  }
  if (failure) {
    on_durable(std::unexpected(*failure));
  } else if (!strict_) {
    on_durable({});
  }
}

void JournalWriter::settle(const SettleEntry& entry) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    append_record(pending_.bytes, entry);
    ++appended_;
    wake = std::exchange(asleep_, false);
  }
  if (wake) {
    wake_.notify_one();
  }
}

std::uint64_t JournalWriter::flush() {
  std::uint64_t appended = 0;
  {
    const std::lock_guard lock(mutex_);
    hurried_ = true;
    appended = appended_;
  }
  wake_.notify_one();
  return appended;
}

std::optional<Error> JournalWriter::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

JournalWriter::Syncs JournalWriter::syncs() const {
  const std::lock_guard lock(mutex_);
  return syncs_;
}

/// Sleeps until there is a batch worth writing, or the writer is to end.
void JournalWriter::gather(std::unique_lock<std::mutex>& lock) {
  if (pending_.bytes.empty()) {
    asleep_ = true;
    wake_.wait(lock, [this] { return !asleep_ || stopping_ || hurried_; });
    asleep_ = false;
  }
  wake_.wait_for(lock, kGather,
                 [this] { return stopping_ || hurried_ || !pending_.waiting.empty(); });
  hurried_ = false;
}

Result<void> JournalWriter::sync() {
  const SteadyClock::time_point began = SteadyClock::now();
  auto synced = segment_.sync();
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - began);
  const std::lock_guard lock(mutex_);
  ++syncs_.many;
  syncs_.us_max = std::max(syncs_.us_max, std::int64_t{took.count()});
  return synced;
}

/// Begins the next segment; the old one ends at `end`.
Result<void> JournalWriter::leave_segment(JournalMark end) {
  if (auto cut = segment_.cut(end.offset); !cut) {
    return cut;
  }
  auto next = Segment::create(folder_, end.segment + 1);
  if (!next) {
    return std::unexpected(next.error());
  }
  segment_ = std::move(*next);
  return {};
}

/// All of a batch is in the journal (strict: on the disk), or it is as if nothing were.
Result<void> JournalWriter::write(const Batch& batch) {
  if (suspect_) {
    if (auto left = leave_segment(*suspect_); !left) {
      return left;
    }
    suspect_.reset();
  }
  const JournalMark before = segment_.end();
  auto written = segment_.write(batch.bytes);
  if (written && strict_) {
    written = sync();
    suspect_ = written ? std::nullopt : std::optional(before);
  }
  return written;
}

/// The disk refused a batch: the calls that wait for it may not leave. Their holds stay, for they
/// may be on the disk all the same, and each is followed by its release.
void JournalWriter::refuse_holds(Batch& batch, const Error& error) {
  if (!strict_) {
    return;  // nobody waits: these calls have left
  }
  std::string_view rest = std::string_view(batch.bytes).substr(batch.refused);
  std::string releases;
  while (const auto payload = take_payload(rest)) {
    if (const auto head = peek(*payload); head->kind == RecordKind::hold) {
      SettleEntry release;
      release.call = head->call;
      release.outcome = Outcome::released;
      release.stop_reason = kNeverSent;
      append_record(releases, release);
    }
  }
  batch.bytes += releases;
  batch.refused = batch.bytes.size();
  for (const Durable& durable : std::exchange(batch.waiting, {})) {
    durable(std::unexpected(error));
  }
}

/// Writes a batch however often it takes; what is appended meanwhile joins it. False: the store is
/// closing, and the disk still refuses.
bool JournalWriter::write_at_last(Batch& batch) {
  while (true) {
    const auto written = write(batch);
    std::unique_lock lock(mutex_);
    if (written) {
      failure_.reset();
      return true;
    }
    failure_ = written.error();
    batch.bytes += std::exchange(pending_.bytes, {});
    std::move(pending_.waiting.begin(), pending_.waiting.end(), std::back_inserter(batch.waiting));
    pending_.waiting.clear();
    batch.appended = appended_;
    lock.unlock();
    refuse_holds(batch, written.error());
    lock.lock();
    if (wake_.wait_for(lock, kRetry, [this] { return stopping_; })) {
      return false;
    }
  }
}

void JournalWriter::run() {
  name_this_thread("purser-journal");
  Batch batch;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      gather(lock);
      if (pending_.bytes.empty() && stopping_) {
        return;
      }
      std::swap(batch, pending_);
      batch.appended = appended_;
    }
    if (!batch.bytes.empty() && !write_at_last(batch)) {
      return;  // what was promised is on the disk; the rest was never acknowledged
    }
    for (const Durable& durable : batch.waiting) {
      durable({});
    }
    on_progress_({.mark = segment_.end(), .appended = batch.appended});
    batch.bytes.clear();
    batch.waiting.clear();
    batch.refused = 0;
    if (segment_.end().offset >= kSegmentBytes && sync()) {
      static_cast<void>(leave_segment(segment_.end()));  // no room now? tried again after a batch
    }
  }
}

}  // namespace purser
