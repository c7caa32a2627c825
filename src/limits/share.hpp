// limits/share.hpp — parts of a whole in millionths: whole numbers decide, not fractions.
#pragma once

#include "base/strong.hpp"

namespace purser {

/// Of a maximum, or of a rate.
using Share = Strong<struct ShareTag>;
inline constexpr Share kWhole{1'000'000};

}  // namespace purser
