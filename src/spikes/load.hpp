// spikes/load.hpp — what is watched of a subject: calls, spend and tokens.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/strong.hpp"
#include "money/amount.hpp"

namespace purser {

enum class Quantity : std::uint8_t { calls, spend, tokens };
inline constexpr std::size_t kQuantities = 3;
inline constexpr std::array<Quantity, kQuantities> kEveryQuantity{Quantity::calls, Quantity::spend,
                                                                  Quantity::tokens};
constexpr std::string_view to_string(Quantity quantity) {
  constexpr std::array<std::string_view, kQuantities> kNames{"calls", "spend", "tokens"};
  return kNames[static_cast<std::size_t>(quantity)];
}

/// What came in at one moment. A call is seen when it is admitted, its spend and tokens when it is
/// settled (then with calls = 0); or all at once.
struct Load {
  std::int64_t calls = 1;
  Amount spend{};
  Tokens tokens{};

  /// In the quantity's own unit: calls, nanodollars, tokens. What a provider takes back (negative)
  /// is no use of anything.
  constexpr double of(Quantity quantity) const {
    const std::int64_t amount = quantity == Quantity::calls   ? calls
                                : quantity == Quantity::spend ? spend.nanos()
                                                              : tokens.count();
    return amount > 0 ? static_cast<double>(amount) : 0.0;
  }
};

}  // namespace purser
