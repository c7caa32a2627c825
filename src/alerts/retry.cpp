// alerts/retry.cpp — exponential back-off with jitter; patience has an end.
#include "alerts/retry.hpp"

#include <algorithm>

#include "base/invariant.hpp"

namespace purser {

Attempt::Result judge(int status) {
  if (status / 100 == 2) {
    return Attempt::Result::delivered;
  }
  switch (status) {
    case 400:  // Slack: invalid_payload
    case 413:
    case 422:
      return Attempt::Result::refused;
    default:  // 401, 403, 404, 410 too: an operator will mend the address or the secret
      return Attempt::Result::failed;
  }
}

std::chrono::milliseconds retry_pause(std::int64_t attempts, Seed& chance) {
  INVARIANT(attempts > 0, "a pause follows a try");
  const std::int64_t doublings = std::min<std::int64_t>(attempts - 1, 20);
  const std::int64_t whole = std::min(kRetryFirst.count() << doublings, kRetryLongest.count());
  const auto jitter = chance.below(static_cast<std::uint64_t>(whole / 2) + 1);
  return std::chrono::milliseconds(whole - static_cast<std::int64_t>(jitter));
}

std::string_view to_string(Delivery::State state) {
  switch (state) {
    case Delivery::State::waiting:
      return "waiting";
    case Delivery::State::delivered:
      return "delivered";
    case Delivery::State::given_up:
      return "given_up";
  }
  return "waiting";
}

Delivery after_attempt(Delivery delivery, const Attempt& attempt, Instant now,
                       std::chrono::nanoseconds give_up_after, Seed& chance) {
  INVARIANT(delivery.state == Delivery::State::waiting, "only what waits is tried");
  ++delivery.attempts;
  switch (attempt.result) {
    case Attempt::Result::delivered:
      delivery.state = Delivery::State::delivered;
      delivery.error.clear();
      return delivery;
    case Attempt::Result::refused:
      delivery.state = Delivery::State::given_up;
      delivery.error = attempt.said;
      return delivery;
    case Attempt::Result::failed:
      break;
  }
  delivery.error = attempt.said;
  if (now - delivery.queued_at >= give_up_after) {
    delivery.state = Delivery::State::given_up;
    return delivery;
  }
  const std::chrono::milliseconds asked =
      std::min<std::chrono::milliseconds>(attempt.retry_after, kRetryLongest);
  delivery.next_at = now + std::max(retry_pause(delivery.attempts, chance), asked);
  return delivery;
}

}  // namespace purser
