// alerts/handover.cpp — merging what says the same.
#include "alerts/handover.hpp"

#include <algorithm>
#include <utility>

namespace purser {

void Handover::add(Alert alert) {
  const auto known = last_.find(alert.key);
  if (known != last_.end() && waiting_[known->second].state == alert.state) {
    Alert& waiting = waiting_[known->second];
    const std::int64_t count = waiting.count + alert.count;
    const Severity worst = std::max(waiting.severity, alert.severity);
    waiting = std::move(alert);  // the newest numbers
    waiting.count = count;
    waiting.severity = worst;
    return;
  }
  const std::size_t room = alert.state == AlertState::firing ? kHandoverMax : 2 * kHandoverMax;
  if (waiting_.size() >= room) {
    ++dropped_;
    return;
  }
  last_[alert.key] = waiting_.size();
  waiting_.push_back(std::move(alert));
}

std::vector<Alert> Handover::take() {
  last_.clear();
  return std::exchange(waiting_, {});
}

}  // namespace purser
