// pipeline/breakers.hpp — which providers are left alone for now. Shared by all cores.
// Why a count of the troubled: while all providers answer, asking costs one relaxed load.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/instant.hpp"
#include "routing/breaker.hpp"

namespace purser {

class AlertDesk;

class Breakers {
 public:
  /// Nothing: the provider may be asked. Else how long to stay away from it.
  std::optional<std::chrono::nanoseconds> keeps_out(const std::string& provider, Instant now);
  /// Whether it would be kept out, without going.
  bool is_open(const std::string& provider, Instant now);
  void answered(const std::string& provider, AlertDesk& alerts);
  /// It gave no answer, or one that says it is broken. `why` is for people.
  void failed(const std::string& provider, const BreakerRules& rules, const std::string& why,
              Instant now, AlertDesk& alerts);
  /// How many providers are left alone.
  std::int64_t open() const { return open_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> troubled_{0};  // breakers there are: a provider in order has none
  std::atomic<std::int64_t> open_{0};
  std::mutex mutex_;
  std::map<std::string, Breaker> breakers_;
};

}  // namespace purser
