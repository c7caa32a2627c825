// app/commands.hpp — the verbs of the `purser` command. Each file commands_x.cpp adds its own: its
// options, its help with an example, and what it does.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>

#include "app/config.hpp"
#include "app/table.hpp"
#include "base/result.hpp"

namespace purser {

/// What a command ends with, as scripts see it.
enum Exit : int {
  kDone = 0,
  kFinding = 1,  // it was looked at and is not as it should be, or could not be done
  kUsage = 2,    // the command line itself is wrong
};

/// What the command line has chosen. Set while it is read, run afterwards.
using Action = std::function<int()>;

void add_serve(CLI::App& purser, Action& chosen);
void add_check_config(CLI::App& purser, Action& chosen);
void add_keys(CLI::App& purser, Action& chosen);
void add_kill(CLI::App& purser, Action& chosen);
void add_resume(CLI::App& purser, Action& chosen);
void add_kills(CLI::App& purser, Action& chosen);
void add_audit(CLI::App& purser, Action& chosen);
void add_alerts(CLI::App& purser, Action& chosen);
void add_prices(CLI::App& purser, Action& chosen);
/// Below `purser prices`.
void add_prices_diff(CLI::App& prices, Action& chosen);
void add_prices_import(CLI::App& prices, Action& chosen);
void add_costs(CLI::App& purser, Action& chosen);
void add_reconcile(CLI::App& purser, Action& chosen);
void add_re_rate(CLI::App& purser, Action& chosen);
void add_limits(CLI::App& purser, Action& chosen);
void add_explain(CLI::App& purser, Action& chosen);
void add_report(CLI::App& purser, Action& chosen);
void add_verify_books(CLI::App& purser, Action& chosen);
void add_simulate(CLI::App& purser, Action& chosen);
void add_replay(CLI::App& purser, Action& chosen);
void add_version(CLI::App& purser, Action& chosen);

/// --config and --data, as every command that needs the books takes them.
struct BooksOption {
  std::string config_file;  // empty: purser.yaml, when there is one here
  std::string data;         // empty: as the configuration says

  void add_to(CLI::App& command);
  /// The file that is read; empty when there is none and the defaults serve.
  std::filesystem::path file() const;
  Result<Config> read() const;
};

/// An option read by `parse`, whose error says what was expected. One that does not parse is a
/// wrong command line.
template <typename T, typename Parse>
CLI::Option* add_parsed(CLI::App& command, const std::string& name, T& target, Parse parse,
                        const std::string& help) {
  return command.add_option_function<std::string>(
      name,
      [&target, name, parse](const std::string& text) {
        auto value = parse(std::string_view(text));
        if (!value) {
          throw CLI::ValidationError(name, value.error().message);
        }
        target = std::move(*value);
      },
      help);
}

/// --format table|json|csv.
void add_format(CLI::App& command, Format& format);

/// Says `error` on standard error, in one line a problem, and answers kFinding.
int complain(const Error& error);

/// Reads the command line and does what it says. Answers the exit code.
int run(CLI::App& purser, const Action& chosen, int count, char** words);

}  // namespace purser
