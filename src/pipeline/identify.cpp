// pipeline/identify.cpp — one pass over the header for secrets, one for labels.
#include "pipeline/identify.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace purser {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

/// "Bearer abc" → "abc"; another scheme names nobody here.
std::string_view bearer(std::string_view value) {
  constexpr std::string_view kScheme = "bearer ";
  return value.size() > kScheme.size() && same_name(value.substr(0, kScheme.size()), kScheme)
             ? trimmed(value.substr(kScheme.size()))
             : std::string_view{};
}

std::string_view query_key(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    if (pair.starts_with("key=")) {
      return pair.substr(4);
    }
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
  }
  return {};
}

/// Where callers' keys come, beside Authorization: Anthropic's, Google's and Azure's clients.
constexpr std::array<std::string_view, 3> kKeyHeaders{"x-api-key", "x-goog-api-key", "api-key"};

/// Which header fills which label. Where several do, the first of this table that was sent wins:
/// ours, then those that say exactly this, then looser ones.
struct Source {
  std::string_view header;  // lower case
  std::string_view Labels::* label;
};
constexpr std::array kSources{
    Source{"x-purser-user", &Labels::user},
    Source{"x-purser-tier", &Labels::tier},
    Source{"x-purser-team", &Labels::team},
    Source{"x-purser-feature", &Labels::feature},
    Source{"x-purser-priority", &Labels::priority},
    Source{"x-purser-tags", &Labels::tags},
    Source{"helicone-user-id", &Labels::user},       // Helicone
    Source{"x-litellm-end-user-id", &Labels::user},  // LiteLLM
    Source{"x-litellm-customer-id", &Labels::user},
    Source{"x-gemini-api-privileged-user-id", &Labels::user},  // gemini-cli: an installation
};
constexpr std::string_view kTagPrefix = "x-purser-tag-";
constexpr std::string_view kPropertyPrefix = "helicone-property-";

/// The lengths of all those names, a bit each: most other headers are told by their length.
constexpr std::uint64_t kSourceSizes = [] {
  std::uint64_t sizes = 0;
  for (const Source& source : kSources) {
    sizes |= std::uint64_t{1} << source.header.size();
  }
  return sizes;
}();

bool may_be_source(std::string_view name) {
  return name.size() < 64 && (kSourceSizes >> name.size() & 1) != 0;
}

/// Headers that can be a label start with one of these letters; most others are skipped here.
bool may_label(std::string_view name) {
  switch (name.empty() ? '\0' : name.front() | 0x20) {
    case 'x':
    case 'h':
    case 's':
    case 't':
    case 'c':
      return true;
    default:
      return false;
  }
}

Error bad_label(std::string_view what, std::string_view reason) {
  return {Fault::client, "the label '" + std::string(what) + "' " + std::string(reason)};
}

Result<void> check(std::string_view what, std::string_view value) {
  if (value.size() > kLabelBytesMax) {
    return std::unexpected(
        bad_label(what, "is longer than " + std::to_string(kLabelBytesMax) + " bytes"));
  }
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      return std::unexpected(bad_label(what, "has a control character"));
    }
  }
  return {};
}

struct Offer {
  std::string_view name;
  std::string Caller::* label;
  bool allowed;
  std::string_view header;
  std::string_view body;  // the provider's own field
};

Result<void> add_tag(Caller& caller, std::string_view name, std::string_view value) {
  if (name.empty() || caller.tags.size() == kTagsMax) {
    return std::unexpected(bad_label(
        "tags", name.empty() ? "must be like name=value, name=value" : "has more than 16 entries"));
  }
  for (const std::string_view part : {name, value}) {
    if (auto checked = check("tags", part); !checked) {
      return checked;
    }
  }
  for (const auto& [known, fixed] : caller.tags) {
    if (known == name) {
      return {};  // the key's own tag wins
    }
  }
  caller.tags.emplace_back(name, value);
  return {};
}

Result<void> add_tags(Caller& caller, std::string_view text) {
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view pair = trimmed(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    if (pair.empty()) {
      continue;
    }
    const std::size_t equals = pair.find('=');
    const std::string_view name = trimmed(pair.substr(0, equals));
    const std::string_view value = equals == std::string_view::npos
                                       ? std::string_view("true")
                                       : trimmed(pair.substr(equals + 1));
    if (auto added = add_tag(caller, name, value); !added) {
      return added;
    }
  }
  return {};
}

std::optional<Priority> parse_priority(std::string_view text) {
  for (const Priority priority : {Priority::background, Priority::normal, Priority::essential}) {
    if (text == to_string(priority)) {
      return priority;
    }
  }
  return std::nullopt;
}

}  // namespace

Credentials read_credentials(const std::vector<Field>& fields, std::string_view query) {
  Credentials found;
  for (const Field& field : fields) {
    if (field.known == FieldName::authorization) {
      if (const auto secret = bearer(field.value); !secret.empty()) {
        found.provider = secret;
        found.as_api_key = false;
      }
    } else if (same_name(field.name, "x-purser-key")) {
      found.purser = field.value;
    } else if (found.provider.empty() &&
               std::ranges::any_of(kKeyHeaders, [&field](std::string_view name) {
                 return same_name(field.name, name);
               })) {
      found.provider = field.value;
      found.as_api_key = true;
    }
  }
  if (found.provider.empty()) {
    found.provider = query_key(query);
    found.as_api_key = true;
  }
  return found;
}

Labels read_labels(const std::vector<Field>& fields) {
  Labels labels;
  std::array<std::size_t, kSources.size()> seen{};
  for (std::size_t at = 0; at < fields.size(); ++at) {
    const Field& field = fields[at];
    if (field.known != FieldName::unknown || !may_label(field.name)) {
      continue;
    }
    for (std::size_t i = 0; may_be_source(field.name) && i < kSources.size(); ++i) {
      if (field.name.size() == kSources[i].header.size() && seen[i] == 0 &&
          same_name(field.name, kSources[i].header)) {
        seen[i] = at + 1;
      }
    }
    for (const std::string_view prefix : {kTagPrefix, kPropertyPrefix}) {
      if (field.name.size() > prefix.size() &&
          same_name(field.name.substr(0, prefix.size()), prefix)) {
        labels.properties.emplace_back(field.name.substr(prefix.size()), field.value);
      }
    }
  }
  for (std::size_t i = 0; i < kSources.size(); ++i) {
    std::string_view& label = labels.*kSources[i].label;
    if (seen[i] > 0 && label.empty()) {
      label = trimmed(fields[seen[i] - 1].value);
    }
  }
  return labels;
}

Signals read_signals(const std::vector<Field>& fields, const Call& call) {
  SignalReader reader;
  for (const Field& field : fields) {
    if (field.known == FieldName::unknown) {
      reader.header(field.name, field.value);
    }
  }
  reader.body(BodyField::user_id, call.user_id);
  reader.body(BodyField::metadata_session, call.session);
  reader.body(BodyField::prompt_cache_key, call.prompt_cache_key);
  reader.body(BodyField::previous_response, call.previous_response);
  reader.body(BodyField::conversation, call.conversation);
  return reader.read();
}

Result<void> apply_labels(Caller& caller, const LabelRights& rights, const Labels& labels,
                          const Call& call) {
  const std::array offers{
      Offer{"user", &Caller::user, rights.user, labels.user, call.user},
      Offer{"tier", &Caller::tier, rights.tier, labels.tier, {}},
      Offer{"team", &Caller::team, rights.team, labels.team, {}},
      Offer{"feature", &Caller::feature, rights.feature, labels.feature, {}},
      Offer{"session", &Caller::session, rights.session, labels.session, {}},
  };
  for (const Offer& offer : offers) {
    std::string& label = caller.*offer.label;
    if (!label.empty() || !offer.allowed) {
      continue;
    }
    // A long id in a provider's field is no mistake of the caller's: it is only cut.
    const std::string_view value =
        offer.header.empty() ? offer.body.substr(0, kLabelBytesMax) : offer.header;
    if (auto checked = check(offer.name, value); !checked) {
      return checked;
    }
    label = value;
  }
  if (rights.priority && !labels.priority.empty()) {
    const auto priority = parse_priority(labels.priority);
    if (!priority) {
      return std::unexpected(bad_label("priority", "must be background, normal or essential"));
    }
    caller.priority = *priority;
  }
  if (!rights.tags) {
    return {};
  }
  for (const auto& [name, value] : labels.properties) {
    if (auto added = add_tag(caller, name, value); !added) {
      return added;
    }
  }
  return add_tags(caller, labels.tags);
}

}  // namespace purser
