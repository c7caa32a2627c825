// app/lookout.hpp — what operators are told of the gateway itself, and of what nobody calls for.
#pragma once

#include <filesystem>
#include <memory>

#include "limits/calendar.hpp"
#include "pipeline/services.hpp"

namespace purser {

/// Looks now and then; tells of changes only. The main thread's, but for what says so.
class Lookout {
 public:
  /// The books have just been opened.
  explicit Lookout(Services& services);

  /// The books cannot be written, or can again.
  void look_at_books(const std::filesystem::path& folder);
  /// Kill switches thrown or resumed since the last look, by whomever.
  void look_at_kills(const Calendar& calendar);
  /// Spikes of callers that have gone silent are over.
  void look_at_spikes();
  /// Everybody's last weeks, read beside the calls that come in meanwhile: until they are known,
  /// nobody is out of line but for what a newcomer would be. Takes a while; any thread.
  Result<void> learn_what_is_usual(const std::filesystem::path& folder, Instant now);

 private:
  Services& services_;
  bool books_failed_ = false;
  std::shared_ptr<const KillSet> told_kills_;
};

}  // namespace purser
