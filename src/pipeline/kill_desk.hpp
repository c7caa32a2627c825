// pipeline/kill_desk.hpp — kill switches in force on every core, a moment after they are thrown.
#pragma once

#include <memory>
#include <mutex>
#include <span>

#include "limits/kill.hpp"
#include "store/kills.hpp"

namespace purser {

struct Core;

/// The switches of the database, followed, and thrown. Any thread.
class KillDesk {
 public:
  /// Error when the database cannot be read: a gateway does not start without its switches.
  static Result<std::unique_ptr<KillDesk>> open(const std::filesystem::path& folder, Instant now);
  std::shared_ptr<const KillSet> kills() const;

  /// Looks whether switches were thrown or resumed by whomever, and tells the cores. Cheap when
  /// not.
  Result<void> look(std::span<Core* const> cores, Instant now);
  /// Throws a switch; in force everywhere for calls that come after the answer.
  Result<KillId> add(KillSwitch kill, std::span<Core* const> cores, Instant now);
  Result<std::vector<KillSwitch>> resume(const KillBook::Wanted& wanted, std::string_view who,
                                         std::span<Core* const> cores, Instant now);

 private:
  explicit KillDesk(std::unique_ptr<KillBook> book) : book_(std::move(book)) {}
  Result<void> look_locked(std::span<Core* const> cores, Instant now);

  mutable std::mutex mutex_;  // held while cores are told, so that the newest set arrives last
  std::unique_ptr<KillBook> book_;
  std::int64_t seen_ = -1;
  std::shared_ptr<const KillSet> kills_;
};

}  // namespace purser
