// pipeline/provider.cpp — one request, one provider.
#include "pipeline/provider.hpp"

#include <algorithm>

#include "base/glob.hpp"

namespace purser {
namespace {

bool lists(const Provider& provider, std::string_view model) {
  return std::ranges::any_of(provider.models, [model](const std::string& pattern) {
    return glob_matches(pattern, model);
  });
}

/// "groq/llama-3.3-70b": the provider's name in front of its own name for the model. Not when the
/// whole is a model of that provider's.
std::optional<Choice> before_slash(std::span<const Provider> providers, Dialect dialect,
                                   std::string_view model, const PriceBook& prices) {
  const std::size_t slash = model.find('/');
  if (slash == std::string_view::npos || slash + 1 == model.size()) {
    return std::nullopt;
  }
  const Provider* provider = find_provider(providers, model.substr(0, slash));
  if (provider == nullptr || !provider->speaks(dialect)) {
    return std::nullopt;
  }
  const bool its_own = prices.find(provider->name, model) != nullptr &&
                       prices.find(provider->name, model.substr(slash + 1)) == nullptr;
  return Choice{.provider = provider, .model = its_own ? model : model.substr(slash + 1)};
}

const Provider* for_all_others(std::span<const Provider> providers, Dialect dialect) {
  const Provider* found = nullptr;
  for (const Provider& provider : providers) {
    if (!provider.speaks(dialect)) {
      continue;
    }
    if (provider.first_choice) {
      return &provider;
    }
    if (found == nullptr || (!found->models.empty() && provider.models.empty())) {
      found = &provider;
    }
  }
  return found;
}

std::expected<Choice, std::string> named_one(std::span<const Provider> providers, Dialect dialect,
                                             std::string_view name, std::string_view model) {
  const Provider* provider = find_provider(providers, name);
  if (provider == nullptr) {
    return std::unexpected("no provider is called '" + std::string(name.substr(0, 60)) +
                           "'; there are: " + names_of(providers));
  }
  if (!provider->speaks(dialect)) {
    return std::unexpected(provider->name + " does not speak " + std::string(to_string(dialect)) +
                           ", which this endpoint is in; it speaks " +
                           names_of(provider->dialects));
  }
  return Choice{.provider = provider, .model = model};
}

}  // namespace

bool Provider::speaks(Dialect dialect) const {
  return std::ranges::find(dialects, dialect) != dialects.end();
}

const Provider* find_provider(std::span<const Provider> providers, std::string_view name) {
  const auto found = std::ranges::find(providers, name, &Provider::name);
  return found == providers.end() ? nullptr : &*found;
}

std::string names_of(std::span<const Provider> providers) {
  std::string names;
  for (const Provider& provider : providers) {
    names += (names.empty() ? "" : ", ") + provider.name;
  }
  return names;
}

std::expected<Choice, std::string> choose(std::span<const Provider> providers, Dialect dialect,
                                          std::string_view named, std::string_view model,
                                          const PriceBook& prices) {
  if (!named.empty()) {
    return named_one(providers, dialect, named, model);
  }
  for (const Provider& provider : providers) {
    if (provider.speaks(dialect) && lists(provider, model)) {
      return Choice{.provider = &provider, .model = model};
    }
  }
  if (const auto choice = before_slash(providers, dialect, model, prices)) {
    return *choice;
  }
  if (const Provider* provider = for_all_others(providers, dialect)) {
    return Choice{.provider = provider, .model = model};
  }
  return std::unexpected("no provider that speaks " + std::string(to_string(dialect)) +
                         " is configured; there are: " + names_of(providers));
}

}  // namespace purser
