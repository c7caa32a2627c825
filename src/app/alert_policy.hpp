// app/alert_policy.hpp — what is configured of alerts, with its secrets found and its certificates
// read.
#pragma once

#include "app/config.hpp"
#include "dispatch/alert_desk.hpp"

namespace purser {

/// Error (config): a variable that is named and not there, an address or certificates that cannot
/// be used.
Result<AlertPolicy> make_alert_policy(const AlertsConfig& config);

}  // namespace purser
