// alerts/retry.hpp — when a delivery is tried again, and when no more.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/instant.hpp"
#include "base/seed.hpp"

namespace purser {

/// What came of one try.
struct Attempt {
  enum class Result : std::uint8_t {
    delivered,
    failed,   // may work later: not reached, too slow, overloaded, not set up yet
    refused,  // this very message will never be taken: it must not stand in the way of others
  };
  Result result = Result::failed;
  std::string said;                     // "200", "503: try later", "it took too long": for people
  std::chrono::seconds retry_after{0};  // as the target asked for
};

/// What an HTTP status means for the message that got it.
Attempt::Result judge(int status);

/// The first pause: a deployment's blip is over by then.
inline constexpr std::chrono::milliseconds kRetryFirst{1000};
/// The longest: a target that comes back gets what it missed within minutes.
inline constexpr std::chrono::milliseconds kRetryLongest{5 * 60 * 1000};

/// How long to wait after `attempts` tries have failed: doubling, and between half of that and all
/// of it by chance, so that many gateways do not come back at one moment.
std::chrono::milliseconds retry_pause(std::int64_t attempts, Seed& chance);

/// One alert on its way to one target.
struct Delivery {
  enum class State : std::uint8_t { waiting, delivered, given_up };
  std::int64_t id = 0;
  State state = State::waiting;
  Instant queued_at;
  std::int64_t attempts = 0;
  Instant next_at;
  std::string error;  // of the last try, or why it was given up
};

std::string_view to_string(Delivery::State state);

/// The delivery after a try that ended at `now`. Given up when it has waited `give_up_after`.
Delivery after_attempt(Delivery delivery, const Attempt& attempt, Instant now,
                       std::chrono::nanoseconds give_up_after, Seed& chance);

}  // namespace purser
