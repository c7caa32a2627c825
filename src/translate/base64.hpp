// translate/base64.hpp — documents of plain text travel as base64 in most dialects.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace purser::translate {

std::string to_base64(std::string_view bytes);
/// Nothing when it is none; padding may be missing.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace purser::translate
