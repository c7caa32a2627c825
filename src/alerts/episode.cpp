// alerts/episode.cpp — the diagram of the header, in code.
#include "alerts/episode.hpp"

#include <algorithm>

#include "base/invariant.hpp"

namespace purser {

Decision on_fire(const std::optional<Alert>& last, Alert raised, std::chrono::nanoseconds repeat) {
  INVARIANT(raised.count > 0, "what fires has fired at least once");
  raised.state = AlertState::firing;
  if (!last || last->state == AlertState::recovered) {
    raised.since = raised.at;
    return {.what = Decision::What::tell, .alert = std::move(raised)};
  }
  INVARIANT(last->key == raised.key, "an alert is compared with what was told of the same key");
  const bool worse = raised.severity > last->severity;
  const bool due = raised.at - last->at >= repeat;
  raised.since = last->since;
  raised.count += last->count;
  raised.severity = std::max(raised.severity, last->severity);
  if (worse || due) {
    return {.what = Decision::What::tell, .alert = std::move(raised)};
  }
  Alert counted = *last;
  counted.count = raised.count;
  return {.what = Decision::What::count, .alert = std::move(counted)};
}

Decision on_recover(const std::optional<Alert>& last, Instant at) {
  if (!last || last->state == AlertState::recovered) {
    return {};
  }
  Alert recovered = *last;
  recovered.id = 0;
  recovered.state = AlertState::recovered;
  recovered.at = at;
  if (!recovered.text.empty()) {
    recovered.text.insert(0, "Over: ");  // the sentence says what was wrong, not what is
  }
  return {.what = Decision::What::tell, .alert = std::move(recovered)};
}

}  // namespace purser
