// store/session_book.hpp — sessions that were ended by hand, for the next start.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "sessions/ended.hpp"
#include "store/sqlite.hpp"

namespace purser {

/// One thread at a time.
class SessionBook {
 public:
  static Result<std::unique_ptr<SessionBook>> open(const std::filesystem::path& folder);

  /// On disk when this returns. One that is ended again is written anew.
  Result<void> add(const EndedSession& ended);
  /// Calls of them came meanwhile; whoever was not asked for since `since` is forgotten.
  Result<void> note(std::span<const EndedUse> uses, Instant since);
  /// Those asked for since then, the one used first first.
  Result<std::vector<EndedSession>> read(Instant since) const;

 private:
  explicit SessionBook(Database database) : database_(std::move(database)) {}
  Result<void> note_inside(std::span<const EndedUse> uses, Instant since) const;
  Database database_;
};

}  // namespace purser
