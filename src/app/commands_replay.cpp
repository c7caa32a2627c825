// app/commands_replay.cpp — `purser replay`: recorded sessions, played through the gateway.
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

#include "app/commands.hpp"
#include "app/replay.hpp"

namespace purser {
namespace {

void add_traffic(CLI::App& command, ReplayOptions& options) {
  command.add_option("--users", options.users, "users the sessions are dealt out to")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command.add_option("--tiers", options.tiers, "tiers the users are dealt out to")
      ->delimiter(',')
      ->capture_default_str();
  add_parsed(command, "--speed", options.speed, parse_speed,
             "100x: a hundred times as fast as recorded; max: no pauses (default: 1x)");
  command.add_option("--concurrency", options.concurrency, "sessions at the same time")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command.add_option("--sessions", options.sessions, "how many; 0: each once")
      ->check(CLI::Range(0, 1'000'000'000))
      ->capture_default_str();
  command.add_option("--output-max", options.output_max, "output bound of every call, tokens")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command.add_option("--stream-percent", options.stream_percent, "share of sessions that stream")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  command.add_option_function<std::vector<std::string>>(
      "--model",
      [&options](const std::vector<std::string>& texts) {
        for (const std::string& text : texts) {
          auto mapping = parse_model_mapping(text);
          if (!mapping) {
            throw CLI::ValidationError("--model", mapping.error().message);
          }
          options.models.push_back(std::move(*mapping));
        }
      },
      "play a recorded model as another, recorded=played; =played is for all; may be repeated");
}

}  // namespace

void add_replay(CLI::App& purser, Action& chosen) {
  CLI::App* command = purser.add_subcommand(
      "replay", "Play recorded agent sessions through the gateway, and say what they cost");
  command->footer(
      "Example: purser replay sessions.jsonl.zst --users 50 --speed 100x --key prs_…\n"
      "Exit: 0 calls were answered or refused, 1 none was, or the file cannot be read.");
  const auto options = std::make_shared<ReplayOptions>();
  command->add_option("FILE", options->file, "JSON lines, plain or zstd")->required();
  command->add_option("--base", options->base, "the gateway")->capture_default_str();
  command->add_option("--key", options->key, "a key of Purser's (default: $PURSER_KEY)")
      ->envname("PURSER_KEY");
  add_traffic(*command, *options);
  add_format(*command, options->format);
  command->callback([options, &chosen] { chosen = [options] { return replay(*options); }; });
}

}  // namespace purser
