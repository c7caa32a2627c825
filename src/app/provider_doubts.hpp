// app/provider_doubts.hpp — what is probably not meant about providers, though it can be done.
#pragma once

#include <string>
#include <vector>

#include "app/config.hpp"
#include "money/price_book.hpp"

namespace purser {

/// A provider without a key, models it is asked for that have no price, and models that another one
/// is asked for before it. A line each.
std::vector<std::string> provider_doubts(const Config& config, const PriceBook& prices);

}  // namespace purser
