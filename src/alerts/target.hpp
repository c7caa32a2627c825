// alerts/target.hpp — where alerts go, and which.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "alerts/alert.hpp"

namespace purser {

enum class WebhookFormat : std::uint8_t { json, slack };

struct Webhook {
  std::string url;
  WebhookFormat format = WebhookFormat::json;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string secret;   // signs the body; empty: not signed
  std::string ca_file;  // trust these certificates instead of the system's
};

struct Command {
  std::string program;  // an absolute path: never looked for, never through a shell
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  // all it gets beside the alert's
};

struct AlertTarget {
  std::string name;
  std::variant<Webhook, Command> way;
  Severity severity_min = Severity::info;
  std::vector<AlertKind> match;  // empty: all kinds
  std::chrono::seconds timeout{10};
};

/// "webhook" or "command".
std::string_view way_of(const AlertTarget& target);

/// A target gets what fires when both its kinds and its least severity take it.
enum class Wanted : std::uint8_t { no, yes };
Wanted wants(const AlertTarget& target, const Alert& alert);

}  // namespace purser
