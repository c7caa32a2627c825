// limits/fit.hpp — what a call may cost at most, and how long an answer the money left can carry.
// Why a fitted bound: near its end a budget still pays for a shorter answer, so it is spent to the
// last useful token before anybody is refused.
#pragma once

#include <cstdint>
#include <expected>
#include <span>

#include "base/strong.hpp"
#include "ledger/treasury.hpp"
#include "limits/limit_set.hpp"
#include "money/amount.hpp"
#include "money/price_book.hpp"
#include "money/usage.hpp"

namespace purser {

/// What a call could use up, apart from the length of its answer.
struct Ask {
  Tokens input_max;
  std::int64_t choices = 1;           // each answers, and is billed, up to the output bound
  std::int64_t web_searches_max = 0;  // priced ones
  std::int64_t file_searches_max = 0;
  WorstRates rates;
};

/// The dearest the call can be with `output_max` tokens a choice.
Amount worst_cost(const Ask& ask, Tokens output_max);

/// What an account of `measure` holds for it, and what it posts once the truth is known.
Units units_held(Measure measure, const Ask& ask, Tokens output_max);
Units units_used(Measure measure, Amount cost, const Usage& usage);

/// Output bounds, each of one choice.
struct OutputRange {
  Tokens wanted;  // the caller's own, or the configured one
  Tokens least;   // below that an answer is useless; a caller who wants less gets less
};

/// The largest bound ≤ wanted that every account carries, with the needs' units set for it: holding
/// them right away succeeds. Or which account is short even for the least bound, with the needs'
/// units set for that one. `standings[i]` is the i-th need's account, as the treasury gave it.
std::expected<Tokens, Shortfall> fit(Touches& touches, std::span<const Standing> standings,
                                     const Ask& ask, OutputRange output);

}  // namespace purser
