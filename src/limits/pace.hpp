// limits/pace.hpp — how fast, rather than how much: a token bucket for each subject, by GCRA.
//
// A bucket is one instant, its theoretical arrival time: when it would be empty again if nothing
// more came. Taking n units moves it n intervals on; a taking conforms as long as it ends up no
// further than a whole bucket ahead of now (ATM Forum, Traffic Management 4.0, "virtual
// scheduling"). An idle bucket is as good as none, so it is forgotten.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <span>
#include <unordered_map>

#include "base/instant.hpp"
#include "ledger/treasury.hpp"

namespace purser {

/// What a call takes from one bucket.
struct Draw {
  AccountKey bucket;
  Units units;
  Units rate;                    // so many units …
  std::chrono::seconds span{1};  // … in this time
  Units burst;                   // at once
};

class Paces {
 public:
  /// Why a bucket says no: which, and how long until it would say yes (never: more than it holds).
  struct TooFast {
    std::size_t draw = 0;
    std::chrono::nanoseconds wait{0};
    bool ever = true;
  };
  /// Would every bucket give? Takes nothing.
  std::expected<void, TooFast> look(std::span<const Draw> draws, Instant now);
  /// Takes from each, as look() allowed.
  void take(std::span<const Draw> draws, Instant now);
  /// Gives back what a call was held for and did not use.
  void give_back(const Draw& draw, Units unused);
  /// Forgets buckets that are full again. Looks at all: call it now and then.
  void expire(Instant now);
  std::size_t buckets() const { return arrivals_.size(); }

 private:
  struct KeyHash {
    std::size_t operator()(const AccountKey& key) const {
      return static_cast<std::size_t>(key.low);  // a digest already
    }
  };
  /// Nanoseconds since 1970.
  std::unordered_map<AccountKey, std::int64_t, KeyHash> arrivals_;
};

}  // namespace purser
