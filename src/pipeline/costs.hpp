// pipeline/costs.hpp — spend that was made before Purser heard of it: an invoice, a tool that is
// paid apart. In the ledger it is a call of dialect `vendor` that began when the money was spent.
//
// It is counted in every account it touches whose window holds that moment and is still open, and
// is never refused for want of money: the money is gone, so an account may stand past its maximum.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bills/cost_rows.hpp"
#include "pipeline/stages.hpp"

namespace purser {

/// Names of so many, in one request, are looked up and kept in a few milliseconds.
inline constexpr std::size_t kCostRowsMax = 1000;
/// All of one request: a thousand of them fit what an account can count.
inline constexpr Amount kCostBatchUsdMax = Amount::from_dollars(1'000'000);
/// Clocks differ: what happened up to so much later than now happened now.
inline constexpr std::chrono::seconds kCostClockSkew{60};

/// A row whose spender is known.
struct CostAsk {
  CostRow row;
  Caller caller;
  Instant at;
  HoldName name;
};

/// Whose spend the rows are: the key's labels, and what its rights let `headers` and each row add.
/// A row that may not say what it says is a problem: money must not be booked on somebody else.
struct CostAsks {
  std::vector<CostAsk> asks;
  std::vector<RowProblem> problems;
};
CostAsks ask_costs(std::vector<CostRow> rows, const Identified& who, const Labels& headers,
                   Instant now);

/// One spend on its way into the books. Stays where it is: its parts see into the caller's labels.
struct Cost {
  Provider provider;  // the vendor, by its name alone
  Admitted admitted;
  Held held;
  std::vector<std::string> closed;  // limits whose window for it is over: not counted there
  std::vector<std::string> over;    // limits that stand past their maximum with it
  Answered answered() const;
  std::int64_t units = 0;
};
/// What the ledger will say of it; touches no account yet.
std::unique_ptr<Cost> make_cost(CostAsk ask, CallId id, const LimitSet& limits,
                                std::span<const Workload> workloads, Instant now);

/// Posts them all, or none: in every account, and durable when this returns. A denial: the books
/// cannot be read or written, or an account cannot count so much.
Awaitable<OrDenial<std::vector<std::unique_ptr<Cost>>>> post_costs(std::vector<CostAsk> asks,
                                                                   Core& core, Services& services);

}  // namespace purser
