// store/fold.hpp — the journal read forward into the database; at start and ever after the same.
//
//   journal ──read──▶ open holds ──outcome──▶ closed ──one transaction──▶ rows, balances, mark
//
// A segment can go once the mark has left it: its settlements are rows, and its holds that are
// still open were carried into the table `held` by the transaction that moved the mark on.
#pragma once

#include <unordered_map>
#include <vector>

#include "store/journal_reader.hpp"
#include "store/ledger_db.hpp"

namespace purser {

class Fold {
 public:
  /// Continues where the database says the last fold ended.
  static Result<Fold> open(const std::filesystem::path& folder);

  /// Everything in the journal before `until` is in the database when this returns. After an Error
  /// it may be called again, and continues.
  Result<void> advance(JournalMark until);

  /// Settles every open hold at its worst, for a journal that nobody writes any more; returns how
  /// many. The mark moves on to a new segment, whose number is mark().segment.
  Result<std::uint64_t> presume_open(Instant now);

  JournalMark mark() const { return mark_; }
  std::int64_t damaged() const { return reader_.damaged(); }
  /// The largest call seen in the journal since open().
  CallId last() const { return last_; }
  const LedgerDb& ledger() const { return ledger_; }

 private:
  struct Open {
    std::string hold;
    bool carried = false;
  };

  Fold(std::filesystem::path folder, LedgerDb ledger, JournalMark mark)
      : folder_(std::move(folder)),
        ledger_(std::move(ledger)),
        reader_(folder_, mark),
        mark_(mark) {}
  Result<void> take(std::string_view payload);
  Result<void> commit(JournalMark mark);
  void remove_old_segments() const;

  std::filesystem::path folder_;
  LedgerDb ledger_;
  JournalReader reader_;
  JournalMark mark_;  // of the last commit
  std::unordered_map<CallId, Open> open_;
  std::vector<ClosedCall> closed_;  // views into what the reader read last
  CallId last_;
};

}  // namespace purser
