// app/config_infrastructure.cpp — one mapping a fixed cost.
#include "app/config_infrastructure.hpp"

#include <algorithm>

#include "app/config_limits.hpp"
#include "app/quantity.hpp"

namespace purser {
namespace {

/// More than a company pays for all of its machines.
constexpr Amount kMonthlyMax = Amount::from_dollars(10'000'000);

Result<Amount> parse_monthly(std::string_view text) {
  const auto amount = parse_dollars(text);
  if (!amount || *amount < Amount() || *amount > kMonthlyMax) {
    return fail(Fault::config, "expected dollars a month from 0 to " + to_dollars(kMonthlyMax));
  }
  return *amount;
}

Result<Day> parse_day(std::string_view text) {
  const auto at = text.size() == 10 ? parse_rfc3339(text) : std::nullopt;
  if (!at) {
    return fail(Fault::config, "expected a date such as 2026-11-01, got \"" +
                                   std::string(text.substr(0, 60)) + "\"");
  }
  return day_of(*at);
}

}  // namespace

void read_infrastructure(Section& root, Config& config) {
  root.sections("infrastructure", [&](Section& section) {
    FixedCost cost;
    section.scalar("name", cost.name, parse_text);
    section.scalar("usd", cost.usd, parse_monthly);
    section.scalar("from", cost.from, parse_day);
    section.scalar("to", cost.to, parse_day);
    section.choice(
        "spread_by", cost.by,
        {{"calls", SpreadBy::calls}, {"tokens", SpreadBy::tokens}, {"spend", SpreadBy::spend}});
    section.section("over", [&](Section& over) { read_match(over, cost.over); });
    for (const char* key : {"name", "usd", "from"}) {
      if (!section.has(key)) {
        section.reject(key, std::string(key) +
                                " is missing: a fixed cost has a name, usd a month, "
                                "and the date it is paid from");
      }
    }
    if (cost.to && *cost.to < cost.from) {
      section.reject("to", "to lies before from: it would never be paid");
    }
    if (std::ranges::find(config.infrastructure, cost.name, &FixedCost::name) !=
        config.infrastructure.end()) {
      section.reject("name", "another fixed cost has this name");
    }
    config.infrastructure.push_back(std::move(cost));
  });
}

}  // namespace purser
