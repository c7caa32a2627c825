// translate/settings.hpp — settings that dialects share or bend alike.
#pragma once

#include <string_view>

#include "translate/conversation.hpp"
#include "translate/json.hpp"

namespace purser::translate {

/// One text or a list of them.
void read_stop(Members& body, std::string_view name, Settings& settings);
/// name, description, schema, strict: of chat's and Responses' formats.
void read_schema_format(Members& schema, Format& format);
json::object schema_format(const Format& format);
/// What chat and Responses say in the same words: users, metadata, cache key, storage.
void read_openai_settings(Members& body, Settings& settings);
void write_openai_settings(const Conversation& conversation, json::object& body, Notes& notes);

/// Members of a flat object of texts.
void read_labels(Members& body, std::string_view name, Settings& settings);

/// How hard to think, in the words of those who know levels only.
std::string effort_level(const Conversation& conversation, Notes& notes);

/// "auto", "none", "required" of chat and Responses; empty: not said, or a tool is named.
std::string_view choice_word(Choice choice);

/// The schema of a tool that takes nothing, where one must be given.
json::value schema_or_empty(const json::value& schema);
/// Whether OpenAI's strict mode takes this schema: every object closed, every property required.
bool fits_strict(const json::value& schema);
/// `strict` as OpenAI can bear it.
std::optional<bool> strict_of(std::optional<bool> asked, const json::value& schema,
                              std::string_view path, Notes& notes);

/// Notes every setting among `names` that is said: the dialect has no word for it.
void drop_settings(const Conversation& conversation, std::initializer_list<std::string_view> names,
                   std::string_view why, Notes& notes);

/// How many answers are asked for; a stream is translated in its first only.
std::optional<std::int64_t> choices_of(const Conversation& conversation, Notes& notes);

void put_text(json::object& into, std::string_view name, std::string_view text);
template <typename Number>
void put(json::object& into, std::string_view name, const std::optional<Number>& value) {
  if (value) {
    into[name] = *value;
  }
}

}  // namespace purser::translate
