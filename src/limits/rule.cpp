// limits/rule.cpp — the words of rules, as they stand in configuration and messages.
#include "limits/rule.hpp"

#include <fmt/format.h>

namespace purser {

std::string_view to_string(Per per) {
  switch (per) {
    case Per::user:
      return "user";
    case Per::team:
      return "team";
    case Per::feature:
      return "feature";
    case Per::key:
      return "key";
    case Per::session:
      return "session";
    case Per::tier:
      return "tier";
    case Per::tag:
      return "tag";
    case Per::all:
      return "all";
  }
  return "all";
}

std::string_view to_string(Window window) {
  switch (window) {
    case Window::minute:
      return "minute";
    case Window::hour:
      return "hour";
    case Window::day:
      return "day";
    case Window::week:
      return "week";
    case Window::month:
      return "month";
    case Window::lifetime:
      return "lifetime";
    case Window::rolling:
      return "rolling";
    case Window::pace:
      return "pace";
  }
  return "lifetime";
}

std::string_view to_string(Measure measure) {
  switch (measure) {
    case Measure::usd:
      return "usd";
    case Measure::calls:
      return "calls";
    case Measure::turns:
      return "turns";
    case Measure::tokens:
      return "tokens";
    case Measure::tokens_in:
      return "tokens_in";
    case Measure::tokens_out:
      return "tokens_out";
    case Measure::concurrent:
      return "concurrent";
    case Measure::tool_calls:
      return "tool_calls";
  }
  return "usd";
}

std::string_view to_string(Threshold::Action action) {
  switch (action) {
    case Threshold::Action::alert:
      return "alert";
    case Threshold::Action::downgrade:
      return "downgrade";
    case Threshold::Action::land:
      return "land";
    case Threshold::Action::essential_only:
      return "essential_only";
    case Threshold::Action::deny:
      return "deny";
  }
  return "deny";
}

std::string span_text(std::chrono::seconds span) {
  const std::int64_t count = span.count();
  if (count % 86'400 == 0) {
    return fmt::format("{}d", count / 86'400);
  }
  if (count % 3'600 == 0) {
    return fmt::format("{}h", count / 3'600);
  }
  return count % 60 == 0 ? fmt::format("{}m", count / 60) : fmt::format("{}s", count);
}

namespace {

std::string_view noun(Measure measure) {
  switch (measure) {
    case Measure::usd:
      break;
    case Measure::calls:
      return "call";
    case Measure::turns:
      return "turn";
    case Measure::tokens:
      return "token";
    case Measure::tokens_in:
      return "input token";
    case Measure::tokens_out:
      return "output token";
    case Measure::concurrent:
      break;
    case Measure::tool_calls:
      return "tool call";
  }
  return "dollar";
}

}  // namespace

std::string to_text(Measure measure, Units units) {
  if (measure == Measure::usd) {
    return to_dollars(Amount::from_nanos(units.count()));
  }
  if (measure == Measure::concurrent) {
    return fmt::format("{} call{} at once", units.count(), units == Units(1) ? "" : "s");
  }
  return fmt::format("{} {}{}", units.count(), noun(measure), units == Units(1) ? "" : "s");
}

std::optional<Units> Max::of(Measure measure) const {
  const auto units = [](const auto& max) {
    return max ? std::optional(Units(max->count())) : std::nullopt;
  };
  switch (measure) {
    case Measure::usd:
      return usd ? std::optional(Units(usd->nanos())) : std::nullopt;
    case Measure::calls:
      return calls ? std::optional(Units(*calls)) : std::nullopt;
    case Measure::turns:
      return turns ? std::optional(Units(*turns)) : std::nullopt;
    case Measure::tokens:
      return units(tokens);
    case Measure::tokens_in:
      return units(tokens_in);
    case Measure::tokens_out:
      return units(tokens_out);
    case Measure::concurrent:
      return concurrent ? std::optional(Units(*concurrent)) : std::nullopt;
    case Measure::tool_calls:
      return tool_calls ? std::optional(Units(*tool_calls)) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace purser
