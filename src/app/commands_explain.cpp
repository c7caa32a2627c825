// app/commands_explain.cpp — `purser explain`: one call in plain words, from the ledger, or from
// the calls that were refused.
#include <fmt/core.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

#include "app/commands.hpp"
#include "app/explain.hpp"
#include "pipeline/services.hpp"

namespace purser {
namespace {

struct ExplainOptions {
  BooksOption books;
  CallId call;
  Format format = Format::table;
};

Result<CallId> parse_id(std::string_view text) {
  const auto id = parse_call_id(text);
  return id ? Result<CallId>(*id)
            : fail(Fault::client, "expected an id such as call_0000000000000a1f");
}

Result<Table> explain_call(const Config& config, CallId id) {
  const auto limits = LimitSet::compile(config.limits, config.time_zone, config.tiers);
  if (!limits) {
    return std::unexpected(limits.error());
  }
  const auto call = read_call(config.data, id);
  if (!call) {
    return std::unexpected(call.error());
  }
  if (*call) {
    return explain(**call, *limits);
  }
  const auto refused = find_refusal(config.data, id, {});
  if (!refused) {
    return std::unexpected(refused.error());
  }
  if (*refused) {
    return explain(**refused);
  }
  return fail(Fault::client,
              "no such call: one is known about a second after it is over, and of refused ones "
              "the last " +
                  std::to_string(kRefusalsKept));
}

int run_explain(const ExplainOptions& options) {
  const auto config = options.books.read();
  if (!config) {
    return complain(config.error());
  }
  const auto table = explain_call(*config, options.call);
  if (!table) {
    return complain(table.error());
  }
  fmt::print("{}", to_text(*table, options.format));
  return kDone;
}

}  // namespace

void add_explain(CLI::App& purser, Action& chosen) {
  CLI::App* command = purser.add_subcommand(
      "explain", "One call in plain words: its cost, its accounts, or why it was refused");
  command->footer(
      "Example: purser explain --call call_0000000000000a1f\n"
      "The id is in every answer's x-purser-call-id, of refused calls too.");
  const auto options = std::make_shared<ExplainOptions>();
  add_parsed(*command, "--call", options->call, parse_id, "the call's id")->required();
  options->books.add_to(*command);
  add_format(*command, options->format);
  command->callback([options, &chosen] { chosen = [options] { return run_explain(*options); }; });
}

}  // namespace purser
