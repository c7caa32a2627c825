// money/tool_price.hpp — what a call of a tool costs: so much a call, and by what its result says
// it took. Only the first is known before: for the rest, its operator says what is held.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "money/amount.hpp"
#include "money/price_book.hpp"

namespace purser {

/// A tool's own unit by the million: results may say 2.5 of them.
inline constexpr std::int64_t kMicrosAUnit = 1'000'000;

struct ToolPrice {
  Amount per_call = {};
  Rate per_unit = {};
  std::string units_at = {};  // where the result says how many: a JSON pointer (RFC 6901)
  Rate per_kib = {};          // of the result, as it was sent
  Rate per_second = {};       // from the request to the result
  Amount at_most = {};        // held where more than per_call is asked

  /// Part of the cost is known by the result alone.
  bool varies() const { return per_unit > Rate{} || per_kib > Rate{} || per_second > Rate{}; }
};

struct ToolUse {
  std::optional<std::int64_t> micro_units = {};  // nothing: the result does not say
  std::int64_t bytes = 0;
  std::chrono::nanoseconds time{0};
};

/// What is held before the call.
Amount worst_cost(const ToolPrice& price);
/// What it came to, rounded half up once, at most kCostMax. Nothing: its result does not say.
std::optional<Amount> cost(const ToolPrice& price, const ToolUse& use);

}  // namespace purser
