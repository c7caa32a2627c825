// admin/metrics.hpp — what the cores have counted, in Prometheus' text format.
// Labels are bounded on purpose: dialects and outcomes, never users or models.
#pragma once

#include <span>
#include <string>

#include "pipeline/services.hpp"

namespace purser {

/// Any thread: counters are read as they stand, one by one.
std::string metrics_text(std::span<Core* const> cores, Services& services);

}  // namespace purser
