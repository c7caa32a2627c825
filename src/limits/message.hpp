// limits/message.hpp — an operator's own words for a refusal, with figures filled in.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace purser {

/// What a message may contain in braces. A brace that opens must begin one of these.
inline constexpr std::array<std::string_view, 9> kPlaceholders{
    "limit", "max", "used", "left", "held", "resets_at", "subject", "tier", "window"};

/// Error (config) says which placeholder does not exist, or is not closed.
Result<void> check_message(std::string_view text);

/// The text with `values[i]` for the i-th of kPlaceholders. INVARIANT: it was checked.
std::string fill_message(std::string_view text,
                         const std::array<std::string, kPlaceholders.size()>& values);

}  // namespace purser
