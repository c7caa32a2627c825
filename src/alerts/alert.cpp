// alerts/alert.cpp — the words of alerts, and their bounds.
#include "alerts/alert.hpp"

#include <algorithm>

#include "base/invariant.hpp"

namespace purser {
namespace {

constexpr std::array<std::string_view, kAlertKinds.size()> kKindWords{
    "limit_threshold", "limit_reached", "kill_switch",      "spike",          "loop",
    "provider_down",   "forecast",      "books_unwritable", "calls_presumed", "test"};
constexpr std::array<std::string_view, kSeverities.size()> kSeverityWords{"info", "warning",
                                                                          "critical"};

std::string bounded_text(std::string text) {
  text.resize(cut(text, kAlertTextMax).size());
  // Labels come from callers: a zero would end an environment variable, others colour a terminal.
  std::ranges::replace_if(
      text, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F; },
      ' ');
  return text;
}

}  // namespace

std::string_view to_string(AlertKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  INVARIANT(index < kKindWords.size(), "every kind has a word");
  return kKindWords[index];
}

std::string_view to_string(Severity severity) {
  const auto index = static_cast<std::size_t>(severity);
  INVARIANT(index < kSeverityWords.size(), "every severity has a word");
  return kSeverityWords[index];
}

std::string_view to_string(AlertState state) {
  return state == AlertState::firing ? "firing" : "recovered";
}

std::optional<AlertKind> parse_alert_kind(std::string_view text) {
  for (const AlertKind kind : kAlertKinds) {
    if (to_string(kind) == text) {
      return kind;
    }
  }
  return std::nullopt;
}

std::optional<Severity> parse_severity(std::string_view text) {
  for (const Severity severity : kSeverities) {
    if (to_string(severity) == text) {
      return severity;
    }
  }
  return std::nullopt;
}

std::string alert_name(std::int64_t id) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string name = "alert_";
  for (int shift = 60; shift >= 0; shift -= 4) {
    name += kHex[(static_cast<std::uint64_t>(id) >> shift) & 15];
  }
  return name;
}

std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) {
    return text;
  }
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) {
    --bytes;
  }
  return text.substr(0, bytes);
}

Alert bounded(Alert alert) {
  for (std::string* text : {&alert.key, &alert.subject, &alert.limit, &alert.used, &alert.max,
                            &alert.share, &alert.text}) {
    *text = bounded_text(std::move(*text));
  }
  return alert;
}

}  // namespace purser
