// translate/schema.cpp — JSON Schema and the parts of it that Gemini takes.
#include "translate/schema.hpp"

#include <algorithm>
#include <set>

namespace purser::translate {
namespace {

constexpr std::string_view kTaken[] = {
    "$id",      "$defs",    "$ref",        "$anchor",   "type",
    "format",   "title",    "description", "enum",      "items",
    "minItems", "maxItems", "prefixItems", "minimum",   "maximum",
    "anyOf",    "oneOf",    "properties",  "required",  "additionalProperties",
    "default",  "pattern",  "minLength",   "maxLength", "propertyOrdering",
};
constexpr std::string_view kCounts[] = {"minItems",  "maxItems",      "minLength",
                                        "maxLength", "minProperties", "maxProperties"};

std::string_view key_of(const json::key_value_pair& member) {
  return {member.key().data(), member.key().size()};
}

/// Members whose own members are names that the schema's author chose.
bool holds_names(std::string_view key) {
  return key == "properties" || key == "$defs";
}

json::value pruned(const json::value& schema, std::set<std::string>& removed) {
  if (const json::array* const list = schema.if_array()) {
    json::array kept;
    for (const json::value& item : *list) {
      kept.push_back(pruned(item, removed));
    }
    return kept;
  }
  const json::object* const object = schema.if_object();
  if (object == nullptr) {
    return schema;
  }
  json::object kept;
  for (const auto& member : *object) {
    const std::string_view key = key_of(member);
    if (key == "const") {
      kept["enum"] = json::array{member.value()};
    } else if (holds_names(key) && member.value().is_object()) {
      json::object& inside = kept[member.key()].emplace_object();
      for (const auto& named : member.value().get_object()) {
        inside[named.key()] = pruned(named.value(), removed);
      }
    } else if (key == "enum" || key == "default" || key == "required") {
      kept[member.key()] = member.value();  // values, not schemas
    } else if (std::ranges::find(kTaken, key) != std::end(kTaken)) {
      kept[member.key()] = pruned(member.value(), removed);
    } else if (key != "$schema") {
      removed.emplace(key);
    }
  }
  return kept;
}

std::string lower(std::string_view text) {
  std::string low(text);
  std::ranges::transform(low, low.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return low;
}

json::value counted(const json::value& value) {
  if (const json::string* const text = value.if_string()) {
    if (auto number = parsed({text->data(), text->size()}); number && number->is_int64()) {
      return *number;
    }
  }
  return value;
}

}  // namespace

json::value from_gemini_schema(const json::value& schema) {
  if (const json::array* const list = schema.if_array()) {
    json::array read;
    for (const json::value& item : *list) {
      read.push_back(from_gemini_schema(item));
    }
    return read;
  }
  const json::object* const object = schema.if_object();
  if (object == nullptr) {
    return schema;
  }
  json::object read;
  bool nullable = false;
  for (const auto& member : *object) {
    const std::string_view key = key_of(member);
    if (key == "nullable") {
      nullable = member.value().is_bool() && member.value().get_bool();
    } else if (key == "type" && member.value().is_string()) {
      read["type"] = lower(text_of(member.value()));
    } else if (key == "example") {
      read["examples"] = json::array{member.value()};
    } else if (std::ranges::find(kCounts, key) != std::end(kCounts)) {
      read[member.key()] = counted(member.value());
    } else if (key == "properties" && member.value().is_object()) {
      json::object& inside = read["properties"].emplace_object();
      for (const auto& named : member.value().get_object()) {
        inside[named.key()] = from_gemini_schema(named.value());
      }
    } else if (key == "items" || key == "anyOf" || key == "any_of") {
      read[key == "items" ? "items" : "anyOf"] = from_gemini_schema(member.value());
    } else if (key != "propertyOrdering" && key != "property_ordering") {
      read[member.key()] = member.value();
    }
  }
  if (nullable && read.contains("type")) {
    json::value type = std::move(read["type"]);
    read["type"] = json::array{std::move(type), "null"};
  }
  return read;
}

json::value for_gemini(const json::value& schema, const std::string& path, Notes& notes) {
  std::set<std::string> removed;
  json::value kept = pruned(schema, removed);
  if (!removed.empty()) {
    std::string names;
    for (const std::string& name : removed) {
      names += (names.empty() ? "" : ", ") + name;
    }
    notes.approximate(path, Concern::tools, "Gemini's schemas know no " + names);
  }
  return kept;
}

}  // namespace purser::translate
