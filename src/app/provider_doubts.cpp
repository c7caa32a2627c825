// app/provider_doubts.cpp — providers looked at as an operator would who reads the file again.
#include "app/provider_doubts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/glob.hpp"
#include "money/price_list.hpp"

namespace purser {
namespace {

bool is_pattern(std::string_view model) {
  return model.find_first_of("*?") != std::string_view::npos;
}

/// Some model of the provider's, or of whom its prices are, is meant by the pattern.
bool is_priced(const ProviderConfig& provider, std::string_view pattern, const PriceBook& prices) {
  if (!is_pattern(pattern)) {
    return prices.find(provider.name, pattern) != nullptr;
  }
  return std::ranges::any_of(prices.lists(), [&](const PriceList* list) {
    return (list->provider == provider.name || list->provider == provider.prices_of) &&
           std::ranges::any_of(list->models, [pattern](const std::string& model) {
             return glob_matches(pattern, model);
           });
  });
}

void doubt_key(const ProviderConfig& provider, std::vector<std::string>& found) {
  if (!provider.api_key_file.empty() || provider.api_key_env.empty()) {
    return;  // a file is read when it is served; without either, none is wanted
  }
  const auto is_set = [](const std::string& variable) {
    const char* const key = std::getenv(variable.c_str());
    return key != nullptr && *key != '\0';
  };
  if (!is_set(provider.api_key_env) && !is_set(provider.api_key_env_too)) {
    found.push_back(
        fmt::format("provider {} has no key: {} is not set", provider.name, provider.api_key_env));
  }
}

void doubt_prices(const ProviderConfig& provider, const PriceBook& prices,
                  std::vector<std::string>& found) {
  if (provider.free) {
    return;
  }
  if (!is_priced(provider, "*", prices)) {
    found.push_back(
        fmt::format("provider {}: the price book has nothing under its name: "
                    "prices_of says whose prices are its own, free that it has none",
                    provider.name));
    return;
  }
  for (const std::string& model : provider.models) {
    if (!is_priced(provider, model, prices)) {
      found.push_back(
          fmt::format("provider {}: the price book has no price for \"{}\"", provider.name, model));
    }
  }
  for (const auto& [name, model] : provider.models_as) {
    if (prices.find(provider.name, name) == nullptr) {
      found.push_back(
          fmt::format("provider {}: the price book has no price for \"{}\", which \"{}\" "
                      "stands for",
                      provider.name, model, name));
    }
  }
}

/// A pattern that another matches as a text describes a part of what that one does.
void doubt_lists(const ProviderConfig& provider, const ProviderConfig& before,
                 std::vector<std::string>& found) {
  if (!std::ranges::any_of(provider.dialects,
                           [&](Dialect dialect) { return before.speaks(dialect); })) {
    return;
  }
  for (const std::string& model : provider.models) {
    const auto wider = std::ranges::find_if(
        before.models, [&](const std::string& pattern) { return glob_matches(pattern, model); });
    if (wider != before.models.end()) {
      found.push_back(
          fmt::format("provider {}: its models \"{}\" go to {}, which stands before it "
                      "and lists \"{}\"",
                      provider.name, model, before.name, *wider));
    }
  }
}

}  // namespace

std::vector<std::string> provider_doubts(const Config& config, const PriceBook& prices) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < config.providers.size(); ++i) {
    const ProviderConfig& provider = config.providers[i];
    if (config.keys.unknown != UnknownKeys::forward) {
      doubt_key(provider, found);
    }
    if (!config.unpriced) {
      doubt_prices(provider, prices, found);
    }
    for (std::size_t before = 0; before < i; ++before) {
      doubt_lists(provider, config.providers[before], found);
    }
  }
  return found;
}

}  // namespace purser
