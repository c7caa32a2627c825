// translate/settings.cpp — settings that dialects share or bend alike.
#include "translate/settings.hpp"

namespace purser::translate {
namespace {

/// OpenAI refuses longer names of users.
constexpr std::size_t kUserBytesMax = 64;

bool said(const Settings& settings, std::string_view name) {
  const std::pair<std::string_view, bool> all[] = {
      {"temperature", settings.temperature.has_value()},
      {"top_p", settings.top_p.has_value()},
      {"top_k", settings.top_k.has_value()},
      {"frequency_penalty", settings.frequency_penalty.has_value()},
      {"presence_penalty", settings.presence_penalty.has_value()},
      {"seed", settings.seed.has_value()},
      {"n", settings.choices.value_or(1) != 1},
      {"stop", !settings.stop.empty()},
      {"verbosity", !settings.verbosity.empty()},
      {"user", !settings.user.empty()},
      {"safety_identifier", !settings.safety_identifier.empty()},
      {"cache_key", !settings.cache_key.empty()},
      {"cache", settings.cache_all.has_value()},
      {"metadata", !settings.metadata.empty()},
      {"store", settings.store.value_or(false)},
  };
  const auto found = std::ranges::find(all, name, &std::pair<std::string_view, bool>::first);
  return found != std::end(all) && found->second;
}

Concern concern_of(std::string_view name) {
  if (name == "cache_key" || name == "cache") {
    return Concern::cache;
  }
  if (name == "user" || name == "safety_identifier" || name == "metadata") {
    return Concern::identity;
  }
  if (name == "store") {
    return Concern::delivery;
  }
  return name == "verbosity" || name == "n" ? Concern::output : Concern::sampling;
}

void put_user(const Conversation& conversation, std::string_view name, std::string_view user,
              json::object& body, Notes& notes) {
  if (user.size() > kUserBytesMax) {
    notes.drop(setting_path(conversation.from, name), Concern::identity,
               "longer than the 64 bytes that OpenAI takes");
    return;
  }
  put_text(body, name, user);
}

}  // namespace

void put_text(json::object& into, std::string_view name, std::string_view text) {
  if (!text.empty()) {
    into[name] = text;
  }
}

void read_stop(Members& body, std::string_view name, Settings& settings) {
  const json::value* const value = body.take(name);
  if (value == nullptr) {
    return;
  }
  if (value->is_string()) {
    settings.stop = {std::string(text_of(*value))};
    return;
  }
  if (!value->is_array()) {
    body.reading().mistake(body.path(name), "a string or a list of them");
    return;
  }
  for (const json::value& item : value->get_array()) {
    settings.stop.emplace_back(text_of(item));
  }
}

void read_schema_format(Members& schema, Format& format) {
  format.name = schema.text("name");
  format.description = schema.text("description");
  format.strict = schema.flag("strict");
  if (const json::value* const inside = schema.take("schema")) {
    format.schema = *inside;
  }
}

json::object schema_format(const Format& format) {
  json::object schema;
  schema["name"] = format.name.empty() ? "answer" : format.name;
  put_text(schema, "description", format.description);
  schema["schema"] = schema_or_empty(format.schema);
  put(schema, "strict", format.strict);
  return schema;
}

void read_labels(Members& body, std::string_view name, Settings& settings) {
  const json::value* const value = body.take(name);
  if (value == nullptr) {
    return;
  }
  if (!value->is_object()) {
    body.reading().mistake(body.path(name), "an object");
    return;
  }
  for (const auto& label : value->get_object()) {
    const std::string key(label.key().data(), label.key().size());
    const json::value& text = label.value();
    settings.metadata.emplace_back(key, text.is_string() ? text_of(text) : print(text));
  }
}

void read_openai_settings(Members& body, Settings& settings) {
  settings.user = body.text("user");
  settings.safety_identifier = body.text("safety_identifier");
  settings.cache_key = body.text("prompt_cache_key");
  read_labels(body, "metadata", settings);
  settings.store = body.flag("store");
  constexpr std::string_view kCache = "how long and how the cache keeps is each provider's own";
  body.drop("prompt_cache_options", Concern::cache, kCache);
  body.drop("prompt_cache_retention", Concern::cache, kCache);
  body.drop("moderation", Concern::delivery, "a check that only OpenAI runs");
}

void write_openai_settings(const Conversation& conversation, json::object& body, Notes& notes) {
  const Settings& settings = conversation.settings;
  put_user(conversation, "user", settings.user, body, notes);
  put_user(conversation, "safety_identifier", settings.safety_identifier, body, notes);
  put_text(body, "prompt_cache_key", settings.cache_key);
  if (!settings.metadata.empty()) {
    json::object& metadata = body["metadata"].emplace_object();
    for (const auto& [name, value] : settings.metadata) {
      metadata[name] = value;
    }
  }
  put_text(body, "service_tier", settings.tier);
  if (settings.tier == "standard") {
    body["service_tier"] = "default";
  }
  drop_settings(conversation, {"cache"}, "OpenAI caches by itself", notes);
}

std::string effort_level(const Conversation& conversation, Notes& notes) {
  const Effort& effort = conversation.settings.effort;
  if (!effort.level.empty()) {
    return effort.level;
  }
  if (!effort.budget || *effort.budget < 0) {
    if (effort.adaptive || effort.budget) {
      notes.approximate(setting_path(conversation.from, "thinking"), Concern::output,
                        "the model thinks as hard as it does by default");
    }
    return {};
  }
  if (*effort.budget == 0) {
    return "none";
  }
  constexpr std::int64_t kLow = 2048;  // about what providers give the levels of that name
  constexpr std::int64_t kMedium = 8192;
  const std::string_view level = *effort.budget <= kLow      ? "low"
                                 : *effort.budget <= kMedium ? "medium"
                                                             : "high";
  notes.approximate(setting_path(conversation.from, "thinking"), Concern::output,
                    "a budget of " + std::to_string(*effort.budget) + " tokens became effort " +
                        std::string(level));
  return std::string(level);
}

std::optional<std::int64_t> choices_of(const Conversation& conversation, Notes& notes) {
  const Settings& settings = conversation.settings;
  if (!settings.stream || settings.choices.value_or(1) == 1) {
    return settings.choices;
  }
  notes.drop(setting_path(conversation.from, "n"), Concern::output,
             "a stream is translated in its first choice only");
  return {};
}

std::string_view choice_word(Choice choice) {
  switch (choice) {
    case Choice::automatic:
      return "auto";
    case Choice::none:
      return "none";
    case Choice::required:
      return "required";
    case Choice::unsaid:
    case Choice::named:
      return {};
  }
  return {};
}

json::value schema_or_empty(const json::value& schema) {
  if (schema.is_object() && !schema.get_object().empty()) {
    return schema;
  }
  return json::object{{"type", "object"}, {"properties", json::object()}};
}

bool fits_strict(const json::value& schema) {
  if (const json::array* const list = schema.if_array()) {
    return std::ranges::all_of(*list, fits_strict);
  }
  const json::object* const object = schema.if_object();
  if (object == nullptr) {
    return true;
  }
  const json::value* const properties = object->if_contains("properties");
  if (properties != nullptr && properties->is_object()) {
    const json::value* const more = object->if_contains("additionalProperties");
    const json::value* const required = object->if_contains("required");
    const std::size_t named =
        required != nullptr && required->is_array() ? required->get_array().size() : 0;
    if (more == nullptr || !more->is_bool() || more->get_bool() ||
        named != properties->get_object().size()) {
      return false;
    }
  }
  return std::ranges::all_of(*object,
                             [](const auto& member) { return fits_strict(member.value()); });
}

std::optional<bool> strict_of(std::optional<bool> asked, const json::value& schema,
                              std::string_view path, Notes& notes) {
  if (asked.value_or(false) && !fits_strict(schema_or_empty(schema))) {
    notes.approximate(std::string(path) + ".strict", Concern::tools,
                      "OpenAI holds strictly only to schemas with every property required and no "
                      "others: not strict");
    return false;
  }
  return asked;
}

void drop_settings(const Conversation& conversation, std::initializer_list<std::string_view> names,
                   std::string_view why, Notes& notes) {
  for (const std::string_view name : names) {
    if (said(conversation.settings, name)) {
      notes.drop(setting_path(conversation.from, name), concern_of(name), why);
    }
  }
}

}  // namespace purser::translate
