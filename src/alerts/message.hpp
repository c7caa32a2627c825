// alerts/message.hpp — an alert as its receivers read it: JSON for programs, Slack's for people,
// environment variables for commands. docs/alerts.md documents every field; none changes its
// meaning.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "alerts/alert.hpp"

namespace purser {

/// One JSON object on one line. Every field is always there; a text that does not apply is empty.
std::string to_json(const Alert& alert);

/// For Slack's incoming webhooks and those that take the same (Mattermost, Rocket.Chat, Discord's
/// /slack): `text` for notifications, `blocks` for reading. Names that callers chose are escaped
/// and shown as plain text: they can neither mention anybody nor link anywhere.
std::string to_slack(const Alert& alert);

/// PURSER_ALERT_ID and so on, by the names of the JSON fields.
std::vector<std::pair<std::string, std::string>> to_environment(const Alert& alert);

}  // namespace purser
