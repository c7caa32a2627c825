// wire/known_providers.hpp — providers that need nothing but their name in purser.yaml. A row is
// data: whatever it says, configuration can say of a provider by any other name.
#pragma once

#include <span>
#include <string_view>

#include "call/call.hpp"
#include "wire/quirks.hpp"

namespace purser {

/// How a provider wants its key sent.
enum class KeyHeader : std::uint8_t { bearer, api_key, x_api_key, x_goog_api_key };
/// What stands in front of the key in the head: "x-api-key: ".
std::string_view line_begin(KeyHeader header);

struct KnownProvider {
  std::string_view name;
  std::string_view base_url;               // empty: each customer has another
  std::string_view key_variable;           // empty: it asks for no key
  std::string_view key_variable_too = {};  // its clients know two names
  std::span<const Dialect> dialects;
  KeyHeader key_header = KeyHeader::bearer;
  std::string_view prices_of = {};  // whose name its prices have in the book; empty: its own
  bool free = false;                // on hardware of the operator's: a token costs nothing
  Quirks quirks = {};
};

std::span<const KnownProvider> known_providers();
/// Null: nobody knows it.
const KnownProvider* known_provider(std::string_view name);
/// The known provider's quirks, or none.
Quirks quirks_of(std::string_view provider);

}  // namespace purser
