// app/version.hpp — which Purser this is. CMakeLists.txt says the same; a test holds them together.
#pragma once

#include <string_view>

namespace purser {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace purser
