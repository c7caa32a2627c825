// limits/provider_gate.hpp — what one caller was told about a provider's pace, shared by all.
//
//            too fast, or nothing left                 its time is over
//   open ────────────────────────────────▶ closed ───────────────────────▶ opening
//     ▲                                      ▲  too fast again                │
//     │                                      └────────────────────────────────┤
//     └───────────────────────────────────────────────────────────────────────┘
//                 as many answers as make the window wide, or a minute
//
// Why a slow start: when a gate opens, everybody who waited is there at once, and would be refused
// at once. So a few go first, and each answer lets two more go: the number doubles with every
// round, as in TCP. Pure: time comes in.
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

class ProviderGate {
 public:
  /// One time that it opens. Calls of an earlier one say nothing about this one; 0: it was open.
  using Round = std::uint64_t;

  enum class Told : std::uint8_t { nothing_new, closed };

  /// An answer's word. Of two, the one that closes it for longer counts.
  Told hear(ToldPace told, Instant now);

  enum class State : std::uint8_t { open, closed, opening };
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
  void close(std::chrono::nanoseconds wait, Instant now);

  Instant closed_until_;
  std::int64_t window_ = 0;      // 0: open
  std::int64_t unanswered_ = 0;  // calls of this round
  Round round_ = 0;
  int refusals_ = 0;  // without a time, since it was last open
};

}  // namespace purser
