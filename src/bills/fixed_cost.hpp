// bills/fixed_cost.hpp — what is paid by the month whoever calls: a server, a subscription. A
// month's amount is spread over its days, a day's over those who called on it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "limits/match.hpp"
#include "money/amount.hpp"

namespace purser {

using Day = std::chrono::sys_days;

enum class SpreadBy : std::uint8_t { calls, tokens, spend };

struct FixedCost {
  std::string name;
  Amount usd;             // of a whole month
  Day from;               // the first day it is paid for
  std::optional<Day> to;  // the last one; nothing: it goes on
  SpreadBy by = SpreadBy::calls;
  Match over;  // whose calls carry it
};

/// What a day costs: a part of its month's amount, and all days of a month make it whole. Nothing
/// before the first and behind the last day.
Amount cost_of_day(const FixedCost& cost, Day day);

/// What calls of one name and one day weigh.
struct Weights {
  std::int64_t calls = 0;
  std::int64_t tokens = 0;
  Amount spend;
};
/// By what the calls are named in a report: a user, a team.
using DayWeights = std::map<Day, std::map<std::string, Weights>>;

/// Each name's part of the cost of the days in [since, until). A day on which nobody called, or all
/// calls weigh nothing, is nobody's: it goes to the empty name.
std::map<std::string, Amount> spread_over(const FixedCost& cost, const DayWeights& weights,
                                          Day since, Day until);

/// The day (UTC) of a moment; and the first day that does not begin before it.
Day day_of(Instant at);
Day day_from(Instant at);

}  // namespace purser
