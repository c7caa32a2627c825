// pipeline/open_holds.hpp — holds for spend that Purser does not carry itself, until their callers
// say what it came to: open ones by id, soonest due first, and by the names their callers gave.
//
//   reserve ─keep▶ open ─take▶ (none)
//      └─────forget──▶ (none)
//
// Any thread. Whoever ends a hold does so while it has the mutex, so that who finds it gone finds
// its end in the ledger.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>

#include "base/hash.hpp"
#include "base/instant.hpp"
#include "base/strong.hpp"
#include "ledger/entry.hpp"

namespace purser {

struct VendorHold;  // vendor_hold.hpp

/// More than so many open at once is a caller that never settles: each takes about 2 KB.
inline constexpr std::size_t kOpenHoldsMax = 65'536;
/// Names are remembered here for so many holds, the latest, and in the ledger once they are over;
/// no caller that may have more than kOpenHoldsMax of them open finds one forgotten in between.
inline constexpr std::size_t kHoldNamesMax = 65'536;

class OpenHolds {
 public:
  OpenHolds();
  ~OpenHolds();
  std::mutex mutex;  // of everything below

  /// What a name stands for: which hold, for which words. Without an id: it is being made.
  struct Named {
    Digest words;
    std::optional<CallId> hold;
  };
  const Named* find_name(const Digest& name) const;
  void reserve(const Digest& name, const Digest& words);
  void forget(const Digest& name);
  /// What was being made is over already: its name stands for it, where it is still remembered.
  void made(const Digest& name, CallId id);

  void keep(CallId id, std::unique_ptr<VendorHold> hold, const std::optional<HoldName>& name);
  VendorHold* find(CallId id) const;
  std::unique_ptr<VendorHold> take(CallId id);
  /// The one due first, if it is due at `now`.
  std::optional<CallId> due(Instant now) const;
  std::size_t size() const { return open_.size(); }

 private:
  std::unordered_map<CallId, std::unique_ptr<VendorHold>> open_;
  std::set<std::pair<Instant, CallId>> by_due_;
  std::unordered_map<Digest, Named> names_;
  std::deque<Digest> names_in_order_;
};

}  // namespace purser
