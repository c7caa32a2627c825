// app/kill_text.hpp — kill switches as operators' programs write and read them.
#pragma once

#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "limits/kill.hpp"

namespace purser {

/// A switch from a JSON object: labels by their names, or "all": true; "why"; "hard"; and "for":
/// "2h" or "until": a date or time. Who throws it is not in it. Error (client) names the member.
Result<KillSwitch> read_kill(std::string_view json, Instant now);

/// The switch as a JSON object, appended. A label it does not name, and an end it does not have,
/// are left out.
void append_kill(std::string& out, const KillSwitch& kill);

}  // namespace purser
