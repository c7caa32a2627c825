// app/spend_report.hpp — what a report shows: calls by a label, and beside them the fixed costs
// that their callers carry.
#pragma once

#include <string>
#include <vector>

#include "app/config.hpp"
#include "base/result.hpp"
#include "store/reports.hpp"

namespace purser {

/// What kind of spend, as reports name it; the first two are kinds of calls.
inline constexpr std::array<std::string_view, 3> kBuckets{"model", "tool and vendor",
                                                          "infrastructure"};

struct SpendQuestion {
  std::string by = "user";
  std::string bucket;  // empty: all of them
  Instant since;
  Instant until = Instant::never();
};

/// A row, and how much of its cost is infrastructure.
struct SpendLine {
  ReportRow row;
  Amount infrastructure;
};

/// The dearest first. A month's fixed cost is spread over the days (UTC) that have begun, and each
/// day's over those who called on it. By model, each fixed cost is a row of its own name; by
/// provider, outcome and bucket they are all one.
Result<std::vector<SpendLine>> report_spend(const Config& config, const SpendQuestion& asked,
                                            Instant now);

}  // namespace purser
