// admin/call_page.cpp — fold, then look; what is not in the ledger may have been refused.
#include "admin/call_page.hpp"

#include "base/json_text.hpp"
#include "store/refusals.hpp"
#include "store/reports.hpp"

namespace purser {
namespace {

std::string refusal_page(const RefusedCall& refused) {
  const Caller& caller = refused.caller;
  std::string json;
  JsonObject object(json);
  object.text("call_id", to_text(refused.call))
      .text("at", to_rfc3339(refused.at))
      .text("key_id", caller.key)
      .text("user_id", caller.user)
      .text("tier", caller.tier)
      .text("team", caller.team)
      .text("feature", caller.feature)
      .text("session_id", caller.session)
      .text("provider", refused.provider)
      .text("dialect", refused.dialect)
      .text("model_asked", refused.model)
      .text("outcome", "refused")
      .raw("cost_usd", to_exact_dollars(Amount()));
  if (!refused.limit.empty()) {
    object.text("limit", refused.limit);
  }
  object.text("why", refused.message).finish();
  return json;
}

}  // namespace

Result<std::optional<std::string>> call_page(Services& services, const std::filesystem::path& data,
                                             CallId id, std::string_view key) {
  if (auto folded = services.store->fold(); !folded) {
    return std::unexpected(folded.error());
  }
  if (auto written = services.refusals->write(); !written) {
    return std::unexpected(written.error());
  }
  auto call = find_call(data, id, key);
  if (!call || *call) {
    return call;
  }
  const auto refused = find_refusal(data, id, key);
  if (!refused) {
    return std::unexpected(refused.error());
  }
  return *refused ? std::optional(refusal_page(**refused)) : std::nullopt;
}

}  // namespace purser
