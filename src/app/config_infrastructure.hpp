// app/config_infrastructure.hpp — the section of purser.yaml about what is paid by the month.
#pragma once

#include "app/config.hpp"

namespace purser {

/// `infrastructure`.
void read_infrastructure(Section& root, Config& config);

}  // namespace purser
