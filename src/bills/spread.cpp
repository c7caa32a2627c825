// bills/spread.cpp — the method of largest remainders.
#include "bills/spread.hpp"

#include <algorithm>
#include <numeric>

#include "base/invariant.hpp"

namespace purser {

std::vector<Amount> spread(Amount whole, std::span<const std::int64_t> weights) {
  INVARIANT(whole >= Amount(), "a cost is never negative");
  __int128 total = 0;
  for (const std::int64_t weight : weights) {
    INVARIANT(weight >= 0, "a share is never negative");
    total += weight;
  }
  std::vector<Amount> parts(weights.size());
  if (total == 0) {
    return parts;
  }
  INVARIANT(total <= INT64_MAX, "what is weighed is counted in an int64 together");
  std::vector<std::int64_t> remainders(weights.size());
  std::int64_t left = whole.nanos();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const __int128 product = static_cast<__int128>(whole.nanos()) * weights[i];
    const auto part = static_cast<std::int64_t>(product / total);
    parts[i] = Amount::from_nanos(part);
    remainders[i] = static_cast<std::int64_t>(product % total);
    left -= part;
  }
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t part) {
    return std::pair(-remainders[part], part);  // the largest first, and of equal ones the first
  });
  for (std::size_t i = 0; left > 0; ++i, --left) {
    parts[order[i]] += Amount::from_nanos(1);
  }
  return parts;
}

}  // namespace purser
