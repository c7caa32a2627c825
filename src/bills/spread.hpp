// bills/spread.hpp — an amount cut into parts that add up to it, to the nanodollar.
// Why: a month's server divided by thirty and by everybody's share rounds; what is lost or gained
// on the way would be nobody's money.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "money/amount.hpp"

namespace purser {

/// One part for each weight, in its proportion: each is its exact share rounded down or up, the
/// largest remainders up, and of equal ones the first. `whole` is not negative, nor is a weight;
/// where all of them are zero, so are the parts.
std::vector<Amount> spread(Amount whole, std::span<const std::int64_t> weights);

}  // namespace purser
