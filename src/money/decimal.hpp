// money/decimal.hpp — decimal text to whole numbers, digit by digit.
// Why: prices reach us as text. Read as a binary float, 2.5e-06 is no longer what was written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace purser {

/// `text` × 10^`shift` for a decimal that is not negative ("2.5", "0.0000025", "2.5e-06"); nothing
/// for anything else, for what is not whole then, and for what has more than 18 digits.
std::optional<std::int64_t> exact_decimal(std::string_view text, int shift);

/// `value` / 10^`places` with no more digits than it needs: (2'500'000, 6) → "2.5".
std::string decimal_text(std::int64_t value, int places);

}  // namespace purser
