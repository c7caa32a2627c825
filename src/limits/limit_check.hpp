// limits/limit_check.hpp — what a limit must be before it is taken on.
#pragma once

#include "base/result.hpp"
#include "limits/rule.hpp"

namespace purser {

/// Error (config) says what is wrong with it, by itself.
Result<void> check_limit(const Limit& limit);

/// Error (config) when a tier has two entries, inherits from one that is not there, or from itself.
Result<void> check_tiers(const std::vector<Tier>& tiers);

/// The tiers whose limits `tier` takes, nearest first: itself, whom it inherits from, and so on.
std::vector<std::string> lineage(const std::vector<Tier>& tiers, std::string_view tier);

}  // namespace purser
