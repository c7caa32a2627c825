// app/commands.cpp — what the commands share, and the three that need nothing else.
#include "app/commands.hpp"

#include <fmt/core.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <map>
#include <memory>
#include <utility>

#include "app/policy.hpp"
#include "app/provider_doubts.hpp"
#include "app/serve.hpp"
#include "app/version.hpp"

namespace purser {

void BooksOption::add_to(CLI::App& command) {
  command.add_option("-c,--config", config_file,
                     "configuration (default: purser.yaml in this folder, when there is one)");
  command.add_option("--data", data, "folder of the books (default: as configured, else ./data)");
}

std::filesystem::path BooksOption::file() const {
  constexpr const char* kUsual = "purser.yaml";
  if (!config_file.empty()) {
    return config_file;
  }
  std::error_code ignored;
  return std::filesystem::exists(kUsual, ignored) ? kUsual : std::filesystem::path{};
}

Result<Config> BooksOption::read() const {
  return load_config(file(), data);
}

void add_format(CLI::App& command, Format& format) {
  static const std::map<std::string, Format> kFormats{
      {"table", Format::table}, {"json", Format::json}, {"csv", Format::csv}};
  command.add_option("--format", format, "table (default), json or csv")
      ->transform(CLI::CheckedTransformer(kFormats))
      ->option_text("FORMAT");
}

int complain(const Error& error) {
  fmt::print(stderr, "purser: {}\n", error.message);
  return kFinding;
}

void add_serve(CLI::App& purser, Action& chosen) {
  CLI::App* command = purser.add_subcommand("serve", "Start the gateway");
  command->footer("Example: purser serve --config purser.yaml\nExit: 0 stopped in order, 1 not.");
  auto books = std::make_shared<BooksOption>();
  books->add_to(*command);
  command->callback([books, &chosen] {
    chosen = [books] {
      const Result<Config> config = books->read();
      if (!config) {
        return complain(config.error());
      }
      return serve(*config, {.config_file = books->file(), .data = books->data});
    };
  });
}

void add_check_config(CLI::App& purser, Action& chosen) {
  CLI::App* command =
      purser.add_subcommand("check-config", "Read a configuration and say what is wrong with it");
  command->footer(
      "Example: purser check-config purser.yaml\nRules that can never match or always deny, "
      "and providers without a key or prices, are doubted, not refused.\nExit: 0 sound, 1 not.");
  auto file = std::make_shared<std::string>();
  command->add_option("FILE", *file, "the configuration")->required();
  command->callback([file, &chosen] {
    chosen = [file] {
      const Result<Config> config = load_config(*file);
      if (!config) {
        return complain(config.error());
      }
      const auto prices = read_prices(*config);
      if (!prices) {
        return complain(prices.error());
      }
      for (const auto& doubtful :
           {doubts(config->limits, config->tiers), provider_doubts(*config, *prices)}) {
        for (const std::string& doubt : doubtful) {
          fmt::print(stderr, "{}: doubtful: {}\n", *file, doubt);
        }
      }
      fmt::print("{}: sound\n", *file);
      return int{kDone};
    };
  });
}

void add_version(CLI::App& purser, Action& chosen) {
  CLI::App* command = purser.add_subcommand("version", "Say which Purser this is");
  command->footer("Example: purser version");
  command->callback([&chosen] {
    chosen = [] {
      fmt::print("purser {}\n", kVersion);
      return int{kDone};
    };
  });
}

int run(CLI::App& purser, const Action& chosen, int count, char** words) {
  try {
    purser.parse(count, words);
  } catch (const CLI::ParseError& error) {
    // CLI11 prints help to standard output, everything else to standard error.
    return purser.exit(error) == 0 ? kDone : kUsage;
  }
  return chosen();
}

}  // namespace purser
