// money/price_text.hpp — prices written: as a file of prices/, and as figures to be compared.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "money/price_list.hpp"

namespace purser {

/// A file that read_price_file() reads back as the same lists. INVARIANT: all of one provider.
std::string price_file_text(std::span<const PriceList> lists);

/// One price in words: {"from 2026-12-01, above 200000, cache_read", "0.40"}.
struct Figure {
  std::string what;
  std::string value;
  friend bool operator==(const Figure&, const Figure&) = default;
};

/// Everything that decides what a model costs, in a settled order; not who says so.
std::vector<Figure> figures(const PriceList& list);

/// US dollars per million tokens: "0.125".
std::string rate_text(Rate rate);

}  // namespace purser
