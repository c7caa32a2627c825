// pipeline/open_holds.cpp — bookkeeping under one mutex.
#include "pipeline/open_holds.hpp"

#include "base/invariant.hpp"
#include "pipeline/vendor_hold.hpp"

namespace purser {

OpenHolds::OpenHolds() = default;
OpenHolds::~OpenHolds() = default;

const OpenHolds::Named* OpenHolds::find_name(const Digest& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : &found->second;
}

void OpenHolds::reserve(const Digest& name, const Digest& words) {
  const bool is_new = names_.emplace(name, Named{.words = words, .hold = {}}).second;
  INVARIANT(is_new, "a name is looked for before it is reserved, under the same lock");
  names_in_order_.push_back(name);
  if (names_in_order_.size() > kHoldNamesMax) {
    names_.erase(names_in_order_.front());
    names_in_order_.pop_front();
  }
}

void OpenHolds::forget(const Digest& name) {
  names_.erase(name);
  std::erase(names_in_order_, name);
}

void OpenHolds::made(const Digest& name, CallId id) {
  if (const auto found = names_.find(name); found != names_.end()) {
    found->second.hold = id;
  }
}

void OpenHolds::keep(CallId id, std::unique_ptr<VendorHold> hold,
                     const std::optional<HoldName>& name) {
  if (name) {
    made(name->name, id);
  }
  by_due_.emplace(hold->due, id);
  const bool is_new = open_.emplace(id, std::move(hold)).second;
  INVARIANT(is_new, "ids are drawn once");
}

VendorHold* OpenHolds::find(CallId id) const {
  const auto found = open_.find(id);
  return found == open_.end() ? nullptr : found->second.get();
}

std::unique_ptr<VendorHold> OpenHolds::take(CallId id) {
  const auto found = open_.find(id);
  if (found == open_.end()) {
    return nullptr;
  }
  std::unique_ptr<VendorHold> hold = std::move(found->second);
  open_.erase(found);
  by_due_.erase({hold->due, id});
  return hold;
}

std::optional<CallId> OpenHolds::due(Instant now) const {
  if (by_due_.empty() || by_due_.begin()->first > now) {
    return std::nullopt;
  }
  return by_due_.begin()->second;
}

}  // namespace purser
