// store/store.hpp — where the books live: a checksummed journal in front of one SQLite file.
//
// A hold or an outcome is appended to the journal (a memcpy under a short lock). One thread writes
// and syncs whole batches (group commit). Another reads the journal after it and folds what is
// closed into SQLite, a transaction a batch, so that no call ever waits for the database. At start
// the journal is folded the same way; a hold without an outcome is settled at its worst case and
// marked presumed.
//
// Invariants (docs/invariants.md):
//   S1  with Durability::strict, on_durable runs only after the hold is on disk (fdatasync);
//   S2  a call is folded exactly once: its id is the row's key, and a call that has a row is not
//       posted again;
//   S3  a torn tail (kill -9, power) is cut at the first bad checksum; nothing behind it was ever
//       acknowledged as durable;
//   S4  account balances are kept in the same transaction as the entries they sum;
//   S5  a segment goes only when its settlements are rows and its open holds are carried, on disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ledger/entry.hpp"

namespace purser {

enum class Durability : std::uint8_t {
  strict,   // a hold is on disk before the call leaves
  relaxed,  // written soon after: a crash of the machine (not of the process) may lose the last
            // ones
};

struct StoreOptions {
  std::filesystem::path folder;  // purser.db and journal-*.log live here; made when absent
  Durability durability = Durability::strict;
};

/// What replaying found at start.
struct Recovered {
  std::uint64_t calls = 0;     // rows in the ledger
  std::uint64_t presumed = 0;  // calls in flight at the crash, settled at their hold
  CallId next_call;            // the first id not yet used
  /// Of the journal, beyond a torn end: what stood there is lost.
  std::int64_t damaged_bytes = 0;
};

class Store {
 public:
  /// Opens or makes the books, replays the journal, settles what was in flight. Error (store) when
  /// the folder is locked by another process, unreadable, or of a newer format.
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options, Instant now,
                                             Recovered& recovered);
  virtual ~Store() = default;

  /// Appends a hold. `on_durable` runs on the writer thread once it may leave (at once, on the
  /// calling thread, when relaxed); it must not block. An Error means the books cannot be written:
  /// the call must not leave.
  virtual void hold(const HoldEntry& entry, std::function<void(Result<void>)> on_durable) = 0;
  /// Appends an outcome: durable soon (the next batch), not waited for.
  virtual void settle(const SettleEntry& entry) = 0;

  /// Everything appended so far is in SQLite when this returns: for reports, tests and shutdown.
  virtual Result<void> fold() = 0;
  /// Bytes of journal not yet folded, batches synced, and the slowest sync: for /metrics.
  struct Health {
    std::uint64_t journal_bytes = 0;
    std::uint64_t syncs = 0;
    std::int64_t sync_us_max = 0;
    bool failed = false;  // the disk refused a write: no call may leave any more
  };
  virtual Health health() const = 0;
};

}  // namespace purser
