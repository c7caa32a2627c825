// app/commands_keys.cpp — `purser keys`: who may call, made, listed, taken away, exchanged.
// It writes to the books' database; a running gateway notices within a second.
#include <fmt/core.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

#include "app/commands.hpp"
#include "app/quantity.hpp"
#include "base/json_text.hpp"
#include "pipeline/services.hpp"
#include "store/keys.hpp"

namespace purser {
namespace {

Result<std::unique_ptr<KeyBook>> open_keys(const BooksOption& books) {
  const auto config = books.read();
  if (!config) {
    return std::unexpected(config.error());
  }
  return KeyBook::open(config->data);
}

/// The secret alone on its line for people, one object for programs.
void show_once(const NewKey& made, Format format) {
  if (format == Format::json) {
    std::string text;
    JsonObject(text).text("id", made.id).text("secret", made.secret).finish();
    fmt::print("{}\n", text);
  } else if (format == Format::csv) {
    fmt::print("id,secret\r\n{},{}\r\n", made.id, made.secret);
  } else {
    fmt::print("{}\n{}\nKeep the second line: it is not shown again.\n", made.id, made.secret);
  }
}

Result<Priority> parse_priority(std::string_view text) {
  for (const Priority priority : {Priority::essential, Priority::normal, Priority::background}) {
    if (to_string(priority) == text) {
      return priority;
    }
  }
  return fail(Fault::config, "expected essential, normal or background");
}

Result<std::string> parse_label(std::string_view text) {
  const bool plain = std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
  if (text.empty() || text.size() > kLabelBytesMax || !plain) {
    return fail(Fault::config, "expected 1 to " + std::to_string(kLabelBytesMax) +
                                   " bytes without control characters");
  }
  return std::string(text);
}

void add_tags(CLI::App& command, Caller& caller) {
  command.add_option_function<std::vector<std::string>>(
      "--tag",
      [&caller](const std::vector<std::string>& texts) {
        for (const std::string& text : texts) {
          const std::size_t equals = text.find('=');
          const auto name = parse_label(std::string_view(text).substr(0, equals));
          const auto value = parse_label(
              equals == std::string::npos ? "" : std::string_view(text).substr(equals + 1));
          if (!name || !value || caller.tags.size() == kTagsMax) {
            throw CLI::ValidationError(
                "--tag", "expected name=value, at most " + std::to_string(kTagsMax) + " of them");
          }
          caller.tags.emplace_back(*name, *value);
        }
      },
      "a tag its calls carry, name=value; may be repeated");
}

void add_create(CLI::App& keys, Action& chosen) {
  struct Options {
    BooksOption books;
    KeyRecord wanted;
    std::string expires;
    Format format = Format::table;
  };
  CLI::App* command = keys.add_subcommand("create", "Make a key; its secret is shown once");
  command->footer("Example: purser keys create --user ada --tier free --expires 90d");
  const auto options = std::make_shared<Options>();
  KeyRecord& wanted = options->wanted;
  command->add_option("--name", wanted.name, "what the key is for, in your words");
  add_parsed(*command, "--user", wanted.caller.user, parse_label, "who its calls belong to");
  add_parsed(*command, "--tier", wanted.caller.tier, parse_label, "their tier");
  add_parsed(*command, "--team", wanted.caller.team, parse_label, "their team");
  add_parsed(*command, "--feature", wanted.caller.feature, parse_label, "what they are made for");
  add_parsed(*command, "--priority", wanted.caller.priority, parse_priority,
             "essential, normal or background");
  add_tags(*command, wanted.caller);
  add_parsed(*command, "--labels", wanted.rights, parse_rights,
             "labels its requests may set: all, none, or a list such as user,session\n"
             "(default: user,feature,session,priority,tags)");
  command->add_flag("--operator", wanted.operates,
                    "it may throw kill switches over HTTP (/v1/admin/kills)");
  command->add_option("--expires", options->expires, "date, or how long from now: 90d");
  options->books.add_to(*command);
  add_format(*command, options->format);
  command->callback([options, &chosen] {
    if (!options->expires.empty()) {
      const auto until = parse_until(options->expires, now());
      if (!until) {
        throw CLI::ValidationError("--expires", until.error().message);
      }
      options->wanted.expires = *until;
    }
    chosen = [options] {
      const auto book = open_keys(options->books);
      if (!book) {
        return complain(book.error());
      }
      const auto made = (*book)->create(options->wanted, now());
      if (!made) {
        return complain(made.error());
      }
      show_once(*made, options->format);
      return int{kDone};
    };
  });
}

std::string moment(Instant at) {
  return at == Instant::never() ? "" : to_rfc3339(at);
}

std::string_view state_of(const KeyRecord& key, Instant at) {
  return key.revoked <= at ? "revoked" : key.expires <= at ? "expired" : "good";
}

Table keys_table(const std::vector<KeyRecord>& keys, Instant at) {
  Table table{.columns = {{"id"},
                          {"name"},
                          {"state"},
                          {"user"},
                          {"tier"},
                          {"team"},
                          {"feature"},
                          {"priority"},
                          {"labels"},
                          {"operator"},
                          {"created"},
                          {"expires"}},
              .rows = {}};
  for (const KeyRecord& key : keys) {
    table.add({key.id, key.name, std::string(state_of(key, at)), key.caller.user, key.caller.tier,
               key.caller.team, key.caller.feature, std::string(to_string(key.caller.priority)),
               to_text(key.rights), key.operates ? "yes" : "no", moment(key.created),
               moment(key.expires)});
  }
  return table;
}

void add_list(CLI::App& keys, Action& chosen) {
  struct Options {
    BooksOption books;
    Format format = Format::table;
  };
  CLI::App* command = keys.add_subcommand("list", "All keys, without their secrets");
  command->footer("Example: purser keys list --format json");
  const auto options = std::make_shared<Options>();
  options->books.add_to(*command);
  add_format(*command, options->format);
  command->callback([options, &chosen] {
    chosen = [options] {
      const auto book = open_keys(options->books);
      if (!book) {
        return complain(book.error());
      }
      const auto listed = (*book)->list();
      if (!listed) {
        return complain(listed.error());
      }
      fmt::print("{}", to_text(keys_table(*listed, now()), options->format));
      return int{kDone};
    };
  });
}

void add_revoke(CLI::App& keys, Action& chosen) {
  struct Options {
    BooksOption books;
    std::string id;
  };
  CLI::App* command = keys.add_subcommand("revoke", "Take a key away, now and for good");
  command->footer("Example: purser keys revoke key_2m4zqk8r0x7d");
  const auto options = std::make_shared<Options>();
  command->add_option("ID", options->id, "the key, as keys list shows it")->required();
  options->books.add_to(*command);
  command->callback([options, &chosen] {
    chosen = [options] {
      const auto book = open_keys(options->books);
      if (!book) {
        return complain(book.error());
      }
      if (const auto revoked = (*book)->revoke(options->id, now()); !revoked) {
        return complain(revoked.error());
      }
      fmt::print("{} is revoked\n", options->id);
      return int{kDone};
    };
  });
}

void add_rotate(CLI::App& keys, Action& chosen) {
  struct Options {
    BooksOption books;
    std::string id;
    std::chrono::milliseconds overlap = std::chrono::hours(1);
    Format format = Format::table;
  };
  CLI::App* command =
      keys.add_subcommand("rotate", "Give a key a new secret; the old one stays good for a while");
  command->footer("Example: purser keys rotate key_2m4zqk8r0x7d --overlap 24h");
  const auto options = std::make_shared<Options>();
  command->add_option("ID", options->id, "the key, as keys list shows it")->required();
  add_parsed(*command, "--overlap", options->overlap, parse_duration,
             "how long the old secret stays good (default: 1h)");
  options->books.add_to(*command);
  add_format(*command, options->format);
  command->callback([options, &chosen] {
    chosen = [options] {
      const auto book = open_keys(options->books);
      if (!book) {
        return complain(book.error());
      }
      const Instant at = now();
      const auto made = (*book)->rotate(options->id, at, at + options->overlap);
      if (!made) {
        return complain(made.error());
      }
      show_once(*made, options->format);
      return int{kDone};
    };
  });
}

}  // namespace

void add_keys(CLI::App& purser, Action& chosen) {
  CLI::App* keys = purser.add_subcommand("keys", "Who may call: create, list, revoke, rotate");
  keys->require_subcommand(1);
  keys->footer("Example: purser keys create --user ada --tier free");
  add_create(*keys, chosen);
  add_list(*keys, chosen);
  add_revoke(*keys, chosen);
  add_rotate(*keys, chosen);
}

}  // namespace purser
