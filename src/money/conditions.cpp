// money/conditions.cpp — names of service tiers and speeds, ours and the providers'.
#include "money/conditions.hpp"

#include <array>
#include <utility>

namespace purser {

std::string_view to_string(ServiceTier tier) {
  switch (tier) {
    case ServiceTier::standard:
      return "standard";
    case ServiceTier::priority:
      return "priority";
    case ServiceTier::flex:
      return "flex";
    case ServiceTier::batch:
      return "batch";
    case ServiceTier::scale:
      return "scale";
    case ServiceTier::ultrafast:
      return "ultrafast";
  }
  return "standard";
}

std::optional<ServiceTier> parse_service_tier(std::string_view text) {
  // "fast" is what OpenAI has called its priority tier since 2026-07-30.
  constexpr std::array<std::pair<std::string_view, ServiceTier>, 10> kNames{
      {{"default", ServiceTier::standard},
       {"standard", ServiceTier::standard},
       {"standard_only", ServiceTier::standard},
       {"on_demand", ServiceTier::standard},
       {"priority", ServiceTier::priority},
       {"fast", ServiceTier::priority},
       {"flex", ServiceTier::flex},
       {"batch", ServiceTier::batch},
       {"scale", ServiceTier::scale},
       {"ultrafast", ServiceTier::ultrafast}}};
  for (const auto& [name, tier] : kNames) {
    if (text == name) {
      return tier;
    }
  }
  return std::nullopt;
}

std::string_view to_string(Speed speed) {
  return speed == Speed::fast ? "fast" : "standard";
}

}  // namespace purser
