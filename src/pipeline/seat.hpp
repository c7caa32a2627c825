// pipeline/seat.hpp — a call's place in its session: found before it is judged, left when it is
// over.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "sessions/sessions.hpp"
#include "store/session_book.hpp"

namespace purser {

/// The sessions of the process behind their one lock, and those that were ended by hand in the
/// books: a restart does not let them go on.
struct SessionDesk {
  std::mutex mutex;
  Sessions sessions{SessionOptions{}};

  /// Ends of earlier starts, before any call.
  Result<void> open(const std::filesystem::path& folder, Instant now);
  /// Writes an end down; may wait for the disk.
  Result<void> keep(const EndedSession& ended);
  /// Writes when those that are ended were last asked for, now and then; may wait for the disk.
  Result<void> note_uses(Instant now);

 private:
  std::mutex writing_;  // never taken under `mutex`
  std::unique_ptr<SessionBook> book_;
};

/// What is done with a session that runs in circles, once that is beyond doubt. Before, and with
/// `warn`, it is only told of.
enum class LoopAction : std::uint8_t {
  off,   // not looked for
  warn,  // in headers and records
  land,  // the answer is to be the last
  deny,
};

/// What a whole session may be. Nothing: not bounded.
struct SessionCaps {
  std::optional<std::chrono::seconds> wall_time;
  std::optional<std::int64_t> at_once;  // calls in flight: how far it fans out
  std::optional<std::int64_t> depth;    // agents below agents
  std::optional<std::int64_t> tool_calls;

  bool any() const { return wall_time || at_once || depth || tool_calls; }
};

struct SessionPolicy {
  /// Where nothing names a session, the conversation itself is looked at.
  bool read_history = true;
  LoopAction loops = LoopAction::warn;
  SessionCaps caps = {};
};

/// A turn or a tool call that has begun, and ends when this goes: at what settle() says, or at
/// nothing.
class Seat {
 public:
  enum class Of : std::uint8_t { turn, tool_call };
  Seat(SessionDesk& desk, const Turn& turn, Of what) : desk_(desk), turn_(turn), what_(what) {}
  ~Seat();
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

  void settle(Amount cost, const Usage& usage, std::string_view response_id, Instant at);

 private:
  SessionDesk& desk_;
  Turn turn_;
  Of what_;
  Amount cost_;
  Usage usage_;
  std::string response_id_;
  Instant at_;
};

}  // namespace purser
