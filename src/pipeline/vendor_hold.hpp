// pipeline/vendor_hold.hpp — spend that does not pass through Purser (a vendor's API, a database):
// held before it is made, in every account its caller touches, and settled at what the caller says
// it came to. In the ledger it is a call of dialect `vendor`.
//
//   hold_vendor ─▶ open ─end_vendor▶ settled, released
//                   └────presume_due, presume_all▶ presumed: nobody said, so all of it
#pragma once

#include <memory>
#include <string>

#include "pipeline/stages.hpp"

namespace purser {

/// No single purchase of an agent's comes near this; sums of it stay far below an account's range.
inline constexpr Amount kVendorUsdMax = Amount::from_dollars(10'000);
inline constexpr std::chrono::seconds kVendorTtlMax = std::chrono::hours(24);

inline constexpr std::string_view kOtherHold = "this idempotency_key stands for another hold";

/// What is asked to be held.
struct VendorAsk {
  std::string vendor;
  std::string item;
  Amount usd;
  std::chrono::seconds ttl = std::chrono::minutes(10);
  std::string idempotency_key;  // empty: every request is another hold
};

/// The name of what is asked for; nothing without an idempotency key.
std::optional<HoldName> name_of(const Caller& caller, const VendorAsk& ask);

/// One that is open. Stays where it is: the held parts see into the caller's labels.
struct VendorHold {
  VendorAsk ask;
  Provider provider;  // the vendor, by its name alone
  Admitted admitted;
  Held held;
  Instant due;  // presumed then
};

/// A hold as its caller sees it, open or over.
struct VendorState {
  CallId id;
  std::string vendor;
  std::string item;
  Amount held;
  std::optional<Outcome> outcome;  // nothing: open
  Amount cost;
  Instant at;
  Instant ends;  // open: when it is due; else when it ended
};

/// Held and durable, or why not. `repeated`: its idempotency key is known, and this is the hold it
/// stands for; nothing was held. It may be over: then only the ledger knows how. Keys of holds that
/// were over before this gateway started are in the ledger alone: look there first.
struct VendorHeld {
  CallId id;
  bool repeated = false;
  std::optional<VendorState> state;
};
Awaitable<OrDenial<VendorHeld>> hold_vendor(const Request& request, VendorAsk ask, Core& core,
                                            Services& services);

/// How a caller ends a hold of its own: released, or settled at `cost`.
struct VendorEnd {
  Outcome outcome = Outcome::settled;
  Amount cost;
};
/// The hold as it ended. Nothing: no such hold of this key is open; the ledger may know it.
std::optional<VendorState> end_vendor(CallId id, std::string_view key, const VendorEnd& end,
                                      Core& core, Services& services);
/// An open hold of this key.
std::optional<VendorState> find_vendor(CallId id, std::string_view key, Services& services);

/// Ends what is due, at all that was held.
void presume_due(Instant now, Core& core, Services& services);
/// The gateway stops: nobody will hear how the open ones end.
void presume_all(Core& core, Services& services);

}  // namespace purser
