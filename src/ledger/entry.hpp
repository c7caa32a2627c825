// ledger/entry.hpp — what the ledger keeps of a call: a hold when it leaves, an outcome when it is
// over. Both are plain values; store/ makes them durable, insight and reports read them back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/strong.hpp"
#include "call/call.hpp"
#include "call/caller.hpp"
#include "call/reply.hpp"
#include "ledger/treasury.hpp"
#include "money/amount.hpp"
#include "money/usage.hpp"

namespace purser {

/// One leg of a hold: which account, how much of its unit (nanodollars, tokens or calls).
struct Leg {
  AccountKey account;
  Units units;
  Instant ends;           // of the account's window: who reads the books back forgets it then
  bool is_money = false;  // nanodollars: moves when the call is priced anew
};

/// What a caller calls a hold of its own, so that asking again is no second one, and what it was
/// said to be for. Both as digests: the first with the caller's key, so names never cross keys.
struct HoldName {
  Digest name;
  Digest words;
  friend constexpr bool operator==(const HoldName&, const HoldName&) = default;
};

/// Durable before the call leaves. After a crash it is all we know of a call in flight.
struct HoldEntry {
  CallId call;
  Instant at;
  Dialect dialect = Dialect::chat;
  bool stream = false;
  std::string provider;
  std::string model;  // as asked
  Caller caller;
  Tokens input_max;   // bound of the prompt
  Tokens output_max;  // bound sent to the provider, all choices together
  Amount worst;       // the hold in dollars: what is presumed when nothing else is known
  std::vector<Leg> legs;
  std::optional<HoldName> name;
};

/// How a call's hold ended. Every hold ends exactly once.
enum class Outcome : std::uint8_t {
  settled,    // exact: the provider reported what it used
  released,   // nothing was billed
  presumed,   // unknown: settled at its hold until reconciled
  estimated,  // cancelled at the caller's wish: at or above the bill
};
std::string_view to_string(Outcome outcome);

/// An answer has a handful of rounds and advisors. A provider that reports more must not be able to
/// fill the books: those are kept as their sum only.
inline constexpr std::size_t kPartsMax = 64;

/// Why an entry ended whose money was spent before Purser heard of it.
inline constexpr std::string_view kSpentBefore = "posted";

struct SettleEntry {
  CallId call;
  Instant at;  // when the answer ended
  Outcome outcome = Outcome::settled;
  Amount cost;
  Usage usage;
  std::string model;  // as answered; empty: as asked
  std::string provider_id;
  std::string stop_reason;
  ServiceTier tier = ServiceTier::standard;
  Speed speed = Speed::standard;
  std::string geo;
  std::int32_t status = 0;  // HTTP status of the provider, 0: none came
  std::int64_t first_byte_us = 0;
  std::int64_t total_us = 0;
  /// How many priced parts the cost is the sum of: 0 when the provider refused before any output
  /// and bills nothing, more than one when rounds or other models were priced apart.
  std::int32_t passes = 1;
  /// Those parts, where they are several and at most kPartsMax: they can be priced anew.
  /// One without a model is of the model that answered.
  std::vector<Pass> parts = {};
  std::int64_t units = 0;  // of whatever a vendor counts; 0: not said
  std::string edits;       // what Purser changed: "output_max=512", empty: nothing
  bool unpriced = false;   // priced at the configured ceiling
  std::vector<Leg> legs;   // what is posted where, same accounts as the hold
};

}  // namespace purser
