// pipeline/provider.hpp — whom calls are passed to, and which of them a request is for.
// Why the order of choose(): what a caller names is meant; what an operator lists comes before what
// only looks like a name; and somebody serves whatever nobody speaks of.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "call/call.hpp"
#include "http/upstream.hpp"
#include "limits/lane.hpp"
#include "money/price_book.hpp"
#include "wire/known_providers.hpp"

namespace purser {

/// A provider as the pipeline sees it. Its connections are pooled on each core.
struct Provider {
  std::string name;    // as in the price book, which may know it by another name too
  std::string secret;  // empty: the caller must bring its own
  KeyHeader key_header = KeyHeader::bearer;
  bool key_wanted = true;  // false: it asks for none
  Origin origin;
  std::string pool;  // names its connections: those of another are kept apart, wherever it lives
  UpstreamLimits waits;
  LaneRules queue;
  /// What a request that asks for no service tier may be served as: a project of OpenAI's sets it.
  ServiceTier tier_default = ServiceTier::standard;
  std::shared_ptr<asio::ssl::context> trust;
  std::vector<Dialect> dialects;
  std::vector<std::string> models;  // globs; empty: any that are not another's
  bool first_choice = false;        // before those named earlier, for what nobody lists
  Quirks quirks;
  std::vector<std::pair<std::string, std::string>> headers;  // added to every request

  bool speaks(Dialect dialect) const;
};

struct Choice {
  const Provider* provider = nullptr;
  std::string_view model;  // as this provider knows it: NAME/ in front is taken off
};

/// Whom a request is for: the provider it names; else the first that lists its model; else the one
/// in front of the model's slash; else the first choice; else the first that lists no models.
/// Error: there is none such, in words for the caller. Views point into what is handed in.
std::expected<Choice, std::string> choose(std::span<const Provider> providers, Dialect dialect,
                                          std::string_view named, std::string_view model,
                                          const PriceBook& prices);

/// The provider with this name. Null: there is none.
const Provider* find_provider(std::span<const Provider> providers, std::string_view name);
/// "groq, openai", for who named none of them.
std::string names_of(std::span<const Provider> providers);

}  // namespace purser
