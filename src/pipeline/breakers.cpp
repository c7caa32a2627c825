// pipeline/breakers.cpp — failures in a row, counted for all.
#include "pipeline/breakers.hpp"

#include "pipeline/notices.hpp"

namespace purser {

std::optional<std::chrono::nanoseconds> Breakers::keeps_out(const std::string& provider,
                                                            Instant now) {
  if (open() == 0) {
    return std::nullopt;
  }
  const std::lock_guard lock(mutex_);
  const auto found = breakers_.find(provider);
  if (found == breakers_.end() || found->second.may_go(now)) {
    return std::nullopt;
  }
  return found->second.look_at() - now;
}

bool Breakers::is_open(const std::string& provider, Instant now) {
  if (open() == 0) {
    return false;
  }
  const std::lock_guard lock(mutex_);
  const auto found = breakers_.find(provider);
  return found != breakers_.end() && found->second.is_open(now);
}

void Breakers::answered(const std::string& provider, AlertDesk& alerts) {
  if (troubled_.load(std::memory_order_relaxed) == 0) {
    return;
  }
  auto turned = Breaker::Turned::nothing;
  {
    const std::lock_guard lock(mutex_);
    const auto found = breakers_.find(provider);
    if (found == breakers_.end()) {
      return;
    }
    turned = found->second.answered();
    breakers_.erase(found);
    troubled_.fetch_sub(1, std::memory_order_relaxed);
  }
  if (turned == Breaker::Turned::closed) {
    open_.fetch_sub(1, std::memory_order_relaxed);
    tell_provider_back(alerts, provider);
  }
}

void Breakers::failed(const std::string& provider, const BreakerRules& rules,
                      const std::string& why, Instant now, AlertDesk& alerts) {
  auto turned = Breaker::Turned::nothing;
  {
    const std::lock_guard lock(mutex_);
    const auto [at, fresh] = breakers_.try_emplace(provider);
    if (fresh) {
      troubled_.fetch_add(1, std::memory_order_relaxed);
    }
    turned = at->second.failed(rules, now);
  }
  if (turned == Breaker::Turned::opened) {
    open_.fetch_add(1, std::memory_order_relaxed);
    tell_provider_down(alerts, provider, why);
  }
}

}  // namespace purser
