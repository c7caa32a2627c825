// dispatch/alert_desk.hpp — where anybody in the gateway says that something is wrong, or right
// again.
//
// raise() and recover() put a note under a short lock and return: no call ever waits for a disk or
// a webhook. One thread takes the notes, writes them with their deliveries (store/outbox.hpp) and
// sends. What is written is sent after any end, kill -9 too; what may be lost is what was noticed
// in the moment before it and not yet written: notes are taken at once after a quiet time, else
// twenty times a second. While the database refuses to be written, alerts are sent from memory:
// that it refuses is one of them.
//
// Each target has its own line, in order, one alert at a time: a slow one holds up nobody else, and
// one that comes back hears everything it missed. A target may hear an alert twice (the process
// ended between its answer and our note of it): alerts have ids.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "alerts/handover.hpp"
#include "base/seed.hpp"
#include "dispatch/outlet.hpp"

namespace purser {

/// What an operator decides about alerts.
struct AlertPolicy {
  std::vector<std::shared_ptr<const Outlet>> outlets;
  std::chrono::milliseconds repeat = std::chrono::hours(4);
  std::chrono::milliseconds give_up_after = std::chrono::hours(24);
};

struct AlertDeskOptions {
  std::filesystem::path folder;          // of the books
  std::function<Instant()> clock;        // asked on any thread
  std::function<void(std::string)> say;  // lines for the operator's log; on any thread
  Seed chance;                           // of the pauses between tries
};

class AlertSender;

class AlertDesk {
 public:
  /// Starts the thread; what an earlier process left undelivered is sent. Error (store): the books
  /// cannot be opened.
  static Result<std::unique_ptr<AlertDesk>> open(AlertDeskOptions options, AlertPolicy policy);
  /// Writes what was handed over, and lets tries under way end for a moment.
  ~AlertDesk();
  AlertDesk(const AlertDesk&) = delete;
  AlertDesk& operator=(const AlertDesk&) = delete;

  /// Something fires. Any thread; never waits. `at` is filled in when it says nothing. Calling it
  /// again and again while it lasts, on every refused call if need be, is fine: that is merged and
  /// counted, not told.
  void raise(Alert alert);
  /// What was raised under `key` is over. Nothing happens when nothing was.
  void recover(std::string_view key);
  /// From here on.
  void change(AlertPolicy policy);

  /// Since the start, for /metrics.
  struct Counts {
    std::int64_t told = 0;       // alerts and recoveries, after deduplication
    std::int64_t delivered = 0;  // to a target
    std::int64_t failed = 0;     // tries
    std::int64_t given_up = 0;   // deliveries
    std::int64_t dropped = 0;    // before they were written: too many at once
  };
  Counts counts() const;

 private:
  AlertDesk(AlertDeskOptions options, std::unique_ptr<AlertSender> sender);
  void hand_over(Alert alert);
  void take_over();  // on the sender's thread

  AlertDeskOptions options_;
  std::unique_ptr<AlertSender> sender_;
  mutable std::mutex mutex_;
  Handover handover_;  // under mutex_
  std::thread thread_;
};

}  // namespace purser
