// bills/fixed_cost.cpp — month to days, days to names.
#include "bills/fixed_cost.hpp"

#include "bills/spread.hpp"

namespace purser {
namespace {

using std::chrono::days;

std::int64_t weight_of(SpreadBy by, const Weights& weights) {
  switch (by) {
    case SpreadBy::calls:
      return weights.calls;
    case SpreadBy::tokens:
      return weights.tokens;
    case SpreadBy::spend:
      return std::max<std::int64_t>(weights.spend.nanos(), 0);
  }
  return 0;
}

}  // namespace

Day day_of(Instant at) {
  return std::chrono::floor<days>(
      std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(at.nanos())));
}

Day day_from(Instant at) {
  return std::chrono::ceil<days>(
      std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(at.nanos())));
}

Amount cost_of_day(const FixedCost& cost, Day day) {
  if (day < cost.from || (cost.to && day > *cost.to)) {
    return {};
  }
  const std::chrono::year_month_day date(day);
  const std::chrono::year_month_day_last last(date.year() / date.month() / std::chrono::last);
  const std::vector<std::int64_t> even(static_cast<unsigned>(last.day()), 1);
  return spread(cost.usd, even)[static_cast<unsigned>(date.day()) - 1];
}

std::map<std::string, Amount> spread_over(const FixedCost& cost, const DayWeights& weights,
                                          Day since, Day until) {
  std::map<std::string, Amount> parts;
  until = cost.to ? std::min(until, *cost.to + days(1)) : until;
  for (Day day = std::max(since, cost.from); day < until; day += days(1)) {
    const Amount whole = cost_of_day(cost, day);
    const auto found = weights.find(day);
    std::vector<std::int64_t> shares;
    std::vector<const std::string*> names;
    if (found != weights.end()) {
      for (const auto& [name, of] : found->second) {
        shares.push_back(weight_of(cost.by, of));
        names.push_back(&name);
      }
    }
    const std::vector<Amount> spread_parts = spread(whole, shares);
    Amount given;
    for (std::size_t i = 0; i < names.size(); ++i) {
      parts[*names[i]] += spread_parts[i];
      given += spread_parts[i];
    }
    if (given < whole) {
      parts[{}] += whole - given;
    }
  }
  std::erase_if(parts, [](const auto& part) { return part.second == Amount(); });
  return parts;
}

}  // namespace purser
