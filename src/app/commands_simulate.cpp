// app/commands_simulate.cpp — `purser simulate`: the simulated provider, by itself.
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

#include "app/commands.hpp"
#include "app/quantity.hpp"
#include "simulate/provider.hpp"
#include "simulate/script.hpp"

namespace purser {
namespace {

void add_pace(CLI::App& command, simulate::Options& options) {
  add_parsed(command, "--first-byte", options.first_byte, parse_duration,
             "mean time to an answer's first byte, such as 300ms");
  command
      .add_option_function<std::int64_t>(
          "--per-token-us",
          [&options](std::int64_t us) { options.per_token = std::chrono::microseconds(us); },
          "mean time of one output token, microseconds")
      ->check(CLI::Range(0, 10'000'000));
  command.add_option("--output-mean", options.output_mean, "mean length of an answer, tokens")
      ->check(CLI::Range(1, 1'000'000));
  command.add_option("--tool-calls", options.tool_call_rate, "share of answers that call a tool")
      ->check(CLI::Range(0.0, 1.0));
}

void add_faults(CLI::App& command, simulate::Options& options) {
  command.add_option_function<std::vector<std::string>>(
      "--fault",
      [&options](const std::vector<std::string>& texts) {
        for (const std::string& text : texts) {
          auto fault = simulate::parse_fault_rate(text);
          if (!fault) {
            throw CLI::ValidationError("--fault", fault.error().message);
          }
          options.faults.push_back(std::move(*fault));
        }
      },
      "a control word spoken by chance, such as 429=0.02; may be repeated");
  command
      .add_option_function<std::int64_t>(
          "--tokens-after-disconnect",
          [&options](std::int64_t tokens) { options.tokens_after_disconnect = tokens; },
          "how many more tokens are made and billed after a client left (default: all)")
      ->check(CLI::Range(0, 1'000'000));
}

}  // namespace

void add_simulate(CLI::App& purser, Action& chosen) {
  CLI::App* command =
      purser.add_subcommand("simulate", "Be a provider, with seeded answers and an own bill");
  command->footer(
      "Control words, in the header x-simulate or behind a model's name (gpt-4o#cut=120):\n" +
      simulate::words_help() + "\nExample: purser simulate --port 8485 --seed 7 --fault 429=0.02");
  auto options = std::make_shared<simulate::Options>();
  command->add_option("--host", options->host, "address to listen on")->capture_default_str();
  command->add_option("--port", options->port, "port to listen on")->capture_default_str();
  command->add_option("--seed", options->seed, "same seed, same answers")->capture_default_str();
  add_pace(*command, *options);
  add_faults(*command, *options);
  command->callback(
      [options, &chosen] { chosen = [options] { return simulate::serve(*options); }; });
}

}  // namespace purser
