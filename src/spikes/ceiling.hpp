// spikes/ceiling.hpp — how much of a quantity is still in line with a subject's own past.
#pragma once

#include <array>

#include "spikes/baseline.hpp"
#include "spikes/load.hpp"

namespace purser {

/// An amount of each quantity.
struct Amounts {
  double calls = 0;
  double spend_nanos = 0;
  double tokens = 0;
  constexpr double of(Quantity quantity) const {
    return quantity == Quantity::calls ? calls : quantity == Quantity::spend ? spend_nanos : tokens;
  }
};

struct SpikeOptions {
  /// How many times the busiest hour of a usual day is out of line; likewise of a whole day. Lower,
  /// and month's ends and subjects that double every week begin to fire; higher, and ten calls a
  /// day that become a thousand an hour are not always caught within the first fifty.
  double sensitivity = 3.6;
  /// A subject that strays more is given more: this many of its own standard deviations on top.
  /// However unsteady it is, `sensitivity_max` times the usual is out of line.
  double deviations = 1.5;
  double sensitivity_max = 10;
  /// What nobody needs to hear of, in an hour; of a day, twice as much. 30 calls keep a subject of
  /// ten calls a day inside the first 50 calls of a burst.
  Amounts least{.calls = 30, .spend_nanos = 2e9, .tokens = 1e6};
  /// What a subject without a past may do in an hour, and all day long in every hour. With four
  /// days of past (Baseline::days_of_past) that counts alone; until then, the two are mixed.
  Amounts newcomer{.calls = 2000, .spend_nanos = 50e9, .tokens = 50e6};
  /// While spiking, calls are let through at this many times the usual busy hour …
  double multiple = 2;
  /// … but not slower than this, so that people are slowed down and not locked out; and as many at
  /// once.
  double calls_an_hour_least = 12;
  double calls_at_once = 4;
  /// `observe` reports what it would have throttled, and admits.
  enum class Act : std::uint8_t { throttle, observe } act = Act::throttle;
  /// In line again for this long: released. And for as long after that, `released` is told.
  std::int64_t hold_seconds = 30 * 60;
  /// More subjects than this, and the one not seen for longest is forgotten: about 1 KB each.
  std::size_t subjects_max = 20'000;
};

/// Which stretch of time is out of line.
enum class Stretch : std::uint8_t {
  hour,        // more than `sensitivity` busy hours in one
  quiet_hour,  // too much for this hour of the day, on a day that already carries too much
  day,         // more than `sensitivity` days in one
};
constexpr std::string_view to_string(Stretch span) {
  return span == Stretch::hour ? "hour" : span == Stretch::quiet_hour ? "quiet hour" : "day";
}

/// The most of one quantity that is in line, as long as the hour of the clock stays the same.
struct Ceiling {
  float hour = 0;
  float day = 0;
  /// For a quiet hour: both must be exceeded.
  float quiet_hour = 0;
  float quiet_hour_day = 0;
};
using Ceilings = std::array<Ceiling, kQuantities>;

/// `peers` is what the busiest hours of the busier subjects of its kind carry, zero if unknown.
Ceilings ceilings(const Baseline& baseline, const SpikeOptions& options, const Amounts& peers);

}  // namespace purser
