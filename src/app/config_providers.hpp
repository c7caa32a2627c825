// app/config_providers.hpp — who calls are passed to, as purser.yaml says it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/document.hpp"
#include "call/call.hpp"
#include "http/upstream.hpp"
#include "limits/lane.hpp"
#include "wire/known_providers.hpp"

namespace purser {

/// A field of every request to a provider; its value stands here, in a variable or in a file.
struct HeaderConfig {
  enum class From : std::uint8_t { text, env, file };
  std::string name;
  From from = From::text;
  std::string value;
  friend bool operator==(const HeaderConfig&, const HeaderConfig&) = default;
};

/// A provider calls are passed to.
struct ProviderConfig {
  std::string name;             // as requests, reports and limits call it
  std::string base_url;         // as this provider's own clients take it
  std::string api_key_env;      // the variable that holds the key
  std::string api_key_env_too;  // its other name, for when the first is not set
  std::string api_key_file;     // or the file; looked at first, when it is named
  KeyHeader key_header = KeyHeader::bearer;
  std::vector<Dialect> dialects;
  std::vector<std::string> models;               // globs of those it is for
  std::map<std::string, std::string> models_as;  // its own names, and the models behind them
  bool first_choice = false;
  std::string prices_of;  // whose prices in the book are its own
  bool free = false;
  std::vector<HeaderConfig> headers;
  Quirks quirks;
  UpstreamLimits waits;
  LaneRules queue;
  ServiceTier tier_default = ServiceTier::standard;  // of requests that ask for none
  std::string ca_file;  // trust these certificates instead of the system's

  bool speaks(Dialect dialect) const;
};

/// What a provider is before a file says anything of it. One that nobody knows has but its name.
ProviderConfig provider_named(std::string_view name);

/// What the file names is what is served: a first provider in it replaces those there are.
void read_providers(Section& root, std::vector<ProviderConfig>& providers);

}  // namespace purser
