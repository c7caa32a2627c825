// store/journal_reader.hpp — the journal read forward, a piece at a time.
//
// Whoever folds a running journal says how far it is written; whoever opens it after a crash reads
// to its end. There a torn record is no damage: it was never acknowledged. Damage is what has whole
// records behind it: it is stepped over and counted, so that one bad sector costs what stood in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/journal.hpp"

namespace purser {

/// Behind everything there is.
inline constexpr JournalMark kJournalEnd{.segment = INT64_MAX, .offset = 0};

class JournalReader {
 public:
  JournalReader(std::filesystem::path folder, JournalMark from)
      : folder_(std::move(folder)), mark_(from) {}

  /// Payloads of the next records before `until`; none: there are no more. They live until the next
  /// read. Error (store): a segment cannot be read.
  Result<std::vector<std::string_view>> read(JournalMark until);

  /// Behind the last record read.
  JournalMark mark() const { return mark_; }
  /// Bytes that were stepped over.
  std::int64_t damaged() const { return damaged_; }

 private:
  Result<bool> next_segment(JournalMark until);

  std::filesystem::path folder_;
  JournalMark mark_;
  std::int64_t damaged_ = 0;
  std::string bytes_;
};

}  // namespace purser
