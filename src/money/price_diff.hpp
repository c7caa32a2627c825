// money/price_diff.hpp — what differs between two books, price by price.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "money/price_list.hpp"

namespace purser {

/// One price that is not the same. Only `after`: added; only `before`: removed.
struct PriceChange {
  std::string provider;
  std::string model;
  std::string what;  // "from 2026-12-01, above 200000, cache_read"
  std::optional<std::string> before;
  std::optional<std::string> after;
  friend bool operator==(const PriceChange&, const PriceChange&) = default;
};

/// By provider and model, in the order of their names. Models are known by their first name.
std::vector<PriceChange> diff_prices(const std::vector<const PriceList*>& before,
                                     const std::vector<const PriceList*>& after);

/// One line a change: "~ openai gpt-5.6-sol: input 5 → 4".
std::string to_text(const std::vector<PriceChange>& changes);

}  // namespace purser
