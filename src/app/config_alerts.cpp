// app/config_alerts.cpp — who is told, read and checked where it stands.
#include "app/config_alerts.hpp"

#include <algorithm>

#include "app/quantity.hpp"
#include "dispatch/outlet.hpp"
#include "http/fields.hpp"

namespace purser {
namespace {

Result<AlertKind> read_kind(std::string_view text) {
  if (const auto kind = parse_alert_kind(text)) {
    return *kind;
  }
  std::string known;
  for (const AlertKind kind : kAlertKinds) {
    known += (known.empty() ? "" : ", ") + std::string(to_string(kind));
  }
  return fail(Fault::config,
              "expected one of " + known + ", got \"" + std::string(text.substr(0, 60)) + "\"");
}

Result<std::string> read_address(std::string_view text) {
  if (auto address = parse_webhook(text); !address) {
    return std::unexpected(address.error());
  }
  return std::string(text);
}

/// Without a folder in front, PATH would decide what runs.
Result<std::string> read_program(std::string_view text) {
  if (!text.starts_with('/') || text.contains('\0')) {
    return fail(Fault::config, "expected the whole path of a program, such as /usr/local/bin/page");
  }
  return std::string(text);
}

Result<std::string> read_variable(std::string_view text) {
  const bool sound = !text.empty() && std::ranges::all_of(text, [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  });
  if (!sound) {
    return fail(Fault::config, "expected the name of an environment variable");
  }
  return std::string(text);
}

/// Names whose meaning is ours: the body's length and type, and where it goes.
bool ours(std::string_view name) {
  return name.starts_with("X-Purser-") || name.starts_with("x-purser-") ||
         std::ranges::any_of(std::array{"host", "content-length", "content-type", "connection",
                                        "transfer-encoding", "expect"},
                             [&](std::string_view reserved) { return same_name(name, reserved); });
}

void read_header(Section& section, const std::string& name, const std::vector<std::string>& values,
                 AlertTargetConfig& target) {
  constexpr std::string_view kToken = "!#$%&'*+-.^_`|~";
  const bool token = !name.empty() && std::ranges::all_of(name, [&](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || kToken.contains(c);
  });
  const bool line = values.size() == 1 && std::ranges::all_of(values.front(), [](char c) {
                      return (c >= 0x20 && c < 0x7F) || c == '\t';
                    });
  if (!token || !line || ours(name)) {
    section.reject("headers",
                   "headers: expected names and values of HTTP fields, none of them one "
                   "that Purser sets itself, got \"" +
                       name.substr(0, 60) + "\"");
    return;
  }
  target.headers.emplace_back(name, values.front());
}

/// A target is one thing: what says nothing to the other kind is a mistake there.
void check_ways(Section& section, const AlertTargetConfig& target) {
  const std::string name = target.name + ": ";
  const int ways = (target.webhook.empty() ? 0 : 1) + (target.webhook_env.empty() ? 0 : 1) +
                   (target.command.empty() ? 0 : 1);
  if (ways != 1) {
    section.reject("name", name + "expected one of webhook, webhook_env and command");
    return;
  }
  const auto strange = [&](std::string_view key, std::string_view way) {
    if (section.has(key)) {
      section.reject(key, name + std::string(key) + " is for a " + std::string(way));
    }
  };
  if (target.command.empty()) {
    for (const std::string_view key : {"args", "pass_env"}) {
      strange(key, "command");
    }
  } else {
    for (const std::string_view key : {"format", "headers", "secret_env", "ca_file"}) {
      strange(key, "webhook");
    }
  }
}

void read_target(Section& section, AlertTargetConfig& target) {
  section.scalar("name", target.name, parse_text);
  section.scalar("webhook", target.webhook, read_address);
  section.scalar("webhook_env", target.webhook_env, read_variable);
  section.choice("format", target.format,
                 {{"json", WebhookFormat::json}, {"slack", WebhookFormat::slack}});
  section.table("headers", [&](const std::string& name, const std::vector<std::string>& values) {
    read_header(section, name, values, target);
  });
  section.scalar("secret_env", target.secret_env, read_variable);
  section.scalar("ca_file", target.ca_file, parse_text);
  section.scalar("command", target.command, read_program);
  section.list("args", target.args,
               [](std::string_view text) -> Result<std::string> { return std::string(text); });
  section.list("pass_env", target.pass_env, read_variable);
  section.scalar("timeout", target.timeout, parse_seconds);
  section.choice(
      "min_severity", target.severity_min,
      {{"info", Severity::info}, {"warning", Severity::warning}, {"critical", Severity::critical}});
  section.list("match", target.match, read_kind);
  if (section.sound()) {
    check_ways(section, target);
  }
}

}  // namespace

void read_alerts(Section& root, AlertsConfig& alerts) {
  root.scalar("repeat", alerts.repeat, parse_duration);
  root.scalar("give_up_after", alerts.give_up_after, parse_duration);
  root.sections("targets", [&](Section& section) {
    AlertTargetConfig target;
    read_target(section, target);
    if (target.name.empty()) {
      section.reject("name", "a target needs a name");
    }
    for (const AlertTargetConfig& other : alerts.targets) {
      if (other.name == target.name) {
        section.reject("name", "another target has the name " + target.name);
      }
    }
    if (alerts.targets.size() == kAlertTargetsMax) {
      section.reject("name", "more than " + std::to_string(kAlertTargetsMax) + " targets");
    }
    alerts.targets.push_back(std::move(target));
  });
}

}  // namespace purser
