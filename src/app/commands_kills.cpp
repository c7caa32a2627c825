// app/commands_kills.cpp — `purser kill`, `resume`, `kills` and `audit`: calls switched off and on
// again, and who did that. They write to the books' database; a running gateway follows within
// 100 ms.
#include <fmt/core.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdlib>
#include <memory>

#include "app/commands.hpp"
#include "app/quantity.hpp"
#include "pipeline/services.hpp"
#include "store/audit.hpp"
#include "store/kills.hpp"

namespace purser {
namespace {

/// Which calls, as flags: any mixture of labels, or --all.
struct TargetOptions {
  KillTarget target;
  bool all = false;

  void add_to(CLI::App& command, const std::string& all_help) {
    for (const KillLabel& label : kKillLabels) {
      const std::string name(label.name);
      add_parsed(
          command, "--" + name, target.*label.value, parse_text,
          "calls of this " + name + (name == "model" ? ", whatever the date of its snapshot" : ""));
    }
    command.add_flag("--all", all, all_help);
  }
  bool named() const { return target != KillTarget{}; }
};

/// Who does it, as the audit shall say.
std::string this_person() {
  const char* user = std::getenv("USER");
  return user == nullptr || *user == '\0' ? "cli" : user;
}

Result<std::unique_ptr<KillBook>> open_kills(const BooksOption& books) {
  const auto config = books.read();
  if (!config) {
    return std::unexpected(config.error());
  }
  return KillBook::open(config->data);
}

std::string moment(Instant at) {
  return at == Instant::never() ? "" : to_rfc3339(at);
}

Table kills_table(const std::vector<KillSwitch>& kills) {
  using enum Column::Kind;
  Table table{.columns = {{"id", number}}, .rows = {}};
  for (const KillLabel& label : kKillLabels) {
    table.columns.push_back({std::string(label.name)});
  }
  for (const char* name : {"hard", "at", "until", "who", "why"}) {
    table.columns.push_back({name});
  }
  for (const KillSwitch& kill : kills) {
    std::vector<std::string> row{std::to_string(kill.id.count())};
    for (const KillLabel& label : kKillLabels) {
      row.push_back(kill.target.*label.value);
    }
    row.insert(row.end(), {kill.reach == Reach::running ? "yes" : "no", moment(kill.at),
                           moment(kill.until), kill.who, kill.why});
    table.add(std::move(row));
  }
  return table;
}

struct KillOptions {
  BooksOption books;
  TargetOptions target;
  KillSwitch kill;
  bool hard = false;
  std::string until;
};

int throw_switch(const KillOptions& options) {
  const auto book = open_kills(options.books);
  if (!book) {
    return complain(book.error());
  }
  KillSwitch kill = options.kill;
  kill.target = options.target.target;
  kill.reach = options.hard ? Reach::running : Reach::new_calls;
  const auto id = (*book)->add(kill);
  if (!id) {
    return complain(id.error());
  }
  fmt::print("kill switch {}: {} switched off{}\n", id->count(), to_text(kill.target),
             kill.until == Instant::never() ? "" : " until " + to_rfc3339(kill.until));
  return kDone;
}

/// "12" as `purser kills` shows it.
Result<KillId> parse_kill_id(std::string_view text) {
  const auto number = parse_whole(text, 1, INT64_MAX);
  return number ? Result<KillId>(KillId(*number)) : std::unexpected(number.error());
}

struct ResumeOptions {
  BooksOption books;
  TargetOptions target;
  std::optional<KillId> id;
  std::string who = this_person();
};

int resume(const ResumeOptions& options) {
  const auto book = open_kills(options.books);
  if (!book) {
    return complain(book.error());
  }
  KillBook::Wanted wanted{.id = options.id, .target = {}};
  if (options.target.named()) {
    wanted.target = options.target.target;
  }
  const auto resumed = (*book)->resume(wanted, options.who, now());
  if (!resumed) {
    return complain(resumed.error());
  }
  for (const KillSwitch& kill : *resumed) {
    fmt::print("kill switch {}: {} resumed\n", kill.id.count(), to_text(kill.target));
  }
  return kDone;
}

int show_kills(const BooksOption& books, Format format) {
  const auto book = open_kills(books);
  if (!book) {
    return complain(book.error());
  }
  const auto kills = (*book)->list(now());
  if (!kills) {
    return complain(kills.error());
  }
  fmt::print("{}", to_text(kills_table(*kills), format));
  return kDone;
}

int show_audit(const BooksOption& books, Instant since, Format format) {
  const auto config = books.read();
  if (!config) {
    return complain(config.error());
  }
  const auto lines = read_audit(config->data, since);
  if (!lines) {
    return complain(lines.error());
  }
  Table table{.columns = {{"at"}, {"who"}, {"what"}}, .rows = {}};
  for (const AuditLine& line : *lines) {
    table.add({to_rfc3339(line.at), line.who, line.what});
  }
  fmt::print("{}", to_text(table, format));
  return kDone;
}

}  // namespace

void add_kill(CLI::App& purser, Action& chosen) {
  CLI::App* command =
      purser.add_subcommand("kill", "Switch calls off, in every running gateway on these books");
  command->footer(
      "Example: purser kill --feature digest --hard --for 2h --why \"loops since the release\"\n"
      "Labels together mean calls that carry all of them.");
  const auto options = std::make_shared<KillOptions>();
  options->kill.who = this_person();
  options->target.add_to(*command, "all calls");
  command->add_flag("--hard", options->hard, "end answers under way too, at once");
  command->add_option("--why", options->kill.why, "the reason, as callers and the audit read it")
      ->required();
  command->add_option("--for", options->until,
                      "how long, 2h, or until which date or time (default: until it is resumed)");
  add_parsed(*command, "--who", options->kill.who, parse_text, "who does it (default: $USER)");
  options->books.add_to(*command);
  command->callback([options, &chosen] {
    if (options->target.named() == options->target.all) {
      throw CLI::ValidationError("kill", "say which calls: by labels, or --all");
    }
    options->kill.at = now();
    if (!options->until.empty()) {
      const auto until = parse_until(options->until, options->kill.at);
      if (!until) {
        throw CLI::ValidationError("--for", until.error().message);
      }
      options->kill.until = *until;
    }
    chosen = [options] { return throw_switch(*options); };
  });
}

void add_resume(CLI::App& purser, Action& chosen) {
  CLI::App* command = purser.add_subcommand("resume", "Switch calls on again");
  command->footer(
      "Examples: purser resume 12\n          purser resume --feature digest\n"
      "Labels must be those the switch was thrown with.");
  const auto options = std::make_shared<ResumeOptions>();
  add_parsed(*command, "ID", options->id, parse_kill_id, "the switch, as `purser kills` shows it");
  options->target.add_to(*command, "every switch there is");
  add_parsed(*command, "--who", options->who, parse_text, "who does it (default: $USER)");
  options->books.add_to(*command);
  command->callback([options, &chosen] {
    const int ways =
        int{options->id.has_value()} + int{options->target.named()} + int{options->target.all};
    if (ways != 1) {
      throw CLI::ValidationError("resume", "say which switch: its ID, its labels, or --all");
    }
    chosen = [options] { return resume(*options); };
  });
}

void add_kills(CLI::App& purser, Action& chosen) {
  struct Options {
    BooksOption books;
    Format format = Format::table;
  };
  CLI::App* command = purser.add_subcommand("kills", "The kill switches in force");
  command->footer("Example: purser kills --format json");
  const auto options = std::make_shared<Options>();
  options->books.add_to(*command);
  add_format(*command, options->format);
  command->callback([options, &chosen] {
    chosen = [options] { return show_kills(options->books, options->format); };
  });
}

void add_audit(CLI::App& purser, Action& chosen) {
  struct Options {
    BooksOption books;
    Instant since;
    Format format = Format::table;
  };
  CLI::App* command = purser.add_subcommand("audit", "What operators did, the oldest first");
  command->footer("Example: purser audit --since 7d");
  const auto options = std::make_shared<Options>();
  const auto since = [](std::string_view text) { return parse_since(text, now()); };
  add_parsed(*command, "--since", options->since, since,
             "from this date, time, or so long ago: 7d (default: all)");
  options->books.add_to(*command);
  add_format(*command, options->format);
  command->callback([options, &chosen] {
    chosen = [options] { return show_audit(options->books, options->since, options->format); };
  });
}

}  // namespace purser
