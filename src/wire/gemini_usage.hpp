// wire/gemini_usage.hpp — the usageMetadata of Google's answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "money/conditions.hpp"
#include "money/usage.hpp"
#include "wire/json_scan.hpp"

namespace purser {

/// Tokens by what they stand for; text and documents have no prices of their own.
struct GeminiModalities {
  std::int64_t audio = 0;
  std::int64_t image = 0;
  std::int64_t video = 0;
};

/// As reported; what is not said is empty, and in Google's JSON zero is not said.
struct GeminiUsage {
  std::optional<std::int64_t> prompt;      // its cached part included
  std::optional<std::int64_t> cached;      // of prompt
  std::optional<std::int64_t> tool_use;    // on top of prompt
  std::optional<std::int64_t> candidates;  // without thoughts
  std::optional<std::int64_t> thoughts;
  std::optional<std::int64_t> total;
  GeminiModalities prompt_parts;  // those of the cached part included
  GeminiModalities cached_parts;
  GeminiModalities tool_parts;
  GeminiModalities candidate_parts;
  std::string tier;  // "flex", or at Vertex "ON_DEMAND_FLEX"

  bool reported() const { return prompt || candidates || total; }
};

/// Takes the value of a "usageMetadata" member.
GeminiUsage read_gemini_usage(JsonScan& scan);
Usage normal_form(const GeminiUsage& reported);
std::optional<ServiceTier> tier_of(const GeminiUsage& reported);

}  // namespace purser
