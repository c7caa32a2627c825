// app/own_books.hpp — books that no gateway keeps at the moment, for a command that posts to them.
#pragma once

#include <memory>

#include "app/config.hpp"
#include "pipeline/costs.hpp"
#include "store/store.hpp"

namespace purser {

class OwnBooks {
 public:
  /// Takes the books, with everything in the journal folded in. Error: a gateway keeps them.
  static Result<OwnBooks> take(const Config& config);

  /// Books a spend as the gateway would. It is on the disk once fold() has returned.
  void post(CostAsk ask);
  Result<void> fold() { return store_->fold(); }

 private:
  OwnBooks(const Config& config, LimitSet limits) : config_(&config), limits_(std::move(limits)) {}

  const Config* config_;
  LimitSet limits_;
  std::unique_ptr<Store> store_;
  CallId next_;
};

}  // namespace purser
