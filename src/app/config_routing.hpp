// app/config_routing.hpp — the sections of purser.yaml about where a call goes when it fails.
#pragma once

#include "app/config.hpp"

namespace purser {

/// `retries`, `fallbacks` and `breaker`; after `providers`, whose names fallbacks may use.
void read_routing(Section& root, Config& config);

}  // namespace purser
