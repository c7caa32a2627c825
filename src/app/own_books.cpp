// app/own_books.cpp — the store without the treasury: balances follow from what is folded.
#include "app/own_books.hpp"

namespace purser {

Result<OwnBooks> OwnBooks::take(const Config& config) {
  auto limits = LimitSet::compile(config.limits, config.time_zone, config.tiers);
  if (!limits) {
    return std::unexpected(limits.error());
  }
  OwnBooks books(config, std::move(*limits));
  Recovered recovered;
  // Nobody is told of an entry before it is folded, and that is on the disk.
  auto store =
      Store::open({.folder = config.data, .durability = Durability::relaxed}, now(), recovered);
  if (!store) {
    return std::unexpected(store.error());
  }
  books.store_ = std::move(*store);
  books.next_ = recovered.next_call;
  return books;
}

void OwnBooks::post(CostAsk ask) {
  const auto cost = make_cost(std::move(ask), next_, limits_, config_->workloads, now());
  next_ += CallId(1);
  Answered answered = cost->answered();
  store_->hold(hold_entry(cost->admitted, cost->held), [](Result<void>) {});
  store_->settle(end_entry(cost->admitted, cost->held, answered));
}

}  // namespace purser
