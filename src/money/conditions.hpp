// money/conditions.hpp — what, besides the tokens, decides a price.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/instant.hpp"

namespace purser {

/// Which price list of a model applies. Requests ask, responses decide (FACTS: price by response).
enum class ServiceTier : std::uint8_t { standard, priority, flex, batch, scale, ultrafast };
std::string_view to_string(ServiceTier tier);
/// In any provider's words ("default", "auto" → nothing, "fast" → priority, …).
std::optional<ServiceTier> parse_service_tier(std::string_view text);

enum class Speed : std::uint8_t { standard, fast };
std::string_view to_string(Speed speed);

/// As the response reported them; `at` is when the request was sent.
struct Conditions {
  ServiceTier tier = ServiceTier::standard;
  Speed speed = Speed::standard;
  std::string_view geo{};     // Anthropic inference_geo: "us" costs 1.1×
  std::string_view region{};  // data residency, where a provider charges for it
  Instant at{};
};

}  // namespace purser
