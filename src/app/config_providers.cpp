// app/config_providers.cpp — providers read, each beginning as the known one it is like.
#include "app/config_providers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "app/quantity.hpp"
#include "http/fields.hpp"

namespace purser {
namespace {

/// First parts of paths that are Purser's own: a provider of such a name could not be asked by
/// path.
constexpr std::array<std::string_view, 20> kPathWords{
    "v1",       "v1beta", "v1alpha",   "v2",          "chat",  "completions", "embeddings",
    "messages", "models", "responses", "mcp",         "admin", "dashboard",   "metrics",
    "healthz",  "readyz", "calls",     "deployments", "holds", "sessions"};

constexpr std::size_t kNameBytesMax = 60;
constexpr std::size_t kHeadersMax = 32;

/// A name stands in paths, headers and in front of models.
bool is_name(std::string_view name) {
  constexpr std::string_view kOthers = "._-";
  return !name.empty() && name.size() <= kNameBytesMax && !kOthers.contains(name.front()) &&
         std::ranges::all_of(name, [&](char c) {
           return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
                  kOthers.contains(c);
         });
}

Result<std::string> parse_base_url(std::string_view text) {
  const auto origin = parse_origin(text);
  if (!origin) {
    return std::unexpected(origin.error());
  }
  return std::string(text);
}

Result<Dialect> parse_dialect(std::string_view text) {
  if (const auto dialect = dialect_named(text, kModelDialects)) {
    return *dialect;
  }
  return fail(Fault::config, "expected " + names_of(kModelDialects) + ", got \"" +
                                 std::string(text.substr(0, 60)) + "\"");
}

std::string known_names() {
  std::string names;
  for (const KnownProvider& known : known_providers()) {
    names += (names.empty() ? "" : ", ") + std::string(known.name);
  }
  return names;
}

Result<const KnownProvider*> parse_known(std::string_view text) {
  if (const KnownProvider* known = known_provider(text)) {
    return known;
  }
  return fail(Fault::config, "expected one of " + known_names() + ", got \"" +
                                 std::string(text.substr(0, 60)) + "\"");
}

/// Clients lose patience, and other calls the money that waiting ones hold.
Result<std::chrono::milliseconds> parse_queue_wait(std::string_view text) {
  constexpr std::chrono::minutes kLongest{10};
  const auto wait = parse_duration(text);
  if (wait && *wait > kLongest) {
    return fail(Fault::config,
                "expected at most 10m, got \"" + std::string(text.substr(0, 60)) + "\"");
  }
  return wait;
}

/// Names whose meaning is ours: the framing, the key, and where it goes.
bool is_ours(std::string_view name) {
  return known_name(name) != FieldName::unknown ||
         std::ranges::any_of(
             std::array<std::string_view, 3>{"x-api-key", "x-goog-api-key", "api-key"},
             [&](std::string_view reserved) { return same_name(name, reserved); });
}

void read_headers(Section& section, std::string_view key, HeaderConfig::From from,
                  std::vector<HeaderConfig>& headers) {
  constexpr std::string_view kToken = "!#$%&'*+-.^_`|~";
  section.table(key, [&](const std::string& name, const std::vector<std::string>& values) {
    const bool token = !name.empty() && std::ranges::all_of(name, [&](char c) {
      return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
             kToken.contains(c);
    });
    const bool line = values.size() == 1 && !values.front().empty() &&
                      std::ranges::all_of(values.front(), [](char c) {
                        return (c >= 0x20 && c < 0x7F) || c == '\t';
                      });
    if (!token || !line || is_ours(name) || headers.size() == kHeadersMax) {
      section.reject(key, std::string(key) +
                              ": expected names and values of HTTP fields, at most 32, none of "
                              "them one that Purser sets itself, got \"" +
                              name.substr(0, 60) + "\"");
      return;
    }
    headers.push_back({.name = name, .from = from, .value = values.front()});
  });
}

void read_quirks(Section& section, Quirks& quirks) {
  const Words<bool> yes_or_no{{"true", true}, {"false", false}};
  section.choice(
      "output_field", quirks.output_field,
      {{"max_completion_tokens", "max_completion_tokens"}, {"max_tokens", "max_tokens"}});
  section.choice("reasoning_beside_output", quirks.reasoning_beside_output, yes_or_no);
  section.choice("usage_unasked", quirks.usage_unasked, yes_or_no);
  section.choice("bare_paths", quirks.bare_paths, yes_or_no);
}

void read_waits(Section& section, ProviderConfig& provider) {
  section.section("timeouts", [&](Section& timeouts) {
    timeouts.scalar("connect", provider.waits.connect, parse_seconds);
    timeouts.scalar("first_byte", provider.waits.first_byte, parse_seconds);
    timeouts.scalar("idle", provider.waits.between_bytes, parse_seconds);
  });
  section.section("queue", [&](Section& queue) {
    queue.choice("pace", provider.queue.pace,
                 {{"heed", PaceTold::heed}, {"ignore", PaceTold::ignore}});
    queue.scalar("at_once", provider.queue.at_once, whole(1, 1'000'000));
    queue.scalar("longest", provider.queue.longest, whole(0, 100'000));
    queue.scalar("wait", provider.queue.wait, parse_queue_wait);
  });
}

void read_key(Section& section, ProviderConfig& provider) {
  const std::string variable = provider.api_key_env;
  section.scalar("api_key_env", provider.api_key_env, parse_text);
  if (provider.api_key_env != variable) {
    provider.api_key_env_too.clear();
  }
  section.scalar("api_key_file", provider.api_key_file, parse_text);
  section.choice("key_header", provider.key_header,
                 {{"authorization", KeyHeader::bearer},
                  {"api-key", KeyHeader::api_key},
                  {"x-api-key", KeyHeader::x_api_key},
                  {"x-goog-api-key", KeyHeader::x_goog_api_key}});
}

void read_models(Section& section, ProviderConfig& provider) {
  const Words<bool> yes_or_no{{"true", true}, {"false", false}};
  section.list("models", provider.models, parse_text);
  section.table("models_as", [&](const std::string& name, const std::vector<std::string>& values) {
    if (values.size() != 1 || values.front().empty()) {
      section.reject("models_as", "models_as: expected one model for \"" + name + "\"");
      return;
    }
    provider.models_as.emplace(name, values.front());
  });
  section.choice("default", provider.first_choice, yes_or_no);
  section.scalar("prices_of", provider.prices_of, parse_text);
  section.choice("free", provider.free, yes_or_no);
}

void check(Section& section, const ProviderConfig& provider) {
  if (!is_name(provider.name) || std::ranges::find(kPathWords, provider.name) != kPathWords.end()) {
    section.reject({}, fmt::format("\"{}\" is no name for a provider: it stands in paths and in "
                                   "front of models, so letters, digits, '.', '_' and '-', and "
                                   "none of {}",
                                   provider.name.substr(0, 60), fmt::join(kPathWords, ", ")));
  }
  if (provider.base_url.empty()) {
    section.reject("base_url",
                   provider.name + ": base_url is missing" +
                       (provider.key_header == KeyHeader::api_key
                            ? ": each of its customers has another"
                            : "; no provider of that name is known, only " + known_names()));
  }
  if (provider.dialects.empty()) {
    section.reject("dialects",
                   provider.name + ": dialects is missing; expected " + names_of(kModelDialects));
  }
}

void read_provider(Section& section, ProviderConfig& provider) {
  const KnownProvider* like = nullptr;
  section.scalar("like", like, parse_known);
  if (like != nullptr) {
    const std::string name = std::exchange(provider, provider_named(like->name)).name;
    provider.prices_of = provider.prices_of.empty() ? provider.name : provider.prices_of;
    provider.name = name;
  }
  section.scalar("base_url", provider.base_url, parse_base_url);
  section.list("dialects", provider.dialects, parse_dialect);
  if (like == nullptr && known_provider(provider.name) == nullptr) {
    // As every server of that dialect takes it.
    provider.key_header = provider.speaks(Dialect::messages) ? KeyHeader::x_api_key
                          : provider.speaks(Dialect::gemini) ? KeyHeader::x_goog_api_key
                                                             : provider.key_header;
  }
  read_key(section, provider);
  read_models(section, provider);
  read_headers(section, "headers", HeaderConfig::From::text, provider.headers);
  read_headers(section, "headers_env", HeaderConfig::From::env, provider.headers);
  read_headers(section, "headers_file", HeaderConfig::From::file, provider.headers);
  section.section("quirks", [&](Section& quirks) { read_quirks(quirks, provider.quirks); });
  read_waits(section, provider);
  section.choice("service_tier_default", provider.tier_default,
                 {{"standard", ServiceTier::standard},
                  {"priority", ServiceTier::priority},
                  {"flex", ServiceTier::flex}});
  section.scalar("ca_file", provider.ca_file, parse_text);
  check(section, provider);
}

/// At most one of those that speak a dialect comes first.
void check_first_choice(Section& section, const ProviderConfig& provider,
                        const std::vector<ProviderConfig>& before) {
  for (const ProviderConfig& other : before) {
    for (const Dialect dialect : provider.dialects) {
      if (provider.first_choice && other.first_choice && other.speaks(dialect)) {
        section.reject("default", fmt::format("default: {} is the default for {} already",
                                              other.name, to_string(dialect)));
        return;
      }
    }
  }
}

}  // namespace

bool ProviderConfig::speaks(Dialect dialect) const {
  return std::ranges::find(dialects, dialect) != dialects.end();
}

ProviderConfig provider_named(std::string_view name) {
  ProviderConfig provider;
  provider.name = name;
  if (const KnownProvider* known = known_provider(name)) {
    provider.base_url = known->base_url;
    provider.api_key_env = known->key_variable;
    provider.api_key_env_too = known->key_variable_too;
    provider.dialects = {known->dialects.begin(), known->dialects.end()};
    provider.key_header = known->key_header;
    provider.prices_of = known->prices_of;
    provider.free = known->free;
    provider.quirks = known->quirks;
  }
  return provider;
}

void read_providers(Section& root, std::vector<ProviderConfig>& providers) {
  bool first = true;
  root.named("providers", [&](const std::string& name, Section& section) {
    if (std::exchange(first, false)) {
      providers.clear();
    }
    ProviderConfig provider = provider_named(name);
    read_provider(section, provider);
    check_first_choice(section, provider, providers);
    providers.push_back(std::move(provider));
  });
}

}  // namespace purser
