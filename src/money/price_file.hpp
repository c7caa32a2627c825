// money/price_file.hpp — a file of prices/, read: docs/prices.md describes its rows.
// Decimals stand in quotes and are read digit by digit: no binary float ever touches a price.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "money/price_list.hpp"

namespace purser {

/// Error (config) names the row and what was expected.
Result<std::vector<PriceList>> read_price_file(std::string_view json);

/// "2.50" US dollars per million tokens → picodollars a token. At most six decimals.
Result<Rate> parse_rate_per_million(std::string_view text);

/// "1.1" → 11/10.
Result<Ratio> parse_ratio(std::string_view text);

/// No prompt and no answer is longer.
inline constexpr std::int64_t kTokensMax = 1'000'000'000;

/// No token costs more than this; what does is a mistake of units (price per million typed as
/// price per token).
inline constexpr Rate kRateMax{10'000'000'000};  // $10,000 a million

}  // namespace purser
