// alerts/target.cpp — who is told what.
#include "alerts/target.hpp"

#include <algorithm>

namespace purser {

std::string_view way_of(const AlertTarget& target) {
  return std::holds_alternative<Webhook>(target.way) ? "webhook" : "command";
}

Wanted wants(const AlertTarget& target, const Alert& alert) {
  const bool kind =
      target.match.empty() || std::ranges::find(target.match, alert.kind) != target.match.end();
  return kind && alert.severity >= target.severity_min ? Wanted::yes : Wanted::no;
}

}  // namespace purser
