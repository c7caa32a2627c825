// app/commands_prices.cpp — `purser prices`: what a token costs, and who says so.
#include <fmt/core.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <memory>

#include "app/commands.hpp"
#include "app/policy.hpp"
#include "money/price_list.hpp"

namespace purser {
namespace {

struct PricesOptions {
  BooksOption books;
  std::string provider;
  std::string model;
  Format format = Format::table;
};

/// US dollars per million tokens, as price lists print them.
std::string per_million(Rate rate) {
  return to_dollars(Amount::from_nanos(rate.count() * 1000)).substr(1);
}

std::string card_rate(const Card& card, TokenClass token_class) {
  return per_million(card[static_cast<std::size_t>(token_class)]);
}

const std::vector<Column>& rate_columns() {
  using enum Column::Kind;
  static const std::vector<Column> kColumns{{"input", amount},
                                            {"cache_read", amount},
                                            {"cache_write", amount},
                                            {"cache_write_long", amount},
                                            {"output", amount}};
  return kColumns;
}

void append_rates(std::vector<std::string>& row, const Card& card) {
  for (const TokenClass token_class :
       {TokenClass::input, TokenClass::cache_read, TokenClass::cache_write_short,
        TokenClass::cache_write_long, TokenClass::output}) {
    row.push_back(card_rate(card, token_class));
  }
}

/// One row a model: what it costs now, for a short prompt at the standard tier.
Table price_table(const PriceBook& book, const PricesOptions& options) {
  Table table{.columns = {{"provider"}, {"model"}}, .rows = {}};
  std::ranges::copy(rate_columns(), std::back_inserter(table.columns));
  std::ranges::copy(std::vector<Column>{{"checked"}, {"source"}},
                    std::back_inserter(table.columns));
  for (const PriceList* list : book.lists()) {
    const std::string& model = list->models.front();
    if ((!options.provider.empty() && list->provider != options.provider) ||
        !model.contains(options.model)) {
      continue;
    }
    const PriceVersion& version = list->at(now());
    std::vector<std::string> row{list->provider, model};
    append_rates(row, version.standard.front().card);
    row.push_back(version.checked);
    row.push_back(version.source);
    table.add(std::move(row));
  }
  return table;
}

void add_levels(Table& table, const PriceVersion& version, std::string_view which,
                const Levels& levels, Ratio times) {
  const bool always = version.from == Instant::from_nanos(INT64_MIN);
  for (const Level& level : levels) {
    std::vector<std::string> row{
        always ? "" : to_rfc3339(version.from).substr(0, 10), std::string(which),
        level.above < Tokens{} ? "" : std::to_string(level.above.count()),
        times == Ratio{} ? "" : fmt::format("{}/{}", times.numerator, times.denominator)};
    append_rates(row, level.card);
    table.add(std::move(row));
  }
}

/// Every dated price of one model: by tier and prompt size.
Table history_table(const PriceList& list) {
  Table table{.columns = {{"from"}, {"tier"}, {"prompt_above"}, {"times"}}, .rows = {}};
  std::ranges::copy(rate_columns(), std::back_inserter(table.columns));
  for (const PriceVersion& version : list.versions) {
    add_levels(table, version, "standard", version.standard, {});
    add_levels(table, version, "fast", version.fast, {});
    for (std::size_t i = 0; i < kServiceTiers; ++i) {
      if (const auto& tier = version.tiers[i]) {
        add_levels(table, version, to_string(static_cast<ServiceTier>(i)),
                   tier->own.empty() ? version.standard : tier->own, tier->times);
      }
    }
  }
  return table;
}

int list_prices(const PricesOptions& options) {
  const auto config = options.books.read();
  if (!config) {
    return complain(config.error());
  }
  const auto book = read_prices(*config);
  if (!book) {
    return complain(book.error());
  }
  fmt::print("{}", to_text(price_table(*book, options), options.format));
  return kDone;
}

int show_prices(const PricesOptions& options) {
  const auto config = options.books.read();
  if (!config) {
    return complain(config.error());
  }
  const auto book = read_prices(*config);
  if (!book) {
    return complain(book.error());
  }
  int shown = 0;
  for (const PriceList* each : book->lists()) {
    const bool wanted = options.provider.empty() || each->provider == options.provider;
    if (wanted && book->find(each->provider, options.model) == each) {
      if (options.format == Format::table) {
        fmt::print("{} {} (US dollars per million tokens; {}, {})\n", each->provider,
                   each->models.front(), each->versions.back().source,
                   each->versions.back().checked);
      }
      fmt::print("{}", to_text(history_table(*each), options.format));
      ++shown;
    }
  }
  if (shown == 0) {
    return complain({Fault::config, "the price book has no price for " + options.model});
  }
  return kDone;
}

void add_list(CLI::App& prices, Action& chosen) {
  CLI::App* command =
      prices.add_subcommand("list", "What every model costs now, US dollars per million tokens");
  command->footer("Example: purser prices list --provider anthropic");
  const auto options = std::make_shared<PricesOptions>();
  command->add_option("--provider", options->provider, "only this provider's");
  command->add_option("--model", options->model, "only models with this in their name");
  options->books.add_to(*command);
  add_format(*command, options->format);
  command->callback([options, &chosen] { chosen = [options] { return list_prices(*options); }; });
}

void add_show(CLI::App& prices, Action& chosen) {
  CLI::App* command =
      prices.add_subcommand("show", "Every price of one model: by date, tier and prompt size");
  command->footer("Example: purser prices show claude-sonnet-4-5\nExit: 0 found, 1 not.");
  const auto options = std::make_shared<PricesOptions>();
  command->add_option("MODEL", options->model, "as requested; aliases too")->required();
  command->add_option("--provider", options->provider, "only this provider's");
  options->books.add_to(*command);
  add_format(*command, options->format);
  command->callback([options, &chosen] { chosen = [options] { return show_prices(*options); }; });
}

}  // namespace

void add_prices(CLI::App& purser, Action& chosen) {
  CLI::App* prices = purser.add_subcommand("prices", "What a token costs, and who says so");
  prices->require_subcommand(1);
  prices->footer("Example: purser prices show gpt-4o");
  add_list(*prices, chosen);
  add_show(*prices, chosen);
  add_prices_diff(*prices, chosen);
  add_prices_import(*prices, chosen);
}

}  // namespace purser
