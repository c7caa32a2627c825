// limits/provider_gate.hpp — what one caller was told about a provider's pace, shared by all.
//
//   open ── refused, not told until when ──▶ doubted ── an answer, or ten seconds ──▶ open
//   doubted ── refused three times in a row ──▶ closed
//   any ── told until when ──▶ closed ── its time is over, or a probe was answered ──▶ opening
//   opening ── as many answers as make the window wide, or five seconds ──▶ open
//
// Why doubt: a provider that knows its limits says when it will take calls again, and that holds
// for all. A bare 429 may be about the one call, or a hiccup: were all to wait for each, a
// hundredth of such answers would stop a provider that keeps up. Three, and no answer between them,
// are not.
//
// Why a slow start: when a gate opens, everybody who waited is there at once, and would be refused
// at once. So a few go first, and each answer lets two more go: the number doubles with every
// round, as in TCP. A refusal comes at once and an answer may take a minute, so every second
// without a refusal doubles it, too.
//
// Why probes: the time that was told may be wrong, or meant for a much larger call than the others.
// So every few seconds one goes and asks.
//
// Pure: time comes in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/instant.hpp"
#include "call/told_pace.hpp"

namespace purser {

/// A provider that says "come back in an hour" is asked again after this: limits of a minute are
/// the longest that pace knows, and a mistaken header must not stop a provider for long.
inline constexpr std::chrono::seconds kGateClosedMax{60};
/// One call goes through a closed gate this often: so long a word that is wrong holds at most.
inline constexpr std::chrono::seconds kProbeEvery{5};

class ProviderGate {
 public:
  /// A stretch of time in which answers are looked at: calls that left in an earlier one say
  /// nothing about this one. 0: nobody looked.
  using Round = std::uint64_t;

  enum class Told : std::uint8_t { nothing_new, closed };

  /// An answer's word. Of two, the one that closes it for longer counts.
  Told hear(ToldPace told, Instant now);

  enum class State : std::uint8_t { open, doubted, closed, opening };
  State state(Instant now) const;
  /// When it begins to open; the past when it is not closed.
  Instant closed_until() const { return closed_until_; }

  /// How many calls may leave now: those that wait for their answer to begin take up its window.
  std::int64_t room(Instant now) const;
  /// A call leaves, having looked for room; its end is told by one of the next two, with this.
  Round left(Instant now);
  /// Its answer began, and does not refuse it for its pace: the window grows.
  void answered(Round round);
  /// There was no such answer.
  void ended(Round round);

 private:
  void begin_round();
  void close(std::chrono::nanoseconds wait, Instant now);

  Instant closed_until_;
  Instant probe_at_;  // while it is closed: when the next call may go
  std::optional<Instant> probe_left_;
  std::int64_t window_ = 0;      // 0: it was never closed, or is wide open again
  std::int64_t unanswered_ = 0;  // calls of this round
  Round round_ = 0;
  int refusals_ = 0;  // without a time, and without an answer between them
  Instant refused_at_;
};

}  // namespace purser
