// routing/breaker.hpp — a provider that fails call after call is left alone for a while.
//
//   closed ── so many failures in a row ──▶ open ── its rest is over ──▶ one call goes and looks
//   … answered ──▶ closed        … failed ──▶ open, for twice as long
//
// What is a failure: no answer, or one that says the provider is broken or overloaded. A 4xx about
// the call itself is an answer.
//
// Pure: time comes in.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/instant.hpp"

namespace purser {

/// `providers.*.breaker` in the configuration.
struct BreakerRules {
  std::int64_t failures = 10;            // in a row; 0: never
  std::chrono::milliseconds rest{5000};  // doubled with every look that fails, to kRestMax
};
inline constexpr std::chrono::milliseconds kRestMax{60'000};
/// A call that looks whether the provider is back and never says: another may look after this.
inline constexpr std::chrono::seconds kLookMax{30};

class Breaker {
 public:
  /// Whether a call may go now. The one that is let through an open breaker looks for all.
  bool may_go(Instant now);
  /// Whether one may, without going.
  bool is_open(Instant now) const { return rest_.count() > 0 && now < look_at_; }
  /// When the next may look; the past when it is closed.
  Instant look_at() const { return rest_.count() > 0 ? look_at_ : Instant(); }

  enum class Turned : std::uint8_t { nothing, opened, closed };
  Turned answered();
  Turned failed(const BreakerRules& rules, Instant now);

 private:
  std::int64_t in_a_row_ = 0;
  std::chrono::milliseconds rest_{0};  // 0: closed
  Instant look_at_;
  bool looking_ = false;
};

}  // namespace purser
