// app/commands_prices.cpp — `purser prices`: what a token costs, and where we read it.
#include <fmt/core.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

#include "app/commands.hpp"
#include "app/policy.hpp"
#include "money/price_list.hpp"

namespace purser {
namespace {

struct PricesOptions {
  BooksOption books;
  std::string provider;  // of `list`: only this one's; empty: all
  std::string model;     // of `show`
  Format format = Format::table;
};

/// "2.50" from picodollars a token: dollars a million tokens, six decimals at most.
std::string per_million(Rate rate) {
  std::string text = fmt::format("{}.{:06}", rate.count() / 1'000'000, rate.count() % 1'000'000);
  while (text.ends_with('0') && text[text.size() - 3] != '.') {
    text.pop_back();
  }
  return text;
}

std::string rate_of(const Card& card, TokenClass token_class) {
  return per_million(card[static_cast<std::size_t>(token_class)]);
}

std::string from_text(const PriceVersion& version) {
  return version.from == Instant::from_nanos(INT64_MIN) ? "" : to_rfc3339(version.from).substr(0, 10);
}

Table list_table() {
  using enum Column::Kind;
  return {.columns = {{"provider", text},
                      {"model", text},
                      {"from", text},
                      {"input", amount},
                      {"cache_read", amount},
                      {"write_short", amount},
                      {"write_long", amount},
                      {"output", amount},
                      {"checked", text},
                      {"source", text}},
          .rows = {}};
}

void add_list(Table& table, const PriceList& list) {
  for (const PriceVersion& version : list.versions) {
    const Card& card = version.standard.front().card;
    table.add({list.provider, list.models.front(), from_text(version),
               rate_of(card, TokenClass::input), rate_of(card, TokenClass::cache_read),
               rate_of(card, TokenClass::cache_write_short),
               rate_of(card, TokenClass::cache_write_long), rate_of(card, TokenClass::output),
               version.checked, version.source});
  }
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
  Table table = list_table();
  for (const PriceList* list : book->lists()) {
    if (options.provider.empty() || list->provider == options.provider) {
      add_list(table, *list);
    }
  }
  fmt::print("{}", to_text(table, options.format));
  return kDone;
}

/// Every card of the model: its sizes, tiers and speeds, from each day on.
void add_cards(Table& table, const PriceList& list) {
  const auto add = [&](const PriceVersion& version, const std::string& kind, const Levels& levels) {
    for (const Level& level : levels) {
      const std::string size = level.above < Tokens(0)
                                   ? std::string()
                                   : fmt::format(" above {} tokens", level.above.count());
      table.add({list.provider, list.models.front(), from_text(version), kind + size,
                 rate_of(level.card, TokenClass::input), rate_of(level.card, TokenClass::cache_read),
                 rate_of(level.card, TokenClass::cache_write_short),
                 rate_of(level.card, TokenClass::cache_write_long),
                 rate_of(level.card, TokenClass::output), version.checked, version.source});
    }
  };
  for (const PriceVersion& version : list.versions) {
    add(version, "standard", version.standard);
    add(version, "fast", version.fast);
    for (std::size_t tier = 0; tier < version.tiers.size(); ++tier) {
      if (version.tiers[tier]) {
        const std::string name(to_string(static_cast<ServiceTier>(tier)));
        const Ratio times = version.tiers[tier]->times;
        add(version, name,
            version.tiers[tier]->own.empty() ? version.standard : version.tiers[tier]->own);
        if (times != Ratio{}) {
          table.rows.back()[3] += fmt::format(" (these × {}/{})", times.numerator, times.denominator);
        }
      }
    }
  }
}

int show_price(const PricesOptions& options) {
  const auto config = options.books.read();
  if (!config) {
    return complain(config.error());
  }
  const auto book = read_prices(*config);
  if (!book) {
    return complain(book.error());
  }
  Table table = list_table();
  table.columns.insert(table.columns.begin() + 3, {"card", Column::Kind::text});
  for (const PriceList* list : book->lists()) {
    if (book->find(list->provider, options.model) == list) {
      add_cards(table, *list);
    }
  }
  if (table.rows.empty()) {
    return complain({Fault::config, "no provider in the book has a model '" + options.model +
                                        "'; `purser prices list` shows all there are"});
  }
  fmt::print("{}", to_text(table, options.format));
  return kDone;
}

}  // namespace

void add_prices(CLI::App& purser, Action& chosen) {
  CLI::App& prices = *purser.add_subcommand("prices", "What tokens cost, and where it was read");
  prices.require_subcommand(1);
  auto options = std::make_shared<PricesOptions>();

  CLI::App& list = *prices.add_subcommand("list", "Every model, in dollars per million tokens");
  options->books.add_to(list);
  add_format(list, options->format);
  list.add_option("--provider", options->provider, "Only this provider's models");
  list.footer("Example: purser prices list --provider anthropic");
  list.callback([options, &chosen] { chosen = [options] { return list_prices(*options); }; });

  CLI::App& show = *prices.add_subcommand("show", "Every card of one model");
  options->books.add_to(show);
  add_format(show, options->format);
  show.add_option("model", options->model, "As it is requested")->required();
  show.footer("Example: purser prices show claude-sonnet-5-5");
  show.callback([options, &chosen] { chosen = [options] { return show_price(*options); }; });
}

}  // namespace purser
