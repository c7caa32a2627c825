// money/builtin_prices.hpp — the files of prices/, carried inside the binary.
#pragma once

#include <vector>

#include "money/price_book.hpp"

namespace purser {

/// In the order in which they are to be read.
const std::vector<PriceBook::File>& builtin_prices();

}  // namespace purser
