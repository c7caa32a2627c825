// app/config_alerts.hpp — the section `alerts` of purser.yaml; docs/alerts.md explains it.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "alerts/target.hpp"
#include "app/document.hpp"

namespace purser {

/// A target as it is written: either a webhook or a command. Secrets stand in the environment.
struct AlertTargetConfig {
  std::string name;
  std::string webhook;      // its address
  std::string webhook_env;  // or the variable that holds it
  WebhookFormat format = WebhookFormat::json;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string secret_env;  // the variable that holds what bodies are signed with
  std::string ca_file;
  std::string command;
  std::vector<std::string> args;
  std::vector<std::string> pass_env;  // variables the command gets beside PATH and the like
  std::chrono::seconds timeout{10};
  Severity severity_min = Severity::info;
  std::vector<AlertKind> match;  // empty: all
};

struct AlertsConfig {
  std::chrono::milliseconds repeat = std::chrono::hours(4);
  std::chrono::milliseconds give_up_after = std::chrono::hours(24);
  std::vector<AlertTargetConfig> targets;
};

/// More targets than this are a mistake: each alert goes to all of them.
inline constexpr std::size_t kAlertTargetsMax = 32;

void read_alerts(Section& section, AlertsConfig& alerts);

}  // namespace purser
