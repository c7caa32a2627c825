// alerts/message.cpp — written by appending; golden files in the test hold every byte.
#include "alerts/message.hpp"

#include <algorithm>

#include "base/json_text.hpp"

namespace purser {
namespace {

/// Slack refuses a section's text beyond 3000 characters and a field beyond 2000, and an escape
/// makes five of one.
constexpr std::size_t kSlackSentenceMax = 600;
constexpr std::size_t kSlackFactMax = 400;

struct Named {
  std::string_view name;
  std::string value;
};

/// Every field of the alert but its count, which is a number in JSON.
std::vector<Named> fields_of(const Alert& alert) {
  return {{"id", alert_name(alert.id)},
          {"key", alert.key},
          {"kind", std::string(to_string(alert.kind))},
          {"severity", std::string(to_string(alert.severity))},
          {"state", std::string(to_string(alert.state))},
          {"subject", alert.subject},
          {"limit", alert.limit},
          {"used", alert.used},
          {"max", alert.max},
          {"share", alert.share},
          {"text", alert.text},
          {"at", to_rfc3339(alert.at)},
          {"since", to_rfc3339(alert.since)}};
}

/// Slack's three escapes: without them a name could be a mention or a link.
std::string slack_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// "limit_reached" → "Limit reached".
std::string title_of(AlertKind kind) {
  std::string title(to_string(kind));
  std::ranges::replace(title, '_', ' ');
  title.front() = static_cast<char>(title.front() - 'a' + 'A');
  return title;
}

std::string_view badge_of(const Alert& alert) {
  if (alert.state == AlertState::recovered) {
    return "\U0001F7E2";  // green circle
  }
  switch (alert.severity) {
    case Severity::critical:
      return "\U0001F534";
    case Severity::warning:
      return "\U0001F7E1";
    case Severity::info:
      break;
  }
  return "\U0001F535";
}

std::string headline(const Alert& alert) {
  std::string line(badge_of(alert));
  line += ' ';
  line += title_of(alert.kind);
  line += alert.state == AlertState::recovered ? ": recovered" : ", ";
  if (alert.state == AlertState::firing) {
    line += to_string(alert.severity);
  }
  return line;
}

void append_plain(std::string& out, std::string_view text) {
  JsonObject(out).text("type", "plain_text").text("text", slack_text(text)).finish();
}

/// "Limit: free tier", "Used: 1.98 USD of 2.00 USD (0.99)", …; none that says nothing.
std::vector<std::string> facts_of(const Alert& alert) {
  std::vector<std::string> facts;
  if (!alert.subject.empty()) {
    facts.push_back("Subject: " + alert.subject);
  }
  if (!alert.limit.empty()) {
    facts.push_back("Limit: " + alert.limit);
  }
  if (!alert.used.empty()) {
    facts.push_back("Used: " + alert.used + (alert.max.empty() ? "" : " of " + alert.max) +
                    (alert.share.empty() ? "" : " (" + alert.share + ")"));
  }
  facts.push_back("Since: " + to_rfc3339(alert.since));
  if (alert.count > 1) {
    facts.push_back("Fired: " + std::to_string(alert.count) + " times");
  }
  return facts;
}

}  // namespace

std::string to_json(const Alert& alert) {
  std::string json;
  JsonObject object(json);
  for (const Named& field : fields_of(alert)) {
    object.text(field.name, field.value);
  }
  object.number("count", alert.count);
  object.finish();
  return json;
}

std::string to_slack(const Alert& alert) {
  const std::string title = headline(alert);
  std::string header;
  append_plain(header, title);
  std::string sentence;
  const std::string_view words =
      cut(alert.text.empty() ? alert.key : alert.text, kSlackSentenceMax);
  append_plain(sentence, words);
  std::string fields;
  for (const std::string& fact : facts_of(alert)) {
    fields += fields.empty() ? "" : ",";
    append_plain(fields, cut(fact, kSlackFactMax));
  }
  std::string names;
  append_plain(names, cut(alert_name(alert.id) + " " + alert.key, kSlackFactMax));
  const std::string blocks = R"([{"type":"header","text":)" + header +
                             R"(},{"type":"section","text":)" + sentence +
                             R"(},{"type":"section","fields":[)" + fields +
                             R"(]},{"type":"context","elements":[)" + names + "]}]";
  std::string json;
  JsonObject(json).text("text", title + ": " + slack_text(words)).raw("blocks", blocks).finish();
  return json;
}

std::vector<std::pair<std::string, std::string>> to_environment(const Alert& alert) {
  std::vector<std::pair<std::string, std::string>> variables;
  const auto add = [&](std::string_view name, std::string value) {
    std::string variable = "PURSER_ALERT_";
    for (const char c : name) {
      variable += static_cast<char>(c - 'a' + 'A');
    }
    variables.emplace_back(std::move(variable), std::move(value));
  };
  for (Named& field : fields_of(alert)) {
    add(field.name, std::move(field.value));
  }
  add("count", std::to_string(alert.count));
  return variables;
}

}  // namespace purser
