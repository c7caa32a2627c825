// store/outbox.hpp — alerts that were told, and who still has to hear of them.
//
//   waiting ──record(delivered)──▶ delivered
//      │ ▲
//      │ └─record(waiting): tried, to be tried again
//      └───record(given_up), tell() on a full queue, keep_only() ──▶ given_up
//
// Invariants:
//   O1  an alert and its deliveries are written in one transaction: none is told by halves;
//   O2  a target's deliveries are handed out in the order they were written, one at a time.
// Not thread-safe: the sender's thread has one of its own.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alerts/alert.hpp"
#include "alerts/retry.hpp"
#include "base/result.hpp"
#include "store/sqlite.hpp"

namespace purser {

/// A target that was away for long does not get more than this: the oldest are given up for the
/// newest.
inline constexpr std::int64_t kWaitingMax = 10'000;

/// Alerts are kept this long, for `purser alerts list`.
inline constexpr std::chrono::days kAlertsKept{90};
/// The last of what still fires is kept longer: its recovery may come yet. But not for ever: the
/// accounts of windows long gone are never heard of again.
inline constexpr std::chrono::days kFiringKept{400};

class Outbox {
 public:
  /// Opens or makes the books' database in `folder`.
  static Result<std::unique_ptr<Outbox>> open(const std::filesystem::path& folder);

  /// What was last told of `key`.
  Result<std::optional<Alert>> last(std::string_view key) const;
  /// Keeps a new alert and queues it for `targets`. Returns it with its id.
  Result<Alert> tell(Alert alert, const std::vector<std::string>& targets);
  /// It fired again: its count.
  Result<void> count(const Alert& alert);
  /// Who was told that this key fires, since it began. Not those it was given up for.
  Result<std::vector<std::string>> told(std::string_view key, Instant since) const;

  struct Waiting {
    Delivery delivery;
    Alert alert;
  };
  /// The oldest that waits for `target`, of those behind `after`.
  Result<std::optional<Waiting>> head(std::string_view target, std::int64_t after) const;
  /// How a try went.
  Result<void> record(const Delivery& delivery);
  /// Gives up what waits for targets that there are no more.
  Result<void> keep_only(const std::vector<std::string>& targets);
  /// Forgets, at `at`, what is older than it is kept and nobody waits for.
  Result<void> forget(Instant at);

 private:
  explicit Outbox(Database database) : database_(std::move(database)) {}
  Result<void> insert_alert(const Alert& alert);
  Result<void> insert_delivery(const Alert& alert, const std::string& target);

  Database database_;
};

/// An alert and what became of it, for people.
struct AlertRow {
  Alert alert;
  struct Sent {
    std::string target;
    Delivery delivery;
  };
  std::vector<Sent> sent;
};
/// What was told since `since`, the newest first.
Result<std::vector<AlertRow>> list_alerts(const std::filesystem::path& folder, Instant since);

}  // namespace purser
