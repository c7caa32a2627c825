// money/import_genai.cpp — pydantic/genai-prices' catalogue: dollars per million tokens, dated.
//
// A model's prices are one card, or a list of them with days and hours; later ones win. A rate is a
// number, or a base with steps that hold for every token of a larger prompt. Names that only a
// pattern gives ("contains", "regex") are left out: a pattern may match a model not yet priced.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "money/decimal.hpp"
#include "money/import_rows.hpp"
#include "money/json_tree.hpp"
#include "money/price_file.hpp"

namespace purser {
namespace {

struct Base {
  std::string_view key;
  TokenClass token_class;
};
constexpr std::array kBases{
    Base{"input_mtok", TokenClass::input},
    Base{"cache_read_mtok", TokenClass::cache_read},
    Base{"cache_write_mtok", TokenClass::cache_write_short},
    Base{"cache_write_5m_mtok", TokenClass::cache_write_short},
    Base{"cache_write_1h_mtok", TokenClass::cache_write_long},
    Base{"output_mtok", TokenClass::output},
    Base{"input_audio_mtok", TokenClass::audio_in},
    Base{"cache_audio_read_mtok", TokenClass::audio_cached},
    Base{"output_audio_mtok", TokenClass::audio_out},
    Base{"input_image_mtok", TokenClass::image_in},
    Base{"output_image_mtok", TokenClass::image_out},
    Base{"input_video_mtok", TokenClass::video_in},
};

std::optional<std::int64_t> whole(const JsonTree* value, int shift) {
  return value != nullptr && value->kind == JsonTree::Kind::number
             ? exact_decimal(value->text, shift)
             : std::nullopt;
}

std::optional<Rate> read_rate(const JsonTree* value) {
  const auto picos = whole(value, 6);
  return picos && Rate(*picos) <= kRateMax ? std::optional(Rate(*picos)) : std::nullopt;
}

/// The rates of a card, by the prompt size above which they hold.
using Steps = std::map<std::int64_t, SaidRates>;

/// Adds the steps of one rate. Error: what is wrong with it.
std::expected<void, std::string> add_rate(std::string_view name, const JsonTree& value,
                                          TokenClass token_class, Steps& steps) {
  const auto wrong = [&] {
    return std::unexpected(fmt::format("{}: not a price in whole picodollars a token", name));
  };
  const auto index = static_cast<std::size_t>(token_class);
  const auto base = read_rate(value.kind == JsonTree::Kind::object ? value.find("base") : &value);
  if (!base) {
    return wrong();
  }
  steps[-1][index] = *base;
  if (const JsonTree* tiers = value.find("tiers")) {
    for (const JsonTree& tier : tiers->items) {
      const auto start = whole(tier.find("start"), 0);
      const auto price = read_rate(tier.find("price"));
      if (!start || *start > kTokensMax || !price) {
        return wrong();
      }
      steps[*start][index] = *price;
    }
  }
  return {};
}

/// One card, with its steps and fees. Error: why it cannot be said in our rows.
std::expected<PriceVersion, std::string> read_prices(const JsonTree& prices) {
  Steps steps;
  for (const Base& base : kBases) {
    if (const JsonTree* value = prices.find(base.key)) {
      if (auto added = add_rate(base.key, *value, base.token_class, steps); !added) {
        return std::unexpected(added.error());
      }
    }
  }
  if (steps.empty() || !steps[-1][0]) {
    return std::unexpected("not priced by the token");
  }
  PriceVersion version;
  SaidRates said = steps[-1];
  for (const auto& [above, here] : steps) {
    for (std::size_t i = 0; i < kTokenClasses; ++i) {
      said[i] = here[i] ? here[i] : said[i];  // a step holds until the next one of its class
    }
    version.standard.push_back({.above = Tokens(above), .card = fill_card(said, {})});
  }
  version.web_search = Rate(whole(prices.find("web_searches_kcount"), 9).value_or(0));
  version.per_request = Amount::from_nanos(whole(prices.find("requests_kcount"), 6).value_or(0));
  return version;
}

/// Minutes of the UTC day from "00:30:00Z".
std::optional<std::int64_t> read_minute(std::string_view text) {
  const auto time = parse_rfc3339("1970-01-01T" + std::string(text));
  return time ? std::optional(time->seconds() / 60) : std::nullopt;
}

/// By what factor the cards of `peak` are dearer than those of `base`; nothing when the classes
/// differ in it, or it is no decimal.
std::optional<Ratio> factor_between(const PriceVersion& base, const PriceVersion& peak) {
  const auto& cheap = base.standard.front().card;
  const auto& dear = peak.standard.front().card;
  if (base.standard.size() != 1 || peak.standard.size() != 1 || cheap[0] == Rate(0)) {
    return std::nullopt;
  }
  const std::int64_t thousandths = dear[0].count() * 1000 / cheap[0].count();
  const auto ratio = parse_ratio(decimal_text(thousandths, 3));
  const bool even = std::ranges::equal(
      cheap, dear, [&](Rate a, Rate b) { return a.count() * thousandths == b.count() * 1000; });
  return ratio && even ? std::optional(*ratio) : std::nullopt;
}

/// Adds hours to the version they change. Error: why our rows cannot say them.
std::expected<void, std::string> add_hours(const JsonTree& constraint, const PriceVersion& peak,
                                           PriceVersion& base) {
  const auto begin = read_minute(constraint.text_of("start_time"));
  const auto end = read_minute(constraint.text_of("end_time"));
  const auto ratio = factor_between(base, peak);
  if (!begin || !end || *begin >= *end || !ratio || (base.peak && base.peak->times != *ratio)) {
    return std::unexpected("prices by the hour that are not one factor");
  }
  if (!base.peak) {
    base.peak = PeakHours{.times = *ratio, .hours = {}, .holidays = {}};
  }
  base.peak->hours.push_back({*begin, *end});
  return {};
}

std::expected<void, std::string> add_dated(const JsonTree& entry, PriceList& list) {
  const JsonTree* prices = entry.find("prices");
  if (prices == nullptr) {
    return std::unexpected("no prices");
  }
  auto version = read_prices(*prices);
  if (!version) {
    return std::unexpected(version.error());
  }
  const JsonTree* constraint = entry.find("constraint");
  if (constraint != nullptr && constraint->text_of("type") == "time_of_date") {
    if (list.versions.empty()) {
      return std::unexpected("hours without a price they change");
    }
    return add_hours(*constraint, *version, list.versions.back());
  }
  if (constraint != nullptr) {
    const auto from = parse_rfc3339(constraint->text_of("start_date"));
    if (!from || (!list.versions.empty() && *from <= list.versions.back().from)) {
      return std::unexpected("days that do not follow one another");
    }
    version->from = *from;
  } else if (!list.versions.empty()) {
    return std::unexpected("two prices for the same day");
  }
  list.versions.push_back(std::move(*version));
  return {};
}

/// A model's names that stand for it and for nothing newer.
void add_names(const JsonTree& match, std::vector<std::string>& names) {
  for (const auto& [how, what] : match.members) {
    if (how == "equals" || how == "starts_with") {
      if (!what.text.empty() && std::ranges::find(names, what.text) == names.end()) {
        names.push_back(what.text);
      }
    } else if (how == "or") {
      for (const JsonTree& other : what.items) {
        add_names(other, names);
      }
    }
  }
}

void add_model(std::string_view provider, const JsonTree& model, const Catalogue& catalogue,
               ImportedLists& lists) {
  PriceList list;
  list.provider = provider;
  list.models.emplace_back(model.text_of("id"));
  const JsonTree* prices = model.find("prices");
  if (provider.empty() || list.models.front().empty() || prices == nullptr) {
    lists.remark(provider, list.models.front(), "no name, or no prices");
    return;
  }
  if (const JsonTree* match = model.find("match")) {
    add_names(*match, list.models);
  }
  JsonTree single;
  single.kind = JsonTree::Kind::object;
  single.members.emplace_back("prices", *prices);
  const auto& entries =
      prices->kind == JsonTree::Kind::list ? prices->items : std::vector<JsonTree>{single};
  for (const JsonTree& entry : entries) {
    if (auto added = add_dated(entry, list); !added) {
      lists.remark(provider, list.models.front(), added.error());
    }
  }
  if (list.versions.empty()) {
    return;
  }
  for (PriceVersion& version : list.versions) {
    version.source = catalogue.source;
    version.checked = catalogue.checked;
  }
  lists.add(std::move(list));
}

}  // namespace

Result<Imported> import_genai(std::string_view json, const Catalogue& catalogue) {
  const auto tree = read_json_tree(json);
  if (!tree) {
    return std::unexpected(tree.error());
  }
  if (tree->kind != JsonTree::Kind::list) {
    return fail(Fault::config, "expected a list of providers");
  }
  ImportedLists lists;
  for (const JsonTree& provider : tree->items) {
    if (const JsonTree* models = provider.find("models")) {
      for (const JsonTree& model : models->items) {
        add_model(provider_name(provider.text_of("id")), model, catalogue, lists);
      }
    }
  }
  return lists.take();
}

}  // namespace purser
