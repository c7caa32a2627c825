// store/replay.hpp — what the journal says at start: which calls are over, which were in flight.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/ledger_db.hpp"

namespace purser {

/// What stood in the segments, read in order.
struct Replayed {
  std::vector<ClosedCall> closed;    // over, and not yet in the database
  std::map<CallId, HoldEntry> open;  // held, and nothing more is known
  std::int64_t newest_segment = 0;   // 0: there is none
  std::uint64_t newest_end = 0;      // where its last whole record ends
  CallId last;                       // the largest call seen
};

/// Reads every segment. Settlements before `folded` are in the database already: they only end
/// their holds. Error (store) when a segment cannot be read, or a record in the middle is of a form
/// we do not know; a torn end is no error.
Result<Replayed> replay_journal(const std::filesystem::path& folder, Folded folded);

}  // namespace purser
