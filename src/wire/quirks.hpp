// wire/quirks.hpp — where one provider differs from the dialect it speaks; a row each.
#pragma once

#include <string_view>

namespace purser {

struct Quirks {
  std::string_view provider = {};
  /// The member that bounds a chat answer. Some know only the old one, and refuse or, worse,
  /// ignore the new one: then nothing would hold the answer to its bound.
  std::string_view output_field = "max_completion_tokens";
  /// Reasoning is billed beside the completion tokens though the total does not show it.
  bool reasoning_beside_output = false;
};

inline constexpr Quirks kQuirks[] = {
    {.provider = "deepseek", .output_field = "max_tokens"},
    {.provider = "mistral", .output_field = "max_tokens"},
    {.provider = "perplexity", .output_field = "max_tokens"},
    {.provider = "together", .output_field = "max_tokens"},
    {.provider = "fireworks", .output_field = "max_tokens"},
    {.provider = "zai", .output_field = "max_tokens"},
    {.provider = "minimax", .output_field = "max_tokens"},
    {.provider = "vercel-gateway", .reasoning_beside_output = true},
};

/// The provider's row, or a row without quirks.
constexpr Quirks quirks_of(std::string_view provider) {
  for (const Quirks& row : kQuirks) {
    if (row.provider == provider) {
      return row;
    }
  }
  return {};
}

}  // namespace purser
