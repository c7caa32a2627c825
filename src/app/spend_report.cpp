// app/spend_report.cpp — calls summed by SQL, fixed costs spread by what each call weighs.
#include "app/spend_report.hpp"

#include <algorithm>
#include <map>

#include "store/spend_rows.hpp"

namespace purser {
namespace {

constexpr std::string_view kInfrastructure = kBuckets[2];

/// The labels of a caller, as reports name them.
constexpr std::array kCallerLabels{Label::user,    Label::tier, Label::team,    Label::feature,
                                   Label::session, Label::key,  Label::priority};

/// How fixed costs are named in a report by this.
std::optional<Label> label_of(std::string_view by) {
  for (const Label label : kCallerLabels) {
    if (to_string(label) == by) {
      return label;
    }
  }
  return std::nullopt;
}

struct Days {
  Day since;
  Day until;
};

/// The whole days asked for, of those that have begun and any fixed cost is paid for.
Days days_of(const Config& config, const SpendQuestion& asked, Instant now) {
  Days days{.since = day_from(asked.since),
            .until = std::min(day_from(asked.until), day_of(now) + std::chrono::days(1))};
  Day first = days.until;
  for (const FixedCost& cost : config.infrastructure) {
    first = std::min(first, cost.from);
  }
  days.since = std::max(days.since, first);
  return days;
}

Instant midnight(Day day) {
  return Instant::from_seconds(
      std::chrono::duration_cast<std::chrono::seconds>(day.time_since_epoch()).count());
}

/// What the callers of every day weigh, for each fixed cost.
Result<std::vector<DayWeights>> weigh(const Config& config, std::optional<Label> label, Days days) {
  std::vector<DayWeights> weights(config.infrastructure.size());
  const auto read = read_spend(
      config.data, midnight(days.since), midnight(days.until), [&](const SpendRow& call) {
        const Facts facts{.caller = call.caller,
                          .provider = call.provider,
                          .model = call.model,
                          .dialect = call.dialect};
        for (std::size_t i = 0; i < weights.size(); ++i) {
          if (meets(config.infrastructure[i].over, facts)) {
            const std::string name(label ? value_of(*label, {}, facts) : std::string_view());
            Weights& of = weights[i][day_of(call.at)][name];
            ++of.calls;
            of.tokens += call.tokens;
            of.spend += call.cost;
          }
        }
      });
  return read ? Result<std::vector<DayWeights>>(std::move(weights)) : std::unexpected(read.error());
}

std::string to_text(Day day) {
  return to_rfc3339(midnight(day)).substr(0, 10);
}

using Parts = std::map<std::string, Amount>;

/// Day by day, whoever calls.
void add_days(const FixedCost& cost, Days days, Parts& parts) {
  for (Day day = days.since; day < days.until; day += std::chrono::days(1)) {
    if (const Amount part = cost_of_day(cost, day); part != Amount()) {
      parts[to_text(day)] += part;
    }
  }
}

Result<Parts> spread_all(const Config& config, std::string_view by, Days days) {
  Parts parts;
  const auto label = label_of(by);
  const auto weights = label && days.since < days.until
                           ? weigh(config, label, days)
                           : std::vector<DayWeights>(config.infrastructure.size());
  if (!weights) {
    return std::unexpected(weights.error());
  }
  for (std::size_t i = 0; i < config.infrastructure.size(); ++i) {
    const FixedCost& cost = config.infrastructure[i];
    if (by == "day") {
      add_days(cost, days, parts);
      continue;
    }
    const std::string whole(by == "model" ? cost.name : kInfrastructure);
    for (const auto& [name, part] : spread_over(cost, (*weights)[i], days.since, days.until)) {
      parts[label ? name : whole] += part;
    }
  }
  return parts;
}

void add(std::vector<SpendLine>& lines, const Parts& parts) {
  for (const auto& [name, part] : parts) {
    auto line = std::ranges::find(lines, name, [](const SpendLine& each) { return each.row.name; });
    if (line == lines.end()) {
      line = lines.insert(lines.end(), SpendLine());
      line->row.name = name;
    }
    line->row.cost += part;
    line->infrastructure += part;
  }
  std::ranges::sort(lines, [](const SpendLine& a, const SpendLine& b) {
    return a.row.cost != b.row.cost ? a.row.cost > b.row.cost : a.row.name < b.row.name;
  });
}

}  // namespace

Result<std::vector<SpendLine>> report_spend(const Config& config, const SpendQuestion& asked,
                                            Instant now) {
  std::vector<SpendLine> lines;
  if (asked.bucket != kInfrastructure) {
    auto rows = report(config.data, asked.by, asked.since, asked.until, asked.bucket);
    if (!rows) {
      return std::unexpected(rows.error());
    }
    for (ReportRow& row : *rows) {
      lines.push_back({.row = std::move(row), .infrastructure = {}});
    }
  }
  if (!config.infrastructure.empty() && (asked.bucket.empty() || asked.bucket == kInfrastructure)) {
    const auto parts = spread_all(config, asked.by, days_of(config, asked, now));
    if (!parts) {
      return std::unexpected(parts.error());
    }
    add(lines, *parts);
  }
  return lines;
}

}  // namespace purser
