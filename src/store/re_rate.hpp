// store/re_rate.hpp — calls priced anew, after a price was wrong. No row is ever edited: each
// difference is a correction of its own, and moves the balances whose window is still open
// (corrections.hpp). To post them the books must be nobody else's: a running gateway would not see
// what moved.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "call/reply.hpp"
#include "money/amount.hpp"
#include "money/conditions.hpp"

namespace purser {

/// What a price is made of, as the ledger has it. Texts live as long as the question.
struct CallToPrice {
  CallId call;
  std::string_view provider;
  std::string_view model;
  Amount before;  // what it cost until now
  /// What was priced apart, each with its model; one, for nearly every call.
  std::span<const Pass> passes;
  Conditions conditions;
};
/// Nothing: this call keeps its cost.
using Repricing = std::function<std::optional<Amount>(const CallToPrice&)>;

enum class ReRate { preview, post };

struct ReRated {
  std::int64_t calls = 0;  // settled calls in the range
  std::int64_t changed = 0;
  Amount before;  // their cost, earlier corrections included
  Amount after;
};

/// Prices the settled calls admitted in [since, until) anew. Calls at their hold (presumed,
/// estimated) and released ones stay, and so do those of several passes that are only kept as a
/// sum. All corrections are made in one transaction, or none.
Result<ReRated> re_rate(const std::filesystem::path& folder, Instant since, Instant until,
                        const Repricing& pricing, std::string_view why, Instant now, ReRate mode);

}  // namespace purser
