// app/alert_policy.cpp — every variable looked up once, before an alert depends on it.
#include "app/alert_policy.hpp"

#include <cstdlib>

namespace purser {
namespace {

/// What a program needs to run as its author expects; nothing that is anybody's secret.
constexpr std::array kHarmless{"PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR"};

Result<std::string> variable(const std::string& target, const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') {
    return fail(Fault::config, "alert target " + target + ": the variable " + name + " is not set");
  }
  return std::string(value);
}

Result<Webhook> make_webhook(const AlertTargetConfig& config) {
  Webhook webhook{.url = config.webhook,
                  .format = config.format,
                  .headers = config.headers,
                  .secret = {},
                  .ca_file = config.ca_file};
  if (!config.webhook_env.empty()) {
    auto url = variable(config.name, config.webhook_env);
    if (!url) {
      return std::unexpected(url.error());
    }
    webhook.url = std::move(*url);
  }
  if (!config.secret_env.empty()) {
    auto secret = variable(config.name, config.secret_env);
    if (!secret) {
      return std::unexpected(secret.error());
    }
    webhook.secret = std::move(*secret);
  }
  return webhook;
}

Result<Command> make_command(const AlertTargetConfig& config) {
  Command command{.program = config.command, .arguments = config.args, .environment = {}};
  for (const char* name : kHarmless) {
    if (const char* value = std::getenv(name); value != nullptr) {
      command.environment.emplace_back(name, value);
    }
  }
  for (const std::string& name : config.pass_env) {
    auto value = variable(config.name, name);
    if (!value) {
      return std::unexpected(value.error());
    }
    command.environment.emplace_back(name, std::move(*value));
  }
  return command;
}

Result<AlertTarget> make_target(const AlertTargetConfig& config) {
  AlertTarget target{.name = config.name,
                     .way = Webhook{},
                     .severity_min = config.severity_min,
                     .match = config.match,
                     .timeout = config.timeout};
  if (config.command.empty()) {
    auto webhook = make_webhook(config);
    if (!webhook) {
      return std::unexpected(webhook.error());
    }
    target.way = std::move(*webhook);
  } else {
    auto command = make_command(config);
    if (!command) {
      return std::unexpected(command.error());
    }
    target.way = std::move(*command);
  }
  return target;
}

}  // namespace

Result<AlertPolicy> make_alert_policy(const AlertsConfig& config) {
  AlertPolicy policy{.outlets = {}, .repeat = config.repeat, .give_up_after = config.give_up_after};
  for (const AlertTargetConfig& each : config.targets) {
    auto target = make_target(each);
    if (!target) {
      return std::unexpected(target.error());
    }
    auto outlet = make_outlet(std::move(*target));
    if (!outlet) {
      return std::unexpected(outlet.error());
    }
    policy.outlets.push_back(std::move(*outlet));
  }
  return policy;
}

}  // namespace purser
