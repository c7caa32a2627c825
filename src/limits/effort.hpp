// limits/effort.hpp — how hard a model is asked to think, in the words all providers share.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace purser {

/// From least to most (OpenAI reasoning_effort, Anthropic output_config.effort).
inline constexpr std::array<std::string_view, 7> kEfforts{"none", "minimal", "low", "medium",
                                                          "high", "xhigh",   "max"};

/// Error (config) says which words there are.
Result<std::string> parse_effort(std::string_view text);

/// `asked` is more than `most`. A word nobody knows is not more.
bool is_more_effort(std::string_view asked, std::string_view most);

}  // namespace purser
