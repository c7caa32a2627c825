// limits/refusal.hpp — a limit in words: why a call is refused, and how a caller stands.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "call/caller.hpp"
#include "ledger/treasury.hpp"
#include "limits/limit_set.hpp"

namespace purser {

struct Refusal {
  enum class Kind : std::uint8_t {
    money,  // used up until the window ends: nobody should try again before
    pace,   // soon there is room: the minute ends, or calls in flight give back what they hold
  };
  Kind kind = Kind::money;
  std::string message;                  // for people
  std::string_view limit;               // its name
  Instant resets_at;                    // Instant::never(): it does not
  std::chrono::seconds retry_after{0};  // pace: 1 to 60
};

/// Why the `shortfall` of these touches refuses the call. Their units say what it asked for.
/// `languages`: an Accept-Language value; the operator's words may come in several.
Refusal refuse(const LimitSet& limits, const Touches& touches, const Shortfall& shortfall,
               const Caller& caller, Instant now, std::string_view languages = {});

/// Why a bucket of theirs refuses it.
Refusal refuse(const Touches& touches, const Paces::TooFast& fast, const Caller& caller,
               std::string_view languages = {});

/// The account with the smallest share of its maximum left; nothing when none is touched.
std::optional<std::size_t> tightest(std::span<const Standing> standings);

/// Values of the RateLimit-Policy and RateLimit header fields
/// (draft-ietf-httpapi-ratelimit-headers) for one account, appended. Dollars are told in whole
/// microdollars, what is left rounded down.
///   "daily";q=2000000;qu="purser-microusd";w=86400
void append_rate_limit_policy(std::string& out, const Touched& touched, const Need& need,
                              const Standing& standing);
///   "daily";r=1234567;t=3600
void append_rate_limit(std::string& out, const Touched& touched, const Need& need,
                       const Standing& standing, Instant now);

}  // namespace purser
