// base/instant.hpp — a point in time, handed in.
// Why: pure folders read no clock, so that whole days can be simulated from a seed.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace purser {

/// Nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted. Range: years 1678 to 2262.
class Instant {
 public:
  constexpr Instant() = default;
  static constexpr Instant from_nanos(std::int64_t nanos) { return Instant(nanos); }
  static constexpr Instant from_seconds(std::int64_t seconds) {
    return Instant(seconds * 1'000'000'000);
  }
  static constexpr Instant never() { return Instant(INT64_MAX); }
  constexpr std::int64_t nanos() const { return nanos_; }
  /// Whole seconds since 1970, rounded down.
  constexpr std::int64_t seconds() const {
    const std::int64_t whole = nanos_ / 1'000'000'000;
    return nanos_ % 1'000'000'000 < 0 ? whole - 1 : whole;
  }
  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Instant operator+(Instant at, std::chrono::nanoseconds later) {
    return Instant(at.nanos_ + later.count());
  }
  friend constexpr Instant operator-(Instant at, std::chrono::nanoseconds earlier) {
    return Instant(at.nanos_ - earlier.count());
  }
  friend constexpr std::chrono::nanoseconds operator-(Instant later, Instant earlier) {
    return std::chrono::nanoseconds(later.nanos_ - earlier.nanos_);
  }

 private:
  explicit constexpr Instant(std::int64_t nanos) : nanos_(nanos) {}
  std::int64_t nanos_ = 0;
};

/// "2026-11-23T18:30:00.123Z" (RFC 3339, UTC, milliseconds).
std::string to_rfc3339(Instant at);
void append_rfc3339(std::string& out, Instant at);

/// Reads "2026-11-23", "2026-11-23T18:30:00Z" or with fraction and offset (RFC 3339); a date alone
/// is midnight UTC. Nothing for anything else.
std::optional<Instant> parse_rfc3339(std::string_view text);

}  // namespace purser
