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

std::string from_env(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());
  return value == nullptr ? std::string() : std::string(trimmed(value));
}

Result<std::string> from_file(const std::string& path) {
  auto text = read_file(path);
  return text ? Result<std::string>(trimmed(*text)) : text;
}

/// The provider's key: from its file when one is named, else from the environment; empty when it is
/// in neither. A key with a line break in it would end up as a header of its own.
Result<std::string> read_secret(const std::string& whose, std::span<const std::string> names,
                                const std::string& file) {
  std::string secret;
  if (!file.empty()) {
    auto text = from_file(file);
    if (!text) {
      return text;
    }
    secret = std::move(*text);
    names = {};
  }
  for (const std::string& name : names) {
    secret = secret.empty() && !name.empty() ? from_env(name) : secret;
  }
  const bool printable =
      std::all_of(secret.begin(), secret.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!printable) {
    return fail(Fault::config, "the key of " + whose + " has a blank or a control character");
  }
  return secret;
}

Result<std::string> read_header(const HeaderConfig& header) {
  Result<std::string> value = header.value;
  if (header.from == HeaderConfig::From::env) {
    value = from_env(header.value);
  } else if (header.from == HeaderConfig::From::file) {
    value = from_file(header.value);
  }
  if (!value) {
    return value;
  }
  const bool line = !value->empty() && std::ranges::all_of(*value, [](char c) {
    return (c >= 0x20 && c < 0x7F) || c == '\t';
  });
  if (!line) {  // its value may be a secret: it is not shown
    return fail(Fault::config, "the header " + header.name + " is empty or not one line of text");
  }
  return value;
}

/// Azure's base URL may be the resource alone: its API is one and the same for all.
void complete(Origin& origin, const ProviderConfig& config) {
  if (config.key_header == KeyHeader::api_key && origin.base_path.empty()) {
    origin.base_path = "/openai/v1";
  }
}

Result<Provider> make_provider(const ProviderConfig& config) {
  auto origin = parse_origin(config.base_url);
  if (!origin) {
    return fail("provider " + config.name + ": base_url", origin.error());
  }
  complete(*origin, config);
  auto secret = read_secret(config.name, std::array{config.api_key_env, config.api_key_env_too},
                            config.api_key_file);
  if (!secret) {
    return std::unexpected(secret.error());
  }
  auto trust = make_trust(config.ca_file);
  if (!trust) {
    return fail("provider " + config.name, trust.error());
  }
  Provider provider{.name = config.name,
                    .secret = std::move(*secret),
                    .key_header = config.key_header,
                    .key_wanted = !config.api_key_env.empty() || !config.api_key_file.empty(),
                    .origin = std::move(*origin),
                    .pool = {},
                    .waits = config.waits,
                    .queue = config.queue,
                    .tier_default = config.tier_default,
                    .trust = std::move(*trust),
                    .dialects = config.dialects,
                    .models = config.models,
                    .first_choice = config.first_choice,
                    .quirks = config.quirks,
                    .headers = {}};
  provider.pool = provider.name + ' ' + provider.origin.name;
  for (const HeaderConfig& header : config.headers) {
    auto value = read_header(header);
    if (!value) {
      return fail("provider " + config.name, value.error());
    }
    provider.headers.emplace_back(header.name, std::move(*value));
  }
  return provider;
}

Result<McpServer> make_mcp_server(const McpConfig& config) {
  // A program has an address once it is started; who only reads the configuration asks nobody.
  const std::string url = config.url.empty() ? "http://127.0.0.1:9/" : config.url;
  auto origin = parse_origin(url);
  if (!origin) {
    return fail("MCP server " + config.name + ": url", origin.error());
  }
  auto bearer = read_secret(config.name, std::array{config.bearer_env}, config.bearer_file);
  if (!bearer) {
    return std::unexpected(bearer.error());
  }
  auto trust = make_trust(config.ca_file);
  if (!trust) {
    return fail("MCP server " + config.name, trust.error());
  }
  McpServer server;
  server.provider.name = config.name;
  const std::size_t path = url.find('/', url.find("://") + 3);
  server.path = path == std::string::npos ? "/" : url.substr(path);
  server.provider.origin = std::move(*origin);
  server.provider.pool = "mcp " + config.name + ' ' + server.provider.origin.name;
  server.provider.waits = config.waits;
  server.provider.trust = std::move(*trust);
  server.headers = config.headers;
  if (!bearer->empty()) {
    server.headers.emplace_back("authorization", "Bearer " + *bearer);
  }
  server.tools = config.tools;
  server.prices = config.prices;
  return server;
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

namespace {

Result<PriceBook> read_book(const Config& config) {
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

}  // namespace

Result<PriceBook> read_prices(const Config& config) {
  auto book = read_book(config);
  for (const ProviderConfig& provider : config.providers) {
    if (book) {
      book->price_as(
          provider.name,
          {.provider = provider.prices_of, .models = provider.models_as, .free = provider.free});
    }
  }
  return book;
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
  policy->retries = config.retries;
  policy->fallbacks = config.fallbacks;
  policy->breaker = config.breaker;
  policy->sessions = {.read_history = config.sessions.read_history,
                      .loops = config.sessions.loops,
                      .caps = config.sessions.caps};
  for (const ProviderConfig& configured : config.providers) {
    auto provider = make_provider(configured);
    if (!provider) {
      return std::unexpected(provider.error());
    }
    policy->providers.push_back(std::move(*provider));
  }
  for (const McpConfig& configured : config.mcp) {
    auto server = make_mcp_server(configured);
    if (!server) {
      return std::unexpected(server.error());
    }
    policy->mcp.push_back(std::move(*server));
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
                     [](const Provider& each) { return each.secret.empty() && each.key_wanted; });
}

}  // namespace purser
