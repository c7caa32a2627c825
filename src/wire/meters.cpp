// wire/meters.cpp — lenient values, and what is visible of an answer.
#include "wire/meters.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace purser {
namespace {

/// Names under which a model's own words stand. Left out: what repeats them in another form
/// (reasoning_details, annotations) and what is not text (ids, types, signatures).
constexpr std::array<std::string_view, 10> kTextNames{
    "content",  "text", "arguments", "partial_json", "reasoning_content",
    "thinking", "name", "reasoning", "refusal",      "transcript",
};
constexpr std::array<std::string_view, 5> kNestNames{"tool_calls", "function", "function_call",
                                                     "custom", "audio"};

template <std::size_t count>
bool any_of(const std::array<std::string_view, count>& names, JsonText name) {
  return std::ranges::any_of(names, [&](std::string_view known) { return name == known; });
}

}  // namespace

void read_text(JsonScan& scan, std::string& out) {
  JsonText text;
  if (scan.kind() != JsonKind::text) {
    scan.skip();
  } else if (scan.text(text)) {
    out.clear();
    append_unescaped(out, text);
  }
}

void read_text_once(JsonScan& scan, std::string& out) {
  if (out.empty()) {
    read_text(scan, out);
  } else {
    scan.skip();
  }
}

void read_word(JsonScan& scan, std::span<const std::string_view> words, std::string& out) {
  if (scan.kind() != JsonKind::number) {
    return read_text(scan, out);
  }
  std::string_view number;
  if (scan.number(number)) {
    const auto index = whole_number(number);
    const bool known = index && *index >= 0 && *index < std::ssize(words);
    out = known ? words[static_cast<std::size_t>(*index)] : number;
  }
}

void read_count(JsonScan& scan, std::optional<std::int64_t>& out) {
  std::string_view number;
  if (scan.kind() != JsonKind::number) {
    scan.skip();
  } else if (scan.number(number)) {
    const auto value = whole_number(number);
    if (value && *value >= 0 && *value <= kReportedMax) {
      out = value;
    }
  }
}

void Visible::add(JsonText text) {
  bytes_ += static_cast<std::int64_t>(unescaped_size(text));
  if (keep_) {
    append_unescaped(text_, text);
  }
}

std::string Visible::take() {
  return std::exchange(text_, {});
}

void read_visible_member(JsonScan& scan, JsonText name, Visible& visible) {
  if (any_of(kTextNames, name) || any_of(kNestNames, name)) {
    read_visible(scan, visible);
  } else {
    scan.skip();
  }
}

void read_visible(JsonScan& scan, Visible& visible) {
  JsonText text;
  switch (scan.kind()) {
    case JsonKind::text:
      if (scan.text(text)) {
        visible.add(text);
      }
      return;
    case JsonKind::array:
      return read_elements(scan, [&] { read_visible(scan, visible); });
    case JsonKind::object:
      scan.enter_object();
      while (scan.member(text)) {
        read_visible_member(scan, text, visible);
      }
      return;
    default:
      scan.skip();
  }
}

}  // namespace purser
