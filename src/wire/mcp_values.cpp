// wire/mcp_values.cpp — a value at a pointer, and lists of tools.
#include <charconv>

#include "base/json_text.hpp"
#include "money/decimal.hpp"
#include "money/tool_price.hpp"
#include "wire/json_scan.hpp"
#include "wire/mcp_message.hpp"

namespace purser {
namespace {

/// "a~1b" → "a/b".
std::string unescaped(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size()) {
      out += token[++i] == '1' ? '/' : '~';
    } else {
      out += token[i];
    }
  }
  return out;
}

std::optional<std::string_view> member_of(std::string_view json, std::string_view wanted) {
  JsonScan scan(json);
  std::optional<std::string_view> found;
  JsonText name;
  scan.enter_object();
  while (scan.member(name)) {
    const std::string_view value = scan.skip();
    if (name == wanted) {
      found = value;
    }
  }
  return scan.wrong() == nullptr ? found : std::nullopt;
}

std::optional<std::string_view> element_of(std::string_view json, std::string_view wanted) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), index);
  if (error != std::errc{} || end != wanted.data() + wanted.size() ||
      (wanted.size() > 1 && wanted.front() == '0')) {
    return std::nullopt;
  }
  JsonScan scan(json);
  scan.enter_array();
  for (std::size_t at = 0; scan.element(); ++at) {
    const std::string_view value = scan.skip();
    if (at == index) {
      return value;
    }
  }
  return std::nullopt;
}

std::string_view trimmed(std::string_view json) {
  JsonScan scan(json);
  return scan.skip();
}

std::optional<std::int64_t> length_of(std::string_view json) {
  JsonScan scan(json);
  std::int64_t count = 0;
  scan.enter_array();
  while (scan.element()) {
    scan.skip();
    ++count;
  }
  return scan.wrong() == nullptr ? std::optional(count) : std::nullopt;
}

/// A number in millionths, what is finer rounded up.
std::optional<std::int64_t> micros(std::string_view number) {
  constexpr int kPlaces = 6;
  if (number.starts_with('-')) {
    return std::nullopt;
  }
  if (const auto exact = exact_decimal(number, kPlaces)) {
    return exact;
  }
  const std::size_t point = number.find('.');
  if (point == std::string_view::npos || number.find_first_of("eE") != std::string_view::npos ||
      number.size() - point - 1 <= kPlaces) {
    return std::nullopt;
  }
  const auto cut = exact_decimal(number.substr(0, point + 1 + kPlaces), kPlaces);
  const bool more = number.find_first_not_of('0', point + 1 + kPlaces) != std::string_view::npos;
  return cut ? std::optional(*cut + (more ? 1 : 0)) : std::nullopt;
}

/// One tool of a list under its new name; nothing: it is left out.
std::optional<std::string> renamed(std::string_view tool, const Rename& rename) {
  JsonScan scan(tool);
  if (scan.kind() != JsonKind::object) {
    return std::nullopt;
  }
  scan.enter_object();
  JsonText name;
  Span span;
  std::string is;
  while (scan.member(name)) {
    const bool wanted = name == "name" && scan.kind() == JsonKind::text;
    scan.kind();
    const std::size_t from = scan.at();
    JsonText text;
    if (wanted && scan.text(text)) {
      is.clear();
      append_unescaped(is, text);
      span = {.at = from, .length = scan.at() - from};
    } else {
      scan.skip();
    }
  }
  const auto becomes = scan.wrong() == nullptr && span.length > 0 ? rename(is) : std::nullopt;
  if (!becomes) {
    return std::nullopt;
  }
  if (*becomes == is) {
    return std::string(tool);
  }
  std::string quoted;
  append_json_string(quoted, *becomes);
  return spliced(tool, span, quoted);
}

}  // namespace

bool is_pointer(std::string_view pointer) {
  if (!pointer.empty() && pointer.front() != '/') {
    return false;
  }
  for (std::size_t at = pointer.find('~'); at != std::string_view::npos;
       at = pointer.find('~', at + 1)) {
    if (at + 1 == pointer.size() || (pointer[at + 1] != '0' && pointer[at + 1] != '1')) {
      return false;
    }
  }
  return true;
}

std::optional<std::string_view> at_pointer(std::string_view json, std::string_view pointer) {
  if (!is_pointer(pointer)) {
    return std::nullopt;
  }
  std::optional<std::string_view> value = trimmed(json);
  while (value && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string token = unescaped(pointer.substr(0, pointer.find('/')));
    pointer = pointer.substr(std::min(pointer.find('/'), pointer.size()));
    const JsonKind kind = JsonScan(*value).kind();
    value = kind == JsonKind::object  ? member_of(*value, token)
            : kind == JsonKind::array ? element_of(*value, token)
                                      : std::nullopt;
  }
  return value;
}

std::string text_at(std::string_view json, std::string_view pointer) {
  std::string out;
  if (const auto value = at_pointer(json, pointer)) {
    JsonScan scan(*value);
    JsonText text;
    if (scan.kind() == JsonKind::text && scan.text(text)) {
      append_unescaped(out, text);
    }
  }
  return out;
}

std::optional<std::int64_t> micro_units_at(std::string_view json, std::string_view pointer) {
  const auto value = at_pointer(json, pointer);
  if (!value) {
    return std::nullopt;
  }
  switch (JsonScan(*value).kind()) {
    case JsonKind::number:
      return micros(*value);
    case JsonKind::array: {
      const auto length = length_of(*value);
      return length ? std::optional(*length * kMicrosAUnit) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

std::string with_tools(std::string_view json, const Rename& rename) {
  const auto tools = at_pointer(json, "/result/tools");
  if (!tools || JsonScan(*tools).kind() != JsonKind::array) {
    return std::string(json);
  }
  std::string list = "[";
  JsonScan scan(*tools);
  scan.enter_array();
  while (scan.element()) {
    if (const auto tool = renamed(scan.skip(), rename)) {
      list += list.size() > 1 ? "," : "";
      list += *tool;
    }
  }
  list += ']';
  const Span span{.at = static_cast<std::size_t>(tools->data() - json.data()),
                  .length = tools->size()};
  return scan.wrong() == nullptr ? spliced(json, span, list) : std::string(json);
}

}  // namespace purser
