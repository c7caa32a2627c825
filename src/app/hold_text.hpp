// app/hold_text.hpp — holds for vendors as JSON: what is asked, and how they stand.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "pipeline/vendor_hold.hpp"

namespace purser {

/// {"vendor":"serper","item":"search","usd":"0.50","ttl":"10m","idempotency_key":"…"}; the last two
/// may be left out. Error (client): what is not as expected; a member nobody knows is one.
Result<VendorAsk> read_vendor_ask(std::string_view json);

/// {"usd":"0.42"}. Error (client).
Result<Amount> read_settlement(std::string_view json);

std::string vendor_json(const VendorState& state);

}  // namespace purser
