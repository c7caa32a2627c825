// store/history.hpp — what callers did before, hour by hour, for whoever learns from it.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "money/amount.hpp"

namespace purser {

/// One hour of one value of a label.
struct HourOfUse {
  Instant at;  // in the middle of the hour
  std::string_view value;
  std::int64_t calls = 0;
  Amount cost;
  Tokens tokens;
};

/// Every hour since `since` in which calls with the label were admitted, oldest first. `label` is a
/// column of calls: "user", "key" or "feature". Reads beside a running gateway.
Result<void> read_hours(const std::filesystem::path& folder, std::string_view label, Instant since,
                        const std::function<void(const HourOfUse&)>& take);

}  // namespace purser
