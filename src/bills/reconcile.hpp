// bills/reconcile.hpp — a bill beside the ledger: what differs, why that may be, and what would
// have to be posted so that the two are the same.
//
// Both are summed by day (UTC), provider and model. A day on which the bill charges for something
// that is no model (web searches, which the ledger has in their calls) is compared as a whole.
// Where they differ:
//
//   the bill lies between what is certain and what is presumed  the presumed calls cost the rest
//   the bill is higher                                          it is for calls that did not pass
//   here the bill is higher for the very same tokens                 the price: the calls cost more
//   the bill is lower                                           presumed calls cost nothing, and
//   the
//                                                               others less
//   a day's difference is the next day's, with the other sign   days begin elsewhere: left alone
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/strong.hpp"
#include "bills/bill.hpp"

namespace purser {

enum class Certainty : std::uint8_t { certain, presumed };

/// A call as the ledger has it.
struct BookedCall {
  CallId call;
  Day day;
  std::string provider;
  std::string model;
  Amount cost;  // corrections included
  Certainty certainty = Certainty::certain;
  std::int64_t tokens = 0;
};

/// Why the two differ, most likely.
enum class Reason : std::uint8_t { none, presumed, edge, unproxied, price, absent, rounding };
std::string_view to_string(Reason reason);

struct Difference {
  Day day;
  std::string provider;
  std::string model;
  std::int64_t calls = 0;
  Amount ours;
  Amount presumed;  // of ours
  Amount theirs;
  Reason reason = Reason::none;
};

/// To be added to a call. Zero: the bill has accounted for what was presumed.
struct BillCorrection {
  CallId call;
  Amount amount;
};
/// To be booked as spend of nobody's.
struct Unproxied {
  Day day;
  std::string provider;
  std::string model;
  Amount cost;
};

struct Reconciliation {
  std::vector<Difference> groups;  // every one, by day, provider and model
  std::vector<BillCorrection> corrections;
  std::vector<Unproxied> unproxied;
  Amount ours;
  Amount theirs;
};

/// Every row of the bill has a cost; `by_book`: those costs were computed from its tokens, so a
/// nanodollar a call may be rounding. Calls of other days and providers than the bill's are not
/// looked at.
enum class Costs : std::uint8_t { billed, by_book };
Reconciliation reconcile(const Bill& bill, std::span<const BookedCall> calls, Costs costs);

/// Stands for the model of a day that is compared as a whole.
inline constexpr std::string_view kAllModels = "all models";

}  // namespace purser
