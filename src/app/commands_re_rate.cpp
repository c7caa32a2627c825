// app/commands_re_rate.cpp — `purser re-rate`: calls priced anew after a price was wrong. Shows
// first what would change; posts corrections only with --yes, and never edits what was booked.
#include <fmt/core.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <map>
#include <memory>

#include "app/commands.hpp"
#include "app/policy.hpp"
#include "app/quantity.hpp"
#include "money/price_list.hpp"
#include "pipeline/services.hpp"
#include "store/re_rate.hpp"
#include "store/store.hpp"

namespace purser {
namespace {

struct ReRateOptions {
  BooksOption books;
  std::string provider;
  std::string model;
  std::string why = "re-rated";
  Instant since;
  Instant until = Instant::never();
  bool yes = false;
  Format format = Format::table;
};

/// What changes for one model.
struct Change {
  std::int64_t calls = 0;
  Amount before;
  Amount after;
};
using Changes = std::map<std::string, Change>;

bool is_wanted(const ReRateOptions& options, const CallToPrice& call) {
  return (options.provider.empty() || call.provider == options.provider) &&
         (options.model.empty() || call.model == options.model ||
          std::ranges::find(call.passes, options.model, &Pass::model) != call.passes.end());
}

/// Pass by pass, as the call was settled. Nothing: a model of it has no price in the book.
std::optional<Amount> price_of(const PriceBook& book, const CallToPrice& call) {
  Amount total;
  for (const Pass& pass : call.passes) {
    const PriceList* list = book.find(call.provider, pass.model);
    if (list == nullptr) {
      return std::nullopt;
    }
    total += cost(*list, pass.usage, call.conditions);
  }
  return total;
}

/// Prices by the book as it is now, and notes what that changes.
Repricing by_book(const ReRateOptions& options, const PriceBook& book, Changes& changes) {
  return [&](const CallToPrice& call) -> std::optional<Amount> {
    const auto after = is_wanted(options, call) ? price_of(book, call) : std::nullopt;
    if (after && *after != call.before) {
      Change& change = changes[std::string(call.provider) + "/" + std::string(call.model)];
      ++change.calls;
      change.before += call.before;
      change.after += *after;
    }
    return after;
  };
}

std::string signed_dollars(Amount amount) {
  return (amount > Amount() ? "+" : "") + to_exact_dollars(amount);
}

Table change_table(const Changes& changes) {
  using enum Column::Kind;
  Table table{.columns = {{"model", text},
                          {"calls", number},
                          {"was_usd", amount},
                          {"becomes_usd", amount},
                          {"difference_usd", amount}},
              .rows = {}};
  for (const auto& [model, change] : changes) {
    table.add({model, std::to_string(change.calls), to_exact_dollars(change.before),
               to_exact_dollars(change.after), signed_dollars(change.after - change.before)});
  }
  return table;
}

/// Takes the books for ourselves, with everything in the journal folded in: a running gateway would
/// not see the corrections in its accounts.
Result<std::unique_ptr<Store>> take_books(const Config& config) {
  Recovered recovered;
  auto store = Store::open({.folder = config.data}, now(), recovered);
  if (!store) {
    return fail("stop the gateway that keeps these books first, or leave out --yes", store.error());
  }
  return store;
}

int re_rate_calls(const ReRateOptions& options) {
  const auto config = options.books.read();
  if (!config) {
    return complain(config.error());
  }
  const auto book = read_prices(*config);
  if (!book) {
    return complain(book.error());
  }
  std::unique_ptr<Store> store;
  if (options.yes) {
    auto taken = take_books(*config);
    if (!taken) {
      return complain(taken.error());
    }
    store = std::move(*taken);
  }
  Changes changes;
  const auto done =
      re_rate(config->data, options.since, options.until, by_book(options, *book, changes),
              options.why, now(), options.yes ? ReRate::post : ReRate::preview);
  if (!done) {
    return complain(done.error());
  }
  fmt::print("{}", to_text(change_table(changes), options.format));
  if (options.format == Format::table) {
    fmt::print("{} of {} settled calls {}: {}\n", done->changed, done->calls,
               options.yes ? "corrected" : "would be corrected; --yes does it",
               signed_dollars(done->after - done->before));
  }
  return kDone;
}

}  // namespace

void add_re_rate(CLI::App& purser, Action& chosen) {
  CLI::App* command = purser.add_subcommand(
      "re-rate",
      "Price past calls anew by today's price book; shows first, --yes posts corrections");
  command->footer(
      "Example: purser re-rate --model gpt-4o --since 2026-11-01 --why \"typed per token\"\n"
      "A call of several models or rounds is priced anew as a whole, pass by pass.\n"
      "Exit: 0 done, 1 the books are in use or unreadable.");
  const auto options = std::make_shared<ReRateOptions>();
  command->add_option("--model", options->model,
                      "only calls that this model answered, or a pass of them");
  command->add_option("--provider", options->provider, "only this provider's");
  const auto instant = [](std::string_view text) { return parse_since(text, now()); };
  add_parsed(*command, "--since", options->since, instant,
             "calls from this date, time, or so long ago: 7d")
      ->required();
  add_parsed(*command, "--until", options->until, instant, "and before this one");
  command->add_option("--why", options->why, "kept with every correction")->capture_default_str();
  command->add_flag("--yes", options->yes, "post the corrections");
  options->books.add_to(*command);
  add_format(*command, options->format);
  command->callback([options, &chosen] { chosen = [options] { return re_rate_calls(*options); }; });
}

}  // namespace purser
