// money/tool_price.cpp — units, bytes and seconds to nanodollars, exactly.
#include "money/tool_price.hpp"

#include <algorithm>

namespace purser {
namespace {

constexpr std::int64_t kPicosANano = 1'000;
constexpr std::int64_t kBytesAKib = 1'024;
constexpr std::int64_t kNanosASecond = 1'000'000'000;

/// A common denominator of the three: a result is rounded once, however it is made up.
constexpr __int128 kDenominator = __int128{kPicosANano} * kMicrosAUnit * kNanosASecond;

/// `count` parts, of which `parts` make one, at `rate` each whole.
__int128 part(std::int64_t count, std::int64_t parts, Rate rate) {
  constexpr std::int64_t kCountMax = 1'000'000'000'000'000;  // above any cost we take
  const __int128 most = std::min(std::max<std::int64_t>(count, 0), kCountMax);
  // In thousandths of picodollars times the parts: split, so that no product overflows.
  const __int128 whole = most / parts * rate.count();
  const __int128 rest = most % parts * rate.count();
  const __int128 scale = kDenominator / kPicosANano;
  const __int128 bound = __int128{kCostMax.nanos()} * kPicosANano;
  return whole >= bound ? bound * scale : whole * scale + rest * (scale / parts);
}

}  // namespace

Amount worst_cost(const ToolPrice& price) {
  return price.varies() ? std::max(price.at_most, price.per_call) : price.per_call;
}

std::optional<Amount> cost(const ToolPrice& price, const ToolUse& use) {
  if (price.per_unit > Rate{} && !use.micro_units) {
    return std::nullopt;
  }
  static_assert(kDenominator / kPicosANano % kBytesAKib == 0, "a byte's share is whole");
  __int128 picos = part(use.micro_units.value_or(0), kMicrosAUnit, price.per_unit) +
                   part(use.bytes, kBytesAKib, price.per_kib) +
                   part(use.time.count(), kNanosASecond, price.per_second);
  const __int128 nanos = (picos + kDenominator / 2) / kDenominator;
  const __int128 total = nanos + price.per_call.nanos();
  return std::min(
      kCostMax,
      Amount::from_nanos(static_cast<std::int64_t>(std::min<__int128>(total, kCostMax.nanos()))));
}

}  // namespace purser
