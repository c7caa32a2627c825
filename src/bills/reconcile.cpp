// bills/reconcile.cpp — groups, their differences, and the entries that make them equal.
#include "bills/reconcile.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "bills/spread.hpp"

namespace purser {
namespace {

/// One day, provider and model on both sides.
struct Group {
  std::vector<const BookedCall*> certain;
  std::vector<const BookedCall*> presumed;
  Amount certain_sum;
  Amount presumed_sum;
  std::int64_t our_tokens = 0;
  FineAmount billed;
  std::int64_t their_tokens = 0;
  bool on_bill = false;
  bool edge = false;

  Amount ours() const { return certain_sum + presumed_sum; }
  /// Never below zero: nobody is paid for calls.
  Amount theirs() const { return std::max(billed.rounded(), Amount()); }
};

/// Neighbours: the days of one model.
struct Place {
  std::string provider;
  std::string model;
  Day day;
  friend auto operator<=>(const Place&, const Place&) = default;
};
using Groups = std::map<Place, Group>;

std::vector<std::int64_t> costs_of(const std::vector<const BookedCall*>& calls) {
  std::vector<std::int64_t> costs;
  for (const BookedCall* call : calls) {
    costs.push_back(std::max<std::int64_t>(call->cost.nanos(), 0));
  }
  return costs;
}

class Reconciler {
 public:
  Reconciler(const Bill& bill, std::span<const BookedCall> calls, Costs costs);
  Reconciliation run();

 private:
  Reason settle(const Place& place, const Group& group);
  void settle_presumed(const Group& group, Amount rest);
  void share_out(const Group& group, Amount rest, int sign);
  void find_edges();

  const Costs costs_;
  Groups groups_;
  Reconciliation out_;
};

Reconciler::Reconciler(const Bill& bill, std::span<const BookedCall> calls, Costs costs)
    : costs_(costs) {
  std::set<std::string_view> providers;
  std::set<std::pair<std::string_view, Day>> whole_days;
  Day first = Day::max();
  Day last = Day::min();
  for (const BillRow& row : bill.rows) {
    providers.insert(row.provider);
    if (row.model.empty()) {
      whole_days.emplace(row.provider, row.day);
    }
    first = std::min(first, row.day);
    last = std::max(last, row.day);
  }
  const auto name = [&](const auto& row) {
    return whole_days.contains({row.provider, row.day}) ? std::string(kAllModels)
                                                        : bill_model(row.model);
  };
  for (const BillRow& row : bill.rows) {
    Group& group = groups_[{.provider = row.provider, .model = name(row), .day = row.day}];
    group.on_bill = true;
    group.their_tokens += (row.usage.tokens_in() + row.usage.output).count();
    group.billed += row.cost.value_or(FineAmount());
  }
  for (const BookedCall& call : calls) {
    if (call.day < first || call.day > last || !providers.contains(call.provider)) {
      continue;
    }
    Group& group = groups_[{.provider = call.provider, .model = name(call), .day = call.day}];
    group.our_tokens += call.tokens;
    const bool certain = call.certainty == Certainty::certain;
    (certain ? group.certain : group.presumed).push_back(&call);
    (certain ? group.certain_sum : group.presumed_sum) += call.cost;
  }
}

/// What is left of the bill for the presumed calls, in proportion to what they held.
void Reconciler::settle_presumed(const Group& group, Amount rest) {
  const std::vector<Amount> parts = spread(rest, costs_of(group.presumed));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    out_.corrections.push_back(
        {.call = group.presumed[i]->call, .amount = parts[i] - group.presumed[i]->cost});
  }
}

/// In proportion to what the certain calls cost.
void Reconciler::share_out(const Group& group, Amount rest, int sign) {
  const std::vector<Amount> parts = spread(rest, costs_of(group.certain));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] != Amount()) {
      out_.corrections.push_back(
          {.call = group.certain[i]->call, .amount = Amount::from_nanos(sign * parts[i].nanos())});
    }
  }
}

/// Days whose difference is the next one's with the other sign, two by two.
void Reconciler::find_edges() {
  const auto difference = [](const Group& group) { return group.theirs() - group.ours(); };
  for (auto next = groups_.begin(), at = next; at != groups_.end(); at = next) {
    if (++next == groups_.end()) {
      return;
    }
    const Place& a = at->first;
    const Place& b = next->first;
    const bool neighbours =
        a.provider == b.provider && a.model == b.model && b.day - a.day == std::chrono::days(1);
    const Amount apart = difference(at->second);
    if (neighbours && !at->second.edge && apart != Amount() &&
        apart + difference(next->second) == Amount()) {
      at->second.edge = next->second.edge = true;
    }
  }
}

Reason Reconciler::settle(const Place& place, const Group& group) {
  const Amount theirs = group.theirs();
  const Amount ours = group.ours();
  if (theirs >= group.certain_sum && theirs <= ours) {
    settle_presumed(group, theirs - group.certain_sum);
    return theirs == ours ? Reason::none : Reason::presumed;
  }
  const Amount apart = theirs > ours ? theirs - ours : ours - theirs;
  if (costs_ == Costs::by_book && group.presumed.empty() &&
      apart.nanos() <= std::ssize(group.certain)) {
    return Reason::rounding;
  }
  if (theirs < group.certain_sum) {
    settle_presumed(group, {});
    share_out(group, group.certain_sum - theirs, -1);
    return group.on_bill ? Reason::price : Reason::absent;
  }
  settle_presumed(group, group.presumed_sum);
  const bool same_tokens = group.their_tokens > 0 && group.our_tokens == group.their_tokens;
  if (same_tokens && group.presumed.empty() && group.certain_sum > Amount()) {
    share_out(group, apart, 1);
    return Reason::price;
  }
  out_.unproxied.push_back(
      {.day = place.day, .provider = place.provider, .model = place.model, .cost = apart});
  return Reason::unproxied;
}

Reconciliation Reconciler::run() {
  find_edges();
  for (const auto& [place, group] : groups_) {
    Difference difference{.day = place.day,
                          .provider = place.provider,
                          .model = place.model,
                          .calls = std::ssize(group.certain) + std::ssize(group.presumed),
                          .ours = group.ours(),
                          .presumed = group.presumed_sum,
                          .theirs = group.theirs(),
                          .reason = Reason::edge};
    if (!group.edge) {
      difference.reason = settle(place, group);
    }
    out_.ours += difference.ours;
    out_.theirs += difference.theirs;
    out_.groups.push_back(std::move(difference));
  }
  std::ranges::sort(out_.groups, {}, [](const Difference& each) {
    return std::tuple(each.day, each.provider, each.model);
  });
  return std::move(out_);
}

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::none:
      return "";
    case Reason::presumed:
      return "presumed calls cost less";
    case Reason::edge:
      return "time zone edge: a neighbouring day differs the other way";
    case Reason::unproxied:
      return "calls that did not pass through Purser";
    case Reason::price:
      return "price";
    case Reason::absent:
      return "not on the bill";
    case Reason::rounding:
      return "rounding";
  }
  return "";
}

Reconciliation reconcile(const Bill& bill, std::span<const BookedCall> calls, Costs costs) {
  return Reconciler(bill, calls, costs).run();
}

}  // namespace purser
