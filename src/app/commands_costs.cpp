// app/commands_costs.cpp — `purser costs import`: a file of what was spent elsewhere. All of it is
// checked before any of it is posted; through the gateway where one keeps the books, else into
// them.
#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <memory>

#include "app/commands.hpp"
#include "app/data_file.hpp"
#include "app/gateway_client.hpp"
#include "app/own_books.hpp"
#include "money/json_tree.hpp"
#include "pipeline/costs.hpp"
#include "store/journal.hpp"
#include "store/reports.hpp"

namespace purser {
namespace {

struct CostsImport {
  BooksOption books;
  std::string file;
  std::string key;
  std::string base;  // empty: where the configuration listens
  bool dry_run = false;
};

using Rows = std::span<const CostRow>;

/// A file is gone through twice.
enum class Step : std::uint8_t { check, post };

/// What a file comes to.
struct Tally {
  std::size_t posted = 0;
  std::size_t known = 0;
  Amount total;
};

/// In front of each problem stands the line of the file.
std::unexpected<Error> refused(const CostsImport& options, std::string_view problems) {
  return fail(Fault::client, fmt::format("{}: nothing was posted\n{}", options.file, problems));
}

Result<std::vector<CostRow>> read_rows(const CostsImport& options) {
  const auto text = read_data_file(options.file);
  if (!text) {
    return std::unexpected(text.error());
  }
  const bool table = options.file.ends_with(".csv") || options.file.ends_with(".csv.zst");
  CostRows read = read_cost_rows(*text, table ? RowFormat::csv : RowFormat::json);
  if (read.problems.empty()) {
    read.problems = name_rows(read.rows);
  }
  if (!read.problems.empty()) {
    return refused(options, to_text(read.problems, "line"));
  }
  return std::move(read.rows);
}

void progress(std::string_view what, std::size_t done, std::size_t all) {
  if (all > kCostRowsMax) {
    fmt::print(stderr, "purser: {} {} of {}\n", what, done, all);
  }
}

/// The gateway counts the rows of one request; people, the lines of their file.
std::string with_lines(std::string message, Rows rows) {
  constexpr std::string_view kRow = "row ";
  std::string out;
  std::string_view rest = message;
  while (true) {
    const std::size_t at = rest.find(kRow);
    out += rest.substr(0, at);
    if (at == std::string_view::npos) {
      return out;
    }
    rest.remove_prefix(at + kRow.size());
    std::size_t number = 0;
    while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9' && number <= rows.size()) {
      number = number * 10 + static_cast<std::size_t>(rest.front() - '0');
      rest.remove_prefix(1);
    }
    const bool known = number > 0 && number <= rows.size();
    out += known ? fmt::format("line {}", rows[number - 1].line) : std::string(kRow);
  }
}

/// One request of rows, through the gateway.
class ByGateway {
 public:
  ByGateway(const CostsImport& options, std::string base)
      : options_(options), base_(std::move(base)) {}

  Result<Tally> batch(Rows rows, Step step) {
    std::string body = "[";
    Tally tally;
    for (const CostRow& row : rows) {
      body += body.size() > 1 ? "," : "";
      body += to_json(row);
    }
    body += ']';
    const auto answer = post_to_gateway(
        base_, step == Step::post ? "/v1/costs" : "/v1/costs?dry_run=true", options_.key, body);
    if (!answer) {
      return std::unexpected(answer.error());
    }
    const auto tree = read_json_tree(answer->body);
    const JsonTree* costs = tree ? tree->find("costs") : nullptr;
    if (answer->status >= 300 || costs == nullptr || costs->items.size() != rows.size()) {
      return fail(Fault::client, with_lines(answer->message(), rows));
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const bool known = costs->items[i].text_of("state") == "already_posted";
      ++(known ? tally.known : tally.posted);
      tally.total += known ? Amount() : rows[i].usd;
    }
    return tally;
  }

 private:
  const CostsImport& options_;
  const std::string base_;
};

/// The same into books that nobody else keeps.
class IntoBooks {
 public:
  IntoBooks(const Config& config, OwnBooks books) : config_(config), books_(std::move(books)) {
    operator_.operates = true;
  }

  Result<Tally> batch(Rows rows, Step step) {
    CostAsks read = ask_costs({rows.begin(), rows.end()}, operator_, {}, now());
    if (!read.problems.empty()) {
      return fail(Fault::client, to_text(read.problems, "line"));
    }
    std::vector<Digest> names;
    for (const CostAsk& ask : read.asks) {
      names.push_back(ask.name.name);
    }
    const auto known = find_named_holds(config_.data, names);
    if (!known) {
      return std::unexpected(known.error());
    }
    Tally tally;
    for (CostAsk& ask : read.asks) {
      if (const auto found = known->find(ask.name.name); found != known->end()) {
        if (found->second.words != ask.name.words) {
          return fail(
              Fault::client,
              fmt::format("line {}: this idempotency_key stands for another cost", ask.row.line));
        }
        ++tally.known;
        continue;
      }
      ++tally.posted;
      tally.total += ask.row.usd;
      if (step == Step::post) {
        books_.post(std::move(ask));
      }
    }
    const auto folded = step == Step::post ? books_.fold() : Result<void>();
    return folded ? Result<Tally>(tally) : std::unexpected(folded.error());
  }

 private:
  const Config& config_;
  OwnBooks books_;
  Identified operator_;
};

/// First all is looked at, then all is posted. A file that is broken off is imported again: what
/// is there already is known by its keys.
template <typename Way>
Result<Tally> go_through(const CostsImport& options, Way way, Rows all) {
  Tally whole;
  for (const Step step : {Step::check, Step::post}) {
    if (step == Step::post && options.dry_run) {
      break;
    }
    whole = {};
    for (std::size_t from = 0; from < all.size(); from += kCostRowsMax) {
      const Rows rows = all.subspan(from, std::min(kCostRowsMax, all.size() - from));
      const auto tally = way.batch(rows, step);
      if (!tally && step == Step::check) {
        return refused(options, tally.error().message);
      }
      if (!tally) {
        return fail(Fault::store, fmt::format("{}: broken off after {} rows; import it again: "
                                              "what is posted stays posted once\n{}",
                                              options.file, from, tally.error().message));
      }
      whole.posted += tally->posted;
      whole.known += tally->known;
      whole.total += tally->total;
      progress(step == Step::post ? "posted" : "checked", from + rows.size(), all.size());
    }
  }
  return whole;
}

Result<Tally> import(const CostsImport& options) {
  const auto config = options.books.read();
  if (!config) {
    return std::unexpected(config.error());
  }
  const auto rows = read_rows(options);
  if (!rows) {
    return std::unexpected(rows.error());
  }
  std::error_code ignored;
  std::filesystem::create_directories(config->data, ignored);
  const bool free = FolderLock::take(config->data).has_value();
  if (free && options.base.empty()) {
    auto books = OwnBooks::take(*config);
    return books ? go_through(options, IntoBooks(*config, std::move(*books)), *rows)
                 : Result<Tally>(std::unexpected(books.error()));
  }
  if (options.key.empty()) {
    return fail(Fault::config,
                "a gateway keeps these books: give an operator's key with --key or in PURSER_KEY, "
                "or stop it");
  }
  const std::string base = options.base.empty() ? gateway_base(*config) : options.base;
  return go_through(options, ByGateway(options, base), *rows);
}

int import_costs(const CostsImport& options) {
  const auto tally = import(options);
  if (!tally) {
    return complain(tally.error());
  }
  fmt::print("{} costs {}, {} in all; {} were posted before\n", tally->posted,
             options.dry_run ? "would be posted" : "posted", to_dollars(tally->total),
             tally->known);
  return kDone;
}

}  // namespace

void add_costs(CLI::App& purser, Action& chosen) {
  CLI::App* costs = purser.add_subcommand("costs", "Spend that did not pass through Purser");
  costs->require_subcommand(1);
  CLI::App* command = costs->add_subcommand("import", "Post what a file says was spent elsewhere");
  command->footer(
      "Example: purser costs import vendors.csv --dry-run\n"
      "Columns: vendor, item, amount_usd, at, units, user, tier, team, feature, session, tags,\n"
      "idempotency_key; JSON members have the same names. Rows without a key get one made of\n"
      "what they say: the same file again posts nothing twice.\n"
      "Exit: 0 done, 1 a row is wrong (nothing was posted) or the books cannot be reached.");
  const auto options = std::make_shared<CostsImport>();
  command->add_option("FILE", options->file, "CSV (by its name .csv), JSON or JSON lines; or zstd")
      ->required();
  command->add_flag("--dry-run", options->dry_run, "check every row and post none");
  command->add_option("--key", options->key, "an operator's key, for a gateway that runs")
      ->envname("PURSER_KEY");
  command->add_option("--base", options->base, "that gateway (default: as it listens)");
  options->books.add_to(*command);
  command->callback([options, &chosen] { chosen = [options] { return import_costs(*options); }; });
}

}  // namespace purser
