// app/commands_limits.cpp — `purser limits show` and `list`: how a caller stands, what another tier
// would change, and the rules as they are configured. Both read beside a running gateway.
#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <memory>

#include "app/commands.hpp"
#include "app/limits_table.hpp"
#include "app/quantity.hpp"
#include "pipeline/services.hpp"
#include "store/keys.hpp"
#include "store/tables.hpp"

namespace purser {
namespace {

struct ShowOptions {
  BooksOption books;
  Caller caller;
  std::string provider;
  std::string model;
  Dialect dialect = Dialect::chat;
  std::vector<std::string> tags;
  Format format = Format::table;
};

bool has_books(const std::filesystem::path& data) {
  std::error_code ignored;
  return std::filesystem::exists(data / kDatabaseName, ignored);
}

void fill(std::string& label, const std::string& known) {
  if (label.empty()) {
    label = known;
  }
}

/// What the command line leaves open is taken from the key that is named; a user's tier, from the
/// only one their keys have.
Result<void> fill_from_keys(Caller& caller, const std::filesystem::path& data) {
  const bool asks = !caller.key.empty() || (!caller.user.empty() && caller.tier.empty());
  if (!asks || !has_books(data)) {
    return {};
  }
  const auto book = KeyBook::open(data);
  if (!book) {
    return std::unexpected(book.error());
  }
  const auto keys = (*book)->list();
  if (!keys) {
    return std::unexpected(keys.error());
  }
  std::vector<std::string> tiers;
  for (const KeyRecord& key : *keys) {
    if (key.id == caller.key) {
      for (std::string Caller::* label :
           {&Caller::user, &Caller::tier, &Caller::team, &Caller::feature, &Caller::session}) {
        fill(caller.*label, key.caller.*label);
      }
    } else if (key.caller.user == caller.user && key.revoked == Instant::never() &&
               std::ranges::find(tiers, key.caller.tier) == tiers.end()) {
      tiers.push_back(key.caller.tier);
    }
  }
  if (caller.tier.empty() && !caller.user.empty() && tiers.size() == 1) {
    caller.tier = tiers.front();
  }
  return {};
}

Result<void> read_tags(Caller& caller, const std::vector<std::string>& tags) {
  for (const std::string& tag : tags) {
    const std::size_t equals = tag.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return fail(Fault::client, "--tag: expected name=value, got \"" + tag + "\"");
    }
    caller.tags.emplace_back(tag.substr(0, equals), tag.substr(equals + 1));
  }
  return {};
}

/// What is told beside the table, so that scripts read the table alone.
void remark(const std::string& line) {
  fmt::print(stderr, "purser: {}\n", line);
}

std::string who_text(const Caller& caller) {
  std::string text;
  for (const auto& [name, value] :
       {std::pair{"user", &caller.user}, std::pair{"tier", &caller.tier},
        std::pair{"team", &caller.team}, std::pair{"feature", &caller.feature},
        std::pair{"key", &caller.key}, std::pair{"session", &caller.session}}) {
    if (!value->empty()) {
      text += (text.empty() ? "" : ", ") + std::string(name) + ' ' + *value;
    }
  }
  return text.empty() ? "a caller that says nothing of itself" : text;
}

int show_limits(const ShowOptions& options) {
  const auto config = options.books.read();
  if (!config) {
    return complain(config.error());
  }
  Caller caller = options.caller;
  if (auto read = read_tags(caller, options.tags); !read) {
    return complain(read.error());
  }
  if (auto filled = fill_from_keys(caller, config->data); !filled) {
    return complain(filled.error());
  }
  const auto limits = LimitSet::compile(config->limits, config->time_zone, config->tiers);
  if (!limits) {
    return complain(limits.error());
  }
  LimitsView view{
      .limits = &*limits,
      .tiers = caller.user.empty() ? std::vector<std::string>() : tiers_of(*config),
      .now = now(),
      .figures = options.format == Format::table ? Figures::for_people : Figures::exact};
  const Facts facts{.caller = caller,
                    .provider = options.provider,
                    .model = options.model,
                    .dialect = options.dialect};
  view.control = control_of(config->workloads, facts);
  if (has_books(config->data)) {
    const auto standings = read_standings(config->data, accounts_touched(view, facts));
    if (!standings) {
      return complain(standings.error());
    }
    view.standings = *standings;
  } else {
    remark("no books in " + config->data.string() + " yet: nothing is used");
  }
  const Table table = limits_table(view, facts);
  fmt::print("{}", to_text(table, options.format));
  if (config->limits.empty()) {
    remark("no limits are configured: see `limits:` in docs/configuration.md");
  } else if (table.rows.empty()) {
    remark("no limit is for " + who_text(caller) + "; `purser limits list` shows them all");
  } else if (options.format == Format::table) {
    remark("for " + who_text(caller));
  }
  return kDone;
}

int list_limits(const BooksOption& books, Format format) {
  const auto config = books.read();
  if (!config) {
    return complain(config.error());
  }
  fmt::print("{}", to_text(rules_table(config->limits), format));
  if (config->limits.empty()) {
    remark("no limits are configured: see `limits:` in docs/configuration.md");
  }
  for (const std::string& doubt : doubts(config->limits, config->tiers)) {
    remark("doubtful: " + doubt);
  }
  return kDone;
}

Result<Dialect> parse_dialect(std::string_view text) {
  if (const auto dialect = dialect_named(text, kAllDialects)) {
    return *dialect;
  }
  return fail(Fault::client, "expected " + names_of(kAllDialects));
}

void add_show(CLI::App& limits, Action& chosen) {
  CLI::App* command =
      limits.add_subcommand("show", "What a caller has used, what is left, and when it resets");
  command->footer(
      "Examples: purser limits show --user ann\n"
      "          purser limits show --user ann --tier paid --format json\n"
      "          purser limits show --team search --model gpt-4o\n"
      "With --user there is a column for each tier: what it would allow the same user.\n"
      "Labels left out are taken from the key, when it is named. Limits that match a model or a\n"
      "provider are shown when those are named.");
  const auto options = std::make_shared<ShowOptions>();
  for (const auto& [name, label] :
       {std::pair{"user", &Caller::user}, std::pair{"tier", &Caller::tier},
        std::pair{"team", &Caller::team}, std::pair{"feature", &Caller::feature},
        std::pair{"key", &Caller::key}, std::pair{"session", &Caller::session}}) {
    add_parsed(*command, "--" + std::string(name), options->caller.*label, parse_text,
               "calls of this " + std::string(name));
  }
  command->add_option("--tag", options->tags, "name=value; may be given several times");
  add_parsed(*command, "--provider", options->provider, parse_text, "calls to this provider");
  add_parsed(*command, "--model", options->model, parse_text, "calls of this model");
  add_parsed(*command, "--dialect", options->dialect, parse_dialect,
             names_of(kAllDialects) + " (default: chat)");
  options->books.add_to(*command);
  add_format(*command, options->format);
  command->callback([options, &chosen] { chosen = [options] { return show_limits(*options); }; });
}

void add_list(CLI::App& limits, Action& chosen) {
  struct Options {
    BooksOption books;
    Format format = Format::table;
  };
  CLI::App* command = limits.add_subcommand("list", "The limits as configured, and what is odd");
  command->footer("Example: purser limits list --config purser.yaml");
  const auto options = std::make_shared<Options>();
  options->books.add_to(*command);
  add_format(*command, options->format);
  command->callback([options, &chosen] {
    chosen = [options] { return list_limits(options->books, options->format); };
  });
}

}  // namespace

void add_limits(CLI::App& purser, Action& chosen) {
  CLI::App* command =
      purser.add_subcommand("limits", "How callers stand, and the rules they stand under");
  command->require_subcommand(1);
  command->footer("Example: purser limits show --user ann");
  add_show(*command, chosen);
  add_list(*command, chosen);
}

}  // namespace purser
