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
  }
  return "lifetime";
}

std::string_view to_string(Measure measure) {
  switch (measure) {
    case Measure::usd:
      return "usd";
    case Measure::calls:
      return "calls";
    case Measure::tokens:
      return "tokens";
    case Measure::tokens_in:
      return "tokens_in";
    case Measure::tokens_out:
      return "tokens_out";
  }
  return "usd";
}

namespace {

std::string_view noun(Measure measure) {
  switch (measure) {
    case Measure::usd:
      break;
    case Measure::calls:
      return "call";
    case Measure::tokens:
      return "token";
    case Measure::tokens_in:
      return "input token";
    case Measure::tokens_out:
      return "output token";
  }
  return "dollar";
}

}  // namespace

std::string to_text(Measure measure, Units units) {
  if (measure == Measure::usd) {
    return to_dollars(Amount::from_nanos(units.count()));
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
    case Measure::tokens:
      return units(tokens);
    case Measure::tokens_in:
      return units(tokens_in);
    case Measure::tokens_out:
      return units(tokens_out);
  }
  return std::nullopt;
}

}  // namespace purser
