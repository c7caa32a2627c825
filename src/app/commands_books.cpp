// app/commands_books.cpp — `purser report` and `purser verify-books`: who spent what, and whether
// it adds up. Both read beside a running gateway.
#include <fmt/core.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <memory>

#include "app/commands.hpp"
#include "app/quantity.hpp"
#include "app/spend_report.hpp"
#include "pipeline/services.hpp"
#include "store/reports.hpp"

namespace purser {
namespace {

/// Where no fixed cost is configured, nothing is said of them.
enum class Infrastructure : std::uint8_t { left_out, shown };

Table report_table(const std::string& by, const std::vector<SpendLine>& lines,
                   Infrastructure infrastructure) {
  using enum Column::Kind;
  Table table{.columns = {{by, text},
                          {"calls", number},
                          {"tokens_in", number},
                          {"tokens_out", number},
                          {"cache_read", number},
                          {"cost_usd", amount},
                          {"uncertain_usd", amount}},
              .rows = {}};
  if (infrastructure == Infrastructure::shown) {
    table.columns.push_back({"infrastructure_usd", amount});
  }
  for (const auto& [row, part] : lines) {
    std::vector<std::string> cells{row.name,
                                   std::to_string(row.calls),
                                   std::to_string(row.tokens_in.count()),
                                   std::to_string(row.tokens_out.count()),
                                   std::to_string(row.cache_read.count()),
                                   to_exact_dollars(row.cost),
                                   to_exact_dollars(row.uncertain)};
    if (infrastructure == Infrastructure::shown) {
      cells.push_back(to_exact_dollars(part));
    }
    table.add(std::move(cells));
  }
  return table;
}

struct ReportOptions {
  BooksOption books;
  SpendQuestion asked;
  Format format = Format::table;
};

int show_report(const ReportOptions& options) {
  const auto config = options.books.read();
  if (!config) {
    return complain(config.error());
  }
  const auto lines = report_spend(*config, options.asked, now());
  if (!lines) {
    return complain(lines.error());
  }
  const auto infrastructure =
      config->infrastructure.empty() ? Infrastructure::left_out : Infrastructure::shown;
  fmt::print("{}", to_text(report_table(options.asked.by, *lines, infrastructure), options.format));
  return kDone;
}

/// "tool-and-vendor" is easier typed than with its blanks.
Result<std::string> parse_bucket(std::string_view text) {
  std::string bucket(text);
  std::ranges::replace(bucket, '-', ' ');
  if (std::ranges::find(kBuckets, bucket) == kBuckets.end()) {
    return fail(Fault::client, "expected model, tool-and-vendor or infrastructure");
  }
  return bucket;
}

int prove_books(const BooksOption& books) {
  const auto config = books.read();
  if (!config) {
    return complain(config.error());
  }
  const auto proof = verify_books(config->data);
  if (!proof) {
    return complain(proof.error());
  }
  fmt::print("{} calls, {} corrections, {} accounts, {} open holds, {} in all\n", proof->calls,
             proof->corrections, proof->accounts, proof->open_holds, to_dollars(proof->total));
  for (const std::string& finding : proof->findings) {
    fmt::print(stderr, "purser: {}\n", finding);
  }
  if (!proof->findings.empty()) {
    return kFinding;
  }
  fmt::print("the books add up\n");
  return kDone;
}

}  // namespace

void add_report(CLI::App& purser, Action& chosen) {
  CLI::App* command = purser.add_subcommand("report", "Who spent what, the dearest first");
  command->footer("Example: purser report --by feature --since 7d --format csv");
  const auto options = std::make_shared<ReportOptions>();
  std::string dimensions;
  for (const std::string_view dimension : report_dimensions()) {
    dimensions += (dimensions.empty() ? "" : ", ") + std::string(dimension);
  }
  command->add_option("--by", options->asked.by, "one of " + dimensions)->capture_default_str();
  add_parsed(*command, "--bucket", options->asked.bucket, parse_bucket,
             "only model, tool-and-vendor or infrastructure (default: all of them)");
  const auto since = [](std::string_view text) { return parse_since(text, now()); };
  add_parsed(*command, "--since", options->asked.since, since,
             "from this date, time, or so long ago: 7d (default: all)");
  add_parsed(*command, "--until", options->asked.until, since, "and before this one");
  options->books.add_to(*command);
  add_format(*command, options->format);
  command->callback([options, &chosen] { chosen = [options] { return show_report(*options); }; });
}

void add_verify_books(CLI::App& purser, Action& chosen) {
  CLI::App* command = purser.add_subcommand(
      "verify-books", "Prove that sums, holds and balances add up, or say what does not");
  command->footer("Example: purser verify-books --data ./data\nExit: 0 proved, 1 not.");
  const auto books = std::make_shared<BooksOption>();
  books->add_to(*command);
  command->callback([books, &chosen] { chosen = [books] { return prove_books(*books); }; });
}

}  // namespace purser
