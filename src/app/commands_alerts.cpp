// app/commands_alerts.cpp — `purser alerts`: does an alert arrive, and what has been told.
#include <fmt/core.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

#include "app/alert_policy.hpp"
#include "app/commands.hpp"
#include "app/quantity.hpp"
#include "pipeline/services.hpp"
#include "store/outbox.hpp"

namespace purser {
namespace {

struct TestOptions {
  BooksOption books;
  std::string target;  // empty: all
  Format format = Format::table;
};

/// Goes past dedup, filters and outbox: it shows whether a target can be reached, nothing else.
Alert test_alert() {
  const Instant at = now();
  return {.key = "test",
          .kind = AlertKind::test,
          .severity = Severity::info,
          .subject = {},
          .limit = {},
          .used = {},
          .max = {},
          .share = {},
          .text = "A test: alerts of this Purser arrive here.",
          .at = at,
          .since = at};
}

Result<AlertPolicy> chosen_targets(const TestOptions& options) {
  auto config = options.books.read();
  if (!config) {
    return std::unexpected(config.error());
  }
  if (!options.target.empty()) {
    std::erase_if(config->alerts.targets,
                  [&](const AlertTargetConfig& target) { return target.name != options.target; });
  }
  if (config->alerts.targets.empty()) {
    return fail(Fault::config, options.target.empty()
                                   ? "no alert targets are configured (alerts.targets)"
                                   : "there is no alert target " + options.target);
  }
  return make_alert_policy(config->alerts);
}

int send_test(const TestOptions& options) {
  const auto policy = chosen_targets(options);
  if (!policy) {
    return complain(policy.error());
  }
  using enum Column::Kind;
  Table table{.columns = {{"target"}, {"way"}, {"result"}, {"ms", number}, {"said"}}, .rows = {}};
  int code = kDone;
  const auto tried = attempt_all(policy->outlets, test_alert());
  for (std::size_t i = 0; i < tried.size(); ++i) {
    const AlertTarget& target = policy->outlets[i]->target;
    const bool arrived = tried[i].attempt.result == Attempt::Result::delivered;
    code = arrived ? code : kFinding;
    table.add({target.name, std::string(way_of(target)), arrived ? "delivered" : "failed",
               std::to_string(tried[i].took.count()), tried[i].attempt.said});
  }
  fmt::print("{}", to_text(table, options.format));
  return code;
}

void add_test(CLI::App& alerts, Action& chosen) {
  CLI::App* command = alerts.add_subcommand("test", "Send a test alert and say what came of it");
  command->footer("Example: purser alerts test --target ops\nExit: 0 all arrived, 1 not.");
  const auto options = std::make_shared<TestOptions>();
  command->add_option("--target", options->target, "only this one (default: all)");
  options->books.add_to(*command);
  add_format(*command, options->format);
  command->callback([options, &chosen] { chosen = [options] { return send_test(*options); }; });
}

struct ListOptions {
  BooksOption books;
  Instant since;
  Format format = Format::table;
};

/// "ops (3 tries: 503), page": those of the deliveries that are in `state`.
std::string targets_in(const AlertRow& row, Delivery::State state) {
  std::string text;
  for (const AlertRow::Sent& sent : row.sent) {
    if (sent.delivery.state == state) {
      text += (text.empty() ? "" : ", ") + sent.target;
      if (!sent.delivery.error.empty()) {
        text += fmt::format(" ({} tries: {})", sent.delivery.attempts, sent.delivery.error);
      }
    }
  }
  return text;
}

int show_alerts(const ListOptions& options) {
  const auto config = options.books.read();
  if (!config) {
    return complain(config.error());
  }
  const auto rows = list_alerts(config->data, options.since);
  if (!rows) {
    return complain(rows.error());
  }
  using enum Column::Kind;
  Table table{.columns = {{"id"},
                          {"at"},
                          {"kind"},
                          {"severity"},
                          {"state"},
                          {"subject"},
                          {"limit"},
                          {"count", number},
                          {"text"},
                          {"delivered"},
                          {"waiting"},
                          {"given_up"}},
              .rows = {}};
  for (const AlertRow& row : *rows) {
    const Alert& alert = row.alert;
    table.add({alert_name(alert.id), to_rfc3339(alert.at), std::string(to_string(alert.kind)),
               std::string(to_string(alert.severity)), std::string(to_string(alert.state)),
               alert.subject, alert.limit, std::to_string(alert.count), alert.text,
               targets_in(row, Delivery::State::delivered),
               targets_in(row, Delivery::State::waiting),
               targets_in(row, Delivery::State::given_up)});
  }
  fmt::print("{}", to_text(table, options.format));
  return kDone;
}

void add_list(CLI::App& alerts, Action& chosen) {
  CLI::App* command = alerts.add_subcommand("list", "What was told, and who has not heard it yet");
  command->footer("Example: purser alerts list --since 7d");
  const auto options = std::make_shared<ListOptions>();
  add_parsed(
      *command, "--since", options->since,
      [](std::string_view text) { return parse_since(text, now()); },
      "from this date, time, or so long ago: 7d (default: all)");
  options->books.add_to(*command);
  add_format(*command, options->format);
  command->callback([options, &chosen] { chosen = [options] { return show_alerts(*options); }; });
}

}  // namespace

void add_alerts(CLI::App& purser, Action& chosen) {
  CLI::App* alerts = purser.add_subcommand("alerts", "Who is told when something is wrong");
  alerts->require_subcommand(1);
  alerts->footer("Example: purser alerts test");
  add_test(*alerts, chosen);
  add_list(*alerts, chosen);
}

}  // namespace purser
