// limits/effort.cpp — comparing words by their place in the list.
#include "limits/effort.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace purser {

Result<std::string> parse_effort(std::string_view text) {
  if (std::ranges::find(kEfforts, text) == kEfforts.end()) {
    return fail(Fault::config, fmt::format("expected one of {}, got {:?}",
                                           fmt::join(kEfforts, ", "), text.substr(0, 60)));
  }
  return std::string(text);
}

bool is_more_effort(std::string_view asked, std::string_view most) {
  const auto a = std::ranges::find(kEfforts, asked);
  const auto b = std::ranges::find(kEfforts, most);
  return a != kEfforts.end() && b != kEfforts.end() && a > b;
}

}  // namespace purser
