// money/price_file.cpp — rows of the price book from JSON, each mistake where it stands.
#include "money/price_file.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <numeric>

#include "money/decimal.hpp"
#include "money/members.hpp"

namespace purser {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::int64_t kMillionths = 1'000'000;

/// A decimal with at most six decimals, in millionths.
Result<std::int64_t> parse_millionths(std::string_view text) {
  const auto value = exact_decimal(text, 6);
  if (!value || text.find_first_of("eE") != std::string_view::npos) {
    return fail(
        Fault::config,
        fmt::format("'{}' must be a decimal like \"2.50\", with at most six decimals", text));
  }
  return *value;
}

Result<Card> read_card(object json, const std::string& where) {
  Members members(json, where);
  std::array<std::optional<Rate>, kTokenClasses> said;
  for (std::size_t i = 0; i < kTokenClasses; ++i) {
    const std::string_view name = to_string(static_cast<TokenClass>(i));
    const auto text = members.optional<std::string_view>(name, "expected a decimal in quotes");
    if (!text) {
      return std::unexpected(text.error());
    }
    if (*text) {
      const auto rate = parse_rate_per_million(**text);
      if (!rate) {
        return members.wrong(name, rate.error().message);
      }
      said[i] = *rate;
    }
  }
  if (auto rest = members.nothing_else(); !rest) {
    return std::unexpected(rest.error());
  }
  const auto index = [](TokenClass token_class) { return static_cast<std::size_t>(token_class); };
  if (!said[index(TokenClass::input)]) {
    return members.wrong("input", "every card says what input costs");
  }
  if (!said[index(TokenClass::output)]) {
    said[index(TokenClass::output)] = Rate(0);  // embeddings
  }
  Card card;
  for (std::size_t i = 0; i < kTokenClasses; ++i) {
    std::size_t from = i;
    while (!said[from]) {
      from = index(part_of(static_cast<TokenClass>(from)));
    }
    card[i] = *said[from];
  }
  return card;
}

/// "usd_per_mtok" and "above": the standard cards, those of a tier, or those of a speed.
Result<Levels> read_levels(Members& members) {
  Levels levels;
  const auto base = members.optional<object>("usd_per_mtok", "expected an object of rates");
  if (!base) {
    return std::unexpected(base.error());
  }
  const auto above = members.optional<array>("above", "expected a list of sizes and rates");
  if (!above) {
    return std::unexpected(above.error());
  }
  if (!*base) {
    return *above ? Result<Levels>(members.wrong("above", "needs usd_per_mtok beside it"))
                  : Result<Levels>(levels);
  }
  auto card = read_card(**base, members.where());
  if (!card) {
    return std::unexpected(card.error());
  }
  levels.push_back({.above = Tokens(-1), .card = *card});
  if (!*above) {
    return levels;
  }
  for (const element item : **above) {
    object json;
    if (item.get(json) != simdjson::SUCCESS) {
      return members.wrong("above", "expected objects {tokens, usd_per_mtok}");
    }
    Members level(json, members.where() + ": above");
    const auto tokens = level.optional<std::int64_t>("tokens", "expected a number of tokens");
    const auto rates = level.optional<object>("usd_per_mtok", "expected an object of rates");
    if (!tokens || !rates) {
      return std::unexpected(!tokens ? tokens.error() : rates.error());
    }
    if (!*tokens || !*rates || **tokens <= levels.back().above.count() || **tokens > kTokensMax) {
      return level.wrong("tokens", "expected growing sizes, each with usd_per_mtok");
    }
    auto larger = read_card(**rates, level.where());
    if (!larger) {
      return std::unexpected(larger.error());
    }
    levels.push_back({.above = Tokens(**tokens), .card = *larger});
  }
  return levels;
}

Result<std::optional<Ratio>> read_ratio(Members& members, std::string_view name) {
  const auto text = members.optional<std::string_view>(name, "expected a factor in quotes");
  if (!text) {
    return std::unexpected(text.error());
  }
  if (!*text) {
    return std::optional<Ratio>();
  }
  const auto ratio = parse_ratio(**text);
  if (!ratio) {
    return members.wrong(name, ratio.error().message);
  }
  return std::optional(*ratio);
}

Result<void> read_places(Members& members, PriceVersion& version) {
  const auto us = read_ratio(members, "us_times");
  const auto regional = read_ratio(members, "regional_times");
  if (!us || !regional) {
    return std::unexpected(!us ? us.error() : regional.error());
  }
  version.us = *us;
  version.regional = *regional;
  return {};
}

Result<void> read_tiers(Members& members, PriceVersion& version) {
  const auto tiers = members.optional<object>("tiers", "expected an object of service tiers");
  if (!tiers) {
    return std::unexpected(tiers.error());
  }
  if (!*tiers) {
    return {};
  }
  for (const auto field : **tiers) {
    const auto tier = parse_service_tier(field.key);
    object json;
    if (!tier || *tier == ServiceTier::standard || version.tiers[static_cast<std::size_t>(*tier)] ||
        field.value.get(json) != simdjson::SUCCESS) {
      return members.wrong("tiers",
                           fmt::format("'{}': expected priority, flex, batch, scale or ultrafast, "
                                       "each once, with times or usd_per_mtok",
                                       field.key));
    }
    Members inside(json, fmt::format("{}: tiers: {}", members.where(), field.key));
    TierPrice price;
    const auto times = read_ratio(inside, "times");
    auto own = read_levels(inside);
    if (!times || !own) {
      return std::unexpected(!times ? times.error() : own.error());
    }
    price.times = times->value_or(Ratio{});
    price.own = std::move(*own);
    if (auto rest = inside.nothing_else(); !rest) {
      return rest;
    }
    version.tiers[static_cast<std::size_t>(*tier)] = std::move(price);
  }
  return {};
}

/// "HH:MM" in minutes; "24:00" is the day's end.
std::optional<std::int64_t> parse_clock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') {
    return std::nullopt;
  }
  std::int64_t value = 0;
  for (const std::size_t at : {0U, 1U, 3U, 4U}) {
    if (text[at] < '0' || text[at] > '9') {
      return std::nullopt;
    }
    value = value * 10 + (text[at] - '0');
  }
  const std::int64_t minutes = value / 100 * 60 + value % 100;
  return value % 100 < 60 && minutes <= 24 * 60 ? std::optional(minutes) : std::nullopt;
}

Result<void> read_peak(Members& members, PriceVersion& version) {
  const auto json = members.optional<object>("peak", "expected an object");
  if (!json || !*json) {
    return json ? Result<void>() : std::unexpected(json.error());
  }
  Members inside(**json, members.where() + ": peak");
  PeakHours peak;
  const auto times = read_ratio(inside, "times");
  const auto hours = inside.optional<array>("utc", "expected a list like [\"01:00-04:00\"]");
  const auto weekdays = inside.optional<bool>("weekdays_only", "expected true or false");
  const auto holidays = inside.optional<array>("holidays", "expected a list of dates");
  if (!times || !hours || !weekdays || !holidays) {
    return std::unexpected(!times      ? times.error()
                           : !hours    ? hours.error()
                           : !weekdays ? weekdays.error()
                                       : holidays.error());
  }
  if (!*times || !*hours) {
    return inside.wrong("times", "a peak has times and utc");
  }
  peak.times = **times;
  peak.weekdays_only = weekdays->value_or(false);
  for (const element item : **hours) {
    std::string_view text;
    const bool is_text = item.get(text) == simdjson::SUCCESS && text.size() == 11 && text[5] == '-';
    const auto begin = is_text ? parse_clock(text.substr(0, 5)) : std::nullopt;
    const auto end = is_text ? parse_clock(text.substr(6)) : std::nullopt;
    if (!begin || !end || *begin >= *end) {
      return inside.wrong("utc", "expected hours like \"01:00-04:00\"");
    }
    peak.hours.push_back({*begin, *end});
  }
  if (*holidays) {
    for (const element item : **holidays) {
      std::string_view text;
      const auto day = item.get(text) == simdjson::SUCCESS ? parse_rfc3339(text) : std::nullopt;
      if (!day) {
        return inside.wrong("holidays", "expected dates like \"2026-10-01\"");
      }
      peak.holidays.push_back(day->seconds() / 86'400);
    }
  }
  version.peak = std::move(peak);
  return inside.nothing_else();
}

Result<void> read_fees(Members& members, PriceVersion& version) {
  const auto json = members.optional<object>("fees_usd", "expected an object");
  if (!json || !*json) {
    return json ? Result<void>() : std::unexpected(json.error());
  }
  Members inside(**json, members.where() + ": fees_usd");
  for (const std::string_view name : {"request", "web_search", "file_search"}) {
    const auto text = inside.optional<std::string_view>(name, "expected dollars in quotes");
    if (!text) {
      return std::unexpected(text.error());
    }
    if (!*text) {
      continue;
    }
    const auto fee = parse_dollars(**text);
    if (!fee || *fee < Amount() || *fee > Amount::from_dollars(100)) {
      return inside.wrong(name, "expected dollars from 0 to 100 in quotes");
    }
    if (name == "request") {
      version.per_request = *fee;
    } else {
      Rate& search = name == "web_search" ? version.web_search : version.file_search;
      search = Rate(fee->nanos() * 1000);
    }
  }
  return inside.nothing_else();
}

Result<void> read_dates(Members& members, PriceVersion& version) {
  const auto from = members.optional<std::string_view>("from", "expected a date");
  const auto checked = members.optional<std::string_view>("checked", "expected a date");
  const auto source = members.optional<std::string_view>("source", "expected a text");
  const auto pinned = members.optional<bool>("pinned", "expected true or false");
  if (!from || !checked || !source || !pinned) {
    return std::unexpected(!from      ? from.error()
                           : !checked ? checked.error()
                           : !source  ? source.error()
                                      : pinned.error());
  }
  version.pinned = pinned->value_or(false);
  if (*from) {
    const auto day = parse_rfc3339(**from);
    if (!day) {
      return members.wrong("from", "expected a date like 2026-12-01");
    }
    version.from = *day;
  }
  if (!*checked || !parse_rfc3339(**checked) || !*source || (*source)->empty()) {
    return members.wrong("source", "every row says its source, and in `checked` when it was read");
  }
  version.checked = **checked;
  version.source = **source;
  return {};
}

Result<void> read_version(Members& members, PriceVersion& version) {
  if (auto dates = read_dates(members, version); !dates) {
    return dates;
  }
  auto levels = read_levels(members);
  if (!levels) {
    return std::unexpected(levels.error());
  }
  if (levels->empty()) {
    return members.wrong("usd_per_mtok", "every row says what its tokens cost");
  }
  version.standard = std::move(*levels);
  const auto fast = members.optional<object>("fast", "expected an object with usd_per_mtok");
  const auto longest = members.optional<std::int64_t>("output_max", "expected a number of tokens");
  if (!fast || !longest) {
    return std::unexpected(!fast ? fast.error() : longest.error());
  }
  if (*longest && (**longest < 0 || **longest > kTokensMax)) {
    return members.wrong("output_max", "expected a number of tokens");
  }
  version.output_max = Tokens(longest->value_or(0));
  if (*fast) {
    Members inside(**fast, members.where() + ": fast");
    auto cards = read_levels(inside);
    if (!cards) {
      return std::unexpected(cards.error());
    }
    version.fast = std::move(*cards);
    if (auto rest = inside.nothing_else(); !rest) {
      return rest;
    }
  }
  for (const auto part : {read_places, read_tiers, read_peak, read_fees}) {
    if (auto read = part(members, version); !read) {
      return read;
    }
  }
  return {};
}

Result<std::vector<std::string>> read_models(Members& members) {
  std::vector<std::string> models;
  const auto names = members.optional<array>("models", "expected a list of names");
  if (!names) {
    return std::unexpected(names.error());
  }
  if (*names) {
    for (const element item : **names) {
      std::string_view name;
      if (item.get(name) != simdjson::SUCCESS || name.empty()) {
        return members.wrong("models", "expected names");
      }
      models.emplace_back(name);
    }
  }
  if (models.empty()) {
    return members.wrong("models", "every row names at least one model");
  }
  return models;
}

Result<void> add_row(std::vector<PriceList>& lists, const std::string& provider, object json,
                     std::size_t number) {
  Members members(json, fmt::format("row {}", number));
  auto models = read_models(members);
  if (!models) {
    return std::unexpected(models.error());
  }
  Members named(json, fmt::format("row {} ({})", number, models->front()));
  static_cast<void>(named.optional<array>("models", ""));
  PriceVersion version;
  if (auto read = read_version(named, version); !read) {
    return read;
  }
  if (auto rest = named.nothing_else(); !rest) {
    return rest;
  }
  // Rows of the same models are one list, each in force from its own day on.
  const auto same = std::find_if(lists.begin(), lists.end(),
                                 [&](const PriceList& list) { return list.models == *models; });
  if (same == lists.end()) {
    PriceList list;
    list.provider = provider;
    list.models = std::move(*models);
    list.versions.push_back(std::move(version));
    lists.push_back(std::move(list));
    return {};
  }
  if (version.from <= same->versions.back().from) {
    return named.wrong("from", "a model's rows stand in order of their days");
  }
  same->versions.push_back(std::move(version));
  return {};
}

}  // namespace

Result<Rate> parse_rate_per_million(std::string_view text) {
  const auto millionths = parse_millionths(text);
  if (!millionths) {
    return std::unexpected(millionths.error());
  }
  if (Rate(*millionths) > kRateMax) {
    return fail(Fault::config, fmt::format("'{}' is more than $10,000 a million tokens: is it a "
                                           "price per token?",
                                           text));
  }
  return Rate(*millionths);
}

Result<Ratio> parse_ratio(std::string_view text) {
  const auto millionths = parse_millionths(text);
  if (!millionths) {
    return std::unexpected(millionths.error());
  }
  if (*millionths == 0 || *millionths > 20 * kMillionths || *millionths % 1000 != 0) {
    return fail(Fault::config, fmt::format("'{}' must be above 0, at most 20, and have at most "
                                           "three decimals",
                                           text));
  }
  const std::int64_t common = std::gcd(*millionths, kMillionths);
  return Ratio{*millionths / common, kMillionths / common};
}

Result<std::vector<PriceList>> read_price_file(std::string_view json) {
  simdjson::dom::parser parser;
  object file;
  const simdjson::padded_string padded(json);
  if (const auto error = parser.parse(padded).get(file); error != simdjson::SUCCESS) {
    return fail(Fault::config,
                fmt::format("not a JSON object: {}", simdjson::error_message(error)));
  }
  Members members(file, "file");
  const auto provider = members.optional<std::string_view>("provider", "expected a name");
  const auto rows = members.optional<array>("rows", "expected a list of rows");
  if (!provider || !rows) {
    return std::unexpected(!provider ? provider.error() : rows.error());
  }
  if (!*provider || (*provider)->empty() || !*rows) {
    return members.wrong("provider", "a price file has a provider and rows");
  }
  if (auto rest = members.nothing_else(); !rest) {
    return std::unexpected(rest.error());
  }
  std::vector<PriceList> lists;
  std::size_t number = 0;
  for (const element item : **rows) {
    object row;
    if (item.get(row) != simdjson::SUCCESS) {
      return members.wrong("rows", "expected objects");
    }
    if (auto added = add_row(lists, std::string(**provider), row, ++number); !added) {
      return std::unexpected(added.error());
    }
  }
  return lists;
}

}  // namespace purser
