// app/policy.cpp — every decision of the operator's, checked once, before a call depends on it.
#include "app/policy.hpp"

#include <algorithm>
#include <cstdlib>

#include "app/data_file.hpp"
#include "money/builtin_prices.hpp"
#include "money/price_file.hpp"
#include "money/price_questions.hpp"

namespace purser {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!text.empty() && blank(text.back())) {
    text.remove_suffix(1);
  }
  while (!text.empty() && blank(text.front())) {
    text.remove_prefix(1);
  }
  return text;
}

/// The provider's key: from its file when one is named, else from the environment; empty when it is
/// in neither. A key with a line break in it would end up as a header of its own.
Result<std::string> read_secret(const ProviderConfig& provider) {
  std::string secret;
  if (!provider.api_key_file.empty()) {
    auto text = read_file(provider.api_key_file);
    if (!text) {
      return text;
    }
    secret = trimmed(*text);
  } else if (!provider.api_key_env.empty()) {
    const char* value = std::getenv(provider.api_key_env.c_str());
    secret = value == nullptr ? std::string() : std::string(trimmed(value));
  }
  const bool printable =
      std::all_of(secret.begin(), secret.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!printable) {
    return fail(Fault::config,
                "the key of " + provider.name + " has a blank or a control character");
  }
  return secret;
}

Result<Provider> make_provider(const ProviderConfig& config) {
  auto origin = parse_origin(config.base_url);
  if (!origin) {
    return fail("provider " + config.name + ": base_url", origin.error());
  }
  auto secret = read_secret(config);
  if (!secret) {
    return std::unexpected(secret.error());
  }
  auto trust = make_trust(config.ca_file);
  if (!trust) {
    return fail("provider " + config.name, trust.error());
  }
  // Anthropic's API has taken keys as x-api-key in every version; all others as a bearer token.
  const bool as_api_key = std::find(config.dialects.begin(), config.dialects.end(),
                                    Dialect::messages) != config.dialects.end();
  return Provider{.name = config.name,
                  .secret = std::move(*secret),
                  .secret_as_api_key = as_api_key,
                  .origin = std::move(*origin),
                  .waits = config.waits,
                  .queue = config.queue,
                  .tier_default = config.tier_default,
                  .trust = std::move(*trust)};
}

UnknownKey unknown_key(UnknownKeys configured) {
  switch (configured) {
    case UnknownKeys::refuse:
      return UnknownKey::refuse;
    case UnknownKeys::forward:
      return UnknownKey::forward;
    case UnknownKeys::admit:
      return UnknownKey::admit;
  }
  return UnknownKey::refuse;
}

Result<std::vector<PriceBook::File>> own_prices(const std::filesystem::path& folder) {
  std::vector<PriceBook::File> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json") {
      files.push_back({.name = entry.path().string(), .content = {}});
    }
  }
  if (error) {
    return fail(Fault::config, "cannot list " + folder.string() + ": " + error.message());
  }
  std::ranges::sort(files, {}, &PriceBook::File::name);
  for (PriceBook::File& file : files) {
    auto text = read_file(file.name);
    if (!text) {
      return std::unexpected(text.error());
    }
    file.content = std::move(*text);
  }
  return files;
}

/// A row of the operator's that is out of line with the book must say that it was looked at.
Result<void> question(const PriceBook& book, const PriceBook::File& file) {
  auto lists = read_price_file(file.content);
  if (!lists) {
    return {};  // said better when the whole book is read
  }
  std::erase_if(*lists, [](const PriceList& list) {
    return std::ranges::any_of(list.versions, &PriceVersion::pinned);
  });
  const auto asked = questions(book, *lists);
  if (asked.empty()) {
    return {};
  }
  return fail(Fault::config, file.name +
                                 ": out of line by more than ten times, US dollars a million "
                                 "tokens; if it is right, say \"pinned\": true in the row:\n" +
                                 to_text(asked));
}

}  // namespace

Result<PriceBook> read_prices(const Config& config) {
  std::vector<PriceBook::File> files = builtin_prices();
  if (config.prices.empty()) {
    return PriceBook::parse(files);
  }
  const auto own = own_prices(config.prices);
  if (!own) {
    return std::unexpected(own.error());
  }
  const auto book = PriceBook::parse(files);
  INVARIANT(book, "the prices we carry are tested");
  for (const PriceBook::File& file : *own) {
    if (auto asked = question(*book, file); !asked) {
      return std::unexpected(asked.error());
    }
    files.push_back(file);
  }
  return PriceBook::parse(files);
}

Result<std::shared_ptr<const Policy>> make_policy(const Config& config) {
  auto policy = std::make_shared<Policy>();
  auto prices = read_prices(config);
  if (!prices) {
    return fail("prices", prices.error());
  }
  policy->prices = std::make_shared<const PriceBook>(std::move(*prices));
  auto limits = LimitSet::compile(config.limits, config.time_zone, config.tiers);
  if (!limits) {
    return fail("limits", limits.error());
  }
  policy->limits = std::move(*limits);
  policy->calls = config.calls;
  policy->workloads = config.workloads;
  policy->spikes = config.spikes;
  policy->sessions = {.read_history = config.sessions.read_history,
                      .loops = config.sessions.loops,
                      .caps = config.sessions.caps};
  for (const ProviderConfig& configured : config.providers) {
    auto provider = make_provider(configured);
    if (!provider) {
      return std::unexpected(provider.error());
    }
    for (const Dialect dialect : configured.dialects) {
      policy->providers[static_cast<std::size_t>(dialect)] = *provider;
    }
  }
  policy->unknown_key = unknown_key(config.keys.unknown);
  policy->unknown_labels = config.keys.labels == UnknownLabels::accept;
  policy->output_default = config.output.default_max;
  policy->output_least = config.output.least_useful;
  if (config.unpriced) {
    policy->ceiling = Policy::Ceiling{config.unpriced->input, config.unpriced->output};
  }
  policy->leaving =
      config.drain.on_disconnect == OnDisconnect::drain ? Leaving::drain : Leaving::cancel;
  policy->drain_max = config.drain.longest;
  policy->drains_max = config.drain.at_once_max;
  policy->admission_wait = config.admission_wait;
  return policy;
}

bool keyless(const Policy& policy) {
  return std::all_of(policy.providers.begin(), policy.providers.end(),
                     [](const auto& provider) { return !provider || provider->secret.empty(); });
}

}  // namespace purser
