// routing/breaker.cpp — closed, open, and one call that looks.
#include "routing/breaker.hpp"

#include <algorithm>

namespace purser {

bool Breaker::may_go(Instant now) {
  if (rest_.count() == 0) {
    return true;
  }
  if (now < look_at_) {
    return false;
  }
  looking_ = true;
  look_at_ = now + kLookMax;
  return true;
}

Breaker::Turned Breaker::answered() {
  in_a_row_ = 0;
  if (rest_.count() == 0) {
    return Turned::nothing;
  }
  rest_ = {};
  looking_ = false;
  return Turned::closed;
}

Breaker::Turned Breaker::failed(const BreakerRules& rules, Instant now) {
  ++in_a_row_;
  if (rules.failures == 0 || in_a_row_ < rules.failures) {
    return Turned::nothing;
  }
  const bool was_closed = rest_.count() == 0;
  if (!was_closed && !looking_) {
    return Turned::nothing;  // it left before the breaker opened: its rest begins but once
  }
  looking_ = false;
  rest_ = was_closed ? rules.rest : std::min(2 * rest_, kRestMax);
  look_at_ = now + rest_;
  return was_closed ? Turned::opened : Turned::nothing;
}

}  // namespace purser
