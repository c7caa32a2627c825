// pipeline/open_tools.cpp — by name, and soonest due first.
#include "pipeline/open_tools.hpp"

#include "pipeline/tool_call.hpp"

namespace purser {

OpenTools::OpenTools() = default;
OpenTools::~OpenTools() = default;

void OpenTools::park(const std::string& name, std::unique_ptr<ToolCall> call, Instant due) {
  const std::lock_guard lock(mutex_);
  std::string key = name;
  while (parked_.contains(key)) {
    key += '\n';  // the same id twice: the first to come is answered first
  }
  parked_.emplace(key, Parked{.call = std::move(call), .due = due});
  by_due_.emplace(due, key);
  size_.store(parked_.size(), std::memory_order_relaxed);
}

std::unique_ptr<ToolCall> OpenTools::take(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto node = parked_.extract(name);
  size_.store(parked_.size(), std::memory_order_relaxed);
  return node ? std::move(node.mapped().call) : nullptr;
}

std::unique_ptr<ToolCall> OpenTools::due(Instant now) {
  const std::lock_guard lock(mutex_);
  while (!by_due_.empty() && (by_due_.begin()->first <= now || parked_.size() > kOpenToolsMax)) {
    const std::string name = by_due_.begin()->second;
    const Instant when = by_due_.begin()->first;
    by_due_.erase(by_due_.begin());
    const auto found = parked_.find(name);
    if (found != parked_.end() && found->second.due == when) {
      auto call = std::move(found->second.call);
      parked_.erase(found);
      size_.store(parked_.size(), std::memory_order_relaxed);
      return call;
    }
  }
  return nullptr;
}

}  // namespace purser
