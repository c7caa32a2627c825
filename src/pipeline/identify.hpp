// pipeline/identify.hpp — who is calling: the key, and the labels that came along.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "call/call.hpp"
#include "call/caller.hpp"
#include "http/fields.hpp"
#include "sessions/signals.hpp"

namespace purser {

/// Secrets as they came, views into the request. A caller may bring its own provider key besides
/// the one that names it.
struct Credentials {
  std::string_view purser;    // x-purser-key
  std::string_view provider;  // Authorization: Bearer, x-api-key, x-goog-api-key, api-key, ?key=
  bool as_api_key = false;    // it did not come as a bearer token
  /// What names the caller: its Purser key if it sent one apart, else whatever it sent.
  std::string_view naming() const { return purser.empty() ? provider : purser; }
};
Credentials read_credentials(const std::vector<Field>& fields, std::string_view query);

/// Labels that request headers offer: Purser's own (x-purser-user, …) and those which users of
/// other gateways and agents already send. Views point into the fields.
struct Labels {
  std::string_view user;
  std::string_view tier;
  std::string_view team;
  std::string_view feature;
  std::string_view session;
  std::string_view priority;
  std::string_view tags;  // "name=value, name=value"
  std::vector<std::pair<std::string_view, std::string_view>> properties;  // one header a tag
};
Labels read_labels(const std::vector<Field>& fields);

/// What a request's header and body say of its session.
Signals read_signals(const std::vector<Field>& fields, const Call& call);

/// Fills what the key leaves open, where `rights` allow it: first from headers, then from the
/// provider's own fields (user, metadata). Error (client): a label is too long, not printable, or a
/// priority nobody knows.
Result<void> apply_labels(Caller& caller, const LabelRights& rights, const Labels& labels,
                          const Call& call);

}  // namespace purser
