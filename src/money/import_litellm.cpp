// money/import_litellm.cpp — LiteLLM's catalogue: dollars per token, everything in the names of
// keys.
//
// A key is a base, then maybe "_above_200k_tokens", then maybe "_priority". "Above" means a prompt
// strictly larger, for every token of it. Community data: it has mistakes, so it overwrites nothing
// that was read by hand.
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
    Base{"input_cost_per_token", TokenClass::input},
    Base{"cache_read_input_token_cost", TokenClass::cache_read},
    Base{"input_cost_per_token_cache_hit", TokenClass::cache_read},
    Base{"cache_creation_input_token_cost", TokenClass::cache_write_short},
    Base{"cache_creation_input_token_cost_above_1hr", TokenClass::cache_write_long},
    Base{"output_cost_per_token", TokenClass::output},
    Base{"input_cost_per_audio_token", TokenClass::audio_in},
    Base{"cache_read_input_audio_token_cost", TokenClass::audio_cached},
    Base{"output_cost_per_audio_token", TokenClass::audio_out},
    Base{"input_cost_per_image_token", TokenClass::image_in},
    Base{"output_cost_per_image_token", TokenClass::image_out},
};

/// Prices that the row form has no word for.
constexpr std::array<std::string_view, 6> kNotOurs{
    "tiered_pricing",           "output_cost_per_reasoning_token", "input_cost_per_query",
    "input_cost_per_character", "output_cost_per_image",           "input_cost_per_second"};

/// What a key says: which class, from which prompt size, at which service tier.
struct Key {
  TokenClass token_class = TokenClass::input;
  std::int64_t above = -1;
  ServiceTier tier = ServiceTier::standard;
};

/// Every rate of a model, by tier and prompt size.
using Cards = std::map<std::pair<ServiceTier, std::int64_t>, SaidRates>;
constexpr std::pair kPlain{ServiceTier::standard, std::int64_t{-1}};

std::size_t index(TokenClass token_class) {
  return static_cast<std::size_t>(token_class);
}

ServiceTier take_tier(std::string_view& name) {
  constexpr std::array<std::pair<std::string_view, ServiceTier>, 4> kTiers{
      {{"_priority", ServiceTier::priority},
       {"_flex", ServiceTier::flex},
       {"_batches", ServiceTier::batch},
       {"_ultrafast", ServiceTier::ultrafast}}};
  for (const auto& [suffix, tier] : kTiers) {
    if (name.ends_with(suffix)) {
      name.remove_suffix(suffix.size());
      return tier;
    }
  }
  return ServiceTier::standard;
}

/// Nothing when the size is no number; -1 when the key has none.
std::optional<std::int64_t> take_size(std::string_view& name) {
  constexpr std::string_view kAbove = "_above_";
  constexpr std::string_view kThousandTokens = "k_tokens";
  const std::size_t at = name.rfind(kAbove);
  if (at == std::string_view::npos || !name.ends_with(kThousandTokens)) {
    return -1;
  }
  std::string_view size = name.substr(at + kAbove.size());
  size.remove_suffix(std::min(size.size(), kThousandTokens.size()));
  const auto tokens = exact_decimal(size, 3);
  name = name.substr(0, at);
  return tokens && *tokens <= kTokensMax ? tokens : std::nullopt;
}

std::optional<Key> read_key(std::string_view name) {
  const ServiceTier tier = take_tier(name);
  const auto above = take_size(name);
  const auto* base = std::ranges::find(kBases, name, &Base::key);
  if (!above || base == kBases.end()) {
    return std::nullopt;
  }
  return Key{.token_class = base->token_class, .above = *above, .tier = tier};
}

/// US dollars per token → picodollars; nothing when it is finer than that, or no price at all.
std::optional<Rate> read_rate(const JsonTree& value) {
  const auto picos =
      value.kind == JsonTree::Kind::number ? exact_decimal(value.text, 12) : std::nullopt;
  return picos && Rate(*picos) <= kRateMax ? std::optional(Rate(*picos)) : std::nullopt;
}

/// Error: the key that cannot be read.
std::expected<Cards, std::string> read_cards(const JsonTree& model) {
  Cards cards;
  for (const auto& [name, value] : model.members) {
    const auto key = read_key(name);
    if (!key || value.kind == JsonTree::Kind::nothing) {
      continue;
    }
    const auto rate = read_rate(value);
    if (!rate) {
      return std::unexpected(
          fmt::format("{}: {} is no price in whole picodollars a token, up to $10,000 a million",
                      name, value.text));
    }
    cards[{key->tier, key->above}][index(key->token_class)] = *rate;
  }
  return cards;
}

/// The cards of a tier, by prompt size. What it does not say costs as at the standard tier.
Levels levels_of(const Cards& cards, ServiceTier tier) {
  Levels levels;
  const SaidRates& base = cards.at(kPlain);
  for (const auto& [key, standard] : cards) {
    if (key.first != ServiceTier::standard) {
      continue;
    }
    SaidRates said = standard;
    const auto own = cards.find({tier, key.second});
    for (std::size_t i = 0; own != cards.end() && i < kTokenClasses; ++i) {
      said[i] = own->second[i] ? own->second[i] : said[i];
    }
    levels.push_back({.above = Tokens(key.second), .card = fill_card(said, base)});
  }
  return levels;
}

/// The dearest search, whatever its context size; none costs a dollar.
Rate web_search(const JsonTree& model) {
  constexpr std::int64_t kSearchMax = 1'000'000'000'000;
  std::int64_t dearest = 0;
  if (const JsonTree* sizes = model.find("search_context_cost_per_query")) {
    for (const auto& [size, value] : sizes->members) {
      const std::int64_t picos = exact_decimal(value.text, 12).value_or(0);
      dearest = picos <= kSearchMax ? std::max(dearest, picos) : dearest;
    }
  }
  return Rate(dearest);
}

std::optional<Ratio> factor(const JsonTree* in, std::string_view name) {
  const JsonTree* value = in == nullptr ? nullptr : in->find(name);
  if (value == nullptr || value->kind != JsonTree::Kind::number) {
    return std::nullopt;
  }
  const auto ratio = parse_ratio(value->text);
  return ratio && *ratio != Ratio{} ? std::optional(*ratio) : std::nullopt;
}

Levels times_rounded_up(Levels levels, Ratio ratio) {
  for (Level& level : levels) {
    for (Rate& rate : level.card) {
      const std::int64_t product = rate.count() * ratio.numerator;
      rate = Rate((product + ratio.denominator - 1) / ratio.denominator);
    }
  }
  return levels;
}

PriceVersion version_of(const JsonTree& model, const Cards& cards, const Catalogue& catalogue) {
  PriceVersion version;
  version.source = catalogue.source;
  version.checked = catalogue.checked;
  version.standard = levels_of(cards, ServiceTier::standard);
  for (const auto& [key, said] : cards) {
    auto& tier = version.tiers[static_cast<std::size_t>(key.first)];
    if (key.first != ServiceTier::standard && !tier) {
      tier = TierPrice{.times = {}, .own = levels_of(cards, key.first)};
    }
  }
  const JsonTree* factors = model.find("provider_specific_entry");
  version.us = factor(factors, "us");
  if (const auto fast = factor(factors, "fast")) {
    version.fast = times_rounded_up(version.standard, *fast);
  }
  version.regional = factor(&model, "regional_processing_uplift_multiplier_eu");
  version.web_search = web_search(model);
  if (const JsonTree* longest = model.find("max_output_tokens")) {
    const auto tokens = exact_decimal(longest->text, 0).value_or(0);
    version.output_max = Tokens(tokens <= kTokensMax ? tokens : 0);
  }
  return version;
}

/// "xai/grok-4" of provider "xai" → "grok-4".
std::string_view model_name(std::string_view id, std::string_view provider) {
  return id.starts_with(provider) && id.substr(provider.size()).starts_with('/')
             ? id.substr(provider.size() + 1)
             : id;
}

void remark_rest(const JsonTree& model, const PriceList& list, ImportedLists& lists) {
  const Rate output = list.versions.front().standard.front().card[index(TokenClass::output)];
  for (const std::string_view name : kNotOurs) {
    const JsonTree* value = model.find(name);
    const auto rate = value == nullptr ? std::optional(Rate(0)) : read_rate(*value);
    if (rate != std::optional(Rate(0)) && rate != std::optional(output)) {
      lists.remark(list.provider, list.models.front(), fmt::format("{} is left out", name));
    }
  }
}

void add_model(std::string_view id, const JsonTree& model, const Catalogue& catalogue,
               ImportedLists& lists) {
  const std::string_view theirs = model.text_of("litellm_provider");
  PriceList list;
  list.provider = provider_name(theirs);
  list.models.emplace_back(model_name(id, theirs));
  if (theirs.empty() || list.models.front().empty()) {
    return lists.remark(list.provider, id, "no provider, or no name");
  }
  const auto cards = read_cards(model);
  if (!cards) {
    return lists.remark(list.provider, list.models.front(), cards.error());
  }
  const auto base = cards->find(kPlain);
  if (base == cards->end() || !base->second[index(TokenClass::input)]) {
    return lists.remark(list.provider, list.models.front(), "not priced by the token");
  }
  list.versions.push_back(version_of(model, *cards, catalogue));
  remark_rest(model, list, lists);
  lists.add(std::move(list));
}

}  // namespace

Result<Imported> import_litellm(std::string_view json, const Catalogue& catalogue) {
  const auto tree = read_json_tree(json);
  if (!tree) {
    return std::unexpected(tree.error());
  }
  if (tree->kind != JsonTree::Kind::object) {
    return fail(Fault::config, "expected an object of models");
  }
  ImportedLists lists;
  for (const auto& [id, model] : tree->members) {
    if (id != "sample_spec") {
      add_model(id, model, catalogue, lists);
    }
  }
  return lists.take();
}

}  // namespace purser
