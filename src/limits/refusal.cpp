// limits/refusal.cpp — figures become sentences and header fields.
#include "limits/refusal.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/digits.hpp"
#include "limits/message.hpp"

namespace purser {
namespace {

using std::chrono::seconds;

/// "daily limit of $2.00".
std::string limit_text(const Touched& touched, Units max) {
  const auto named = [&](std::string_view how_often) {
    return fmt::format("{} limit of {}", how_often, to_text(touched.measure, max));
  };
  switch (touched.limit->window) {
    case Window::minute:
      return named("per-minute");
    case Window::hour:
      return named("hourly");
    case Window::day:
      return named("daily");
    case Window::week:
      return named("weekly");
    case Window::month:
      return named("monthly");
    case Window::lifetime:
      break;
  }
  return named("lifetime");
}

/// "your daily limit of $2.00", "the daily limit of $2.00 for team research".
std::string whose_limit(const Touched& touched, Units max) {
  const std::string limit = limit_text(touched, max);
  const Per per = touched.limit->per;
  if (per == Per::all) {
    return fmt::format("the {} for all callers", limit);
  }
  if (touched.subject.empty()) {
    return fmt::format("the {} for calls that name no {}", limit, to_string(per));
  }
  switch (per) {
    case Per::user:
      return fmt::format("your {}", limit);
    case Per::key:
    case Per::session:
      return fmt::format("the {} for this {}", limit, to_string(per));
    case Per::tier:
      return fmt::format("the {} for the {} tier", limit, touched.subject);
    default:
      return fmt::format("the {} for {} {}", limit, to_string(per), touched.subject);
  }
}

/// " (free tier)" where the tier decided that this limit applies.
std::string tier_note(const Touched& touched, const Caller& caller) {
  const bool decided = !touched.limit->match.tier.empty() && touched.limit->per != Per::tier;
  return decided && !caller.tier.empty() ? fmt::format(" ({} tier)", caller.tier) : "";
}

/// What is left, when that is too little rather than nothing.
std::string left_text(const Touched& touched, const Need& need, const Standing& standing) {
  std::string text;
  if (standing.left() > Units{}) {
    text += fmt::format(" {} of it is left, and this call may need {}.",
                        to_text(touched.measure, standing.left()),
                        to_text(touched.measure, need.units));
  }
  if (standing.held > Units{}) {
    text += fmt::format(" {} of it is held by calls in flight.",
                        to_text(touched.measure, standing.held));
  }
  return text;
}

std::string own_words(const Touched& touched, const Need& need, const Standing& standing,
                      const Caller& caller, const std::string& resets_at) {
  std::string text = fmt::format("You have reached {}{}.{}", whose_limit(touched, need.max),
                                 tier_note(touched, caller), left_text(touched, need, standing));
  if (need.ends != Instant::never()) {
    text += fmt::format(" It resets at {}.", resets_at);
  }
  return text;
}

std::string operator_words(const Touched& touched, const Standing& standing, const Caller& caller,
                           const std::string& resets_at) {
  const auto amount = [&](Units units) { return to_text(touched.measure, units); };
  return fill_message(
      touched.limit->message,
      {touched.limit->name, amount(standing.max), amount(standing.posted), amount(standing.left()),
       amount(standing.held), resets_at, std::string(touched.subject), caller.tier,
       std::string(to_string(touched.limit->window))});
}

/// Whole seconds until then, rounded up: who comes back after them does not come too early.
std::int64_t seconds_until(Instant then, Instant now) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t nanos = std::max<std::int64_t>((then - now).count(), 0);
  return nanos / kSecond + (nanos % kSecond == 0 ? 0 : 1);
}

/// An Integer of structured fields has fifteen digits.
std::int64_t field_integer(std::int64_t number) {
  return std::clamp<std::int64_t>(number, 0, 999'999'999'999'999);
}

std::int64_t field_units(Measure measure, Units units) {
  return field_integer(measure == Measure::usd ? units.count() / 1000 : units.count());
}

/// "daily";q=2000000
void append_named(std::string& out, const Touched& touched, std::string_view key, Units units) {
  out += '"';
  out += touched.limit->name;
  out += '"';
  out += key;
  append_number(out, field_units(touched.measure, units));
}

std::string_view field_unit(Measure measure) {
  switch (measure) {
    case Measure::usd:
      return ";qu=\"purser-microusd\"";
    case Measure::calls:
      return "";  // "requests" is what is meant when nothing is said
    case Measure::tokens:
      return ";qu=\"purser-tokens\"";
    case Measure::tokens_in:
      return ";qu=\"purser-tokens-in\"";
    case Measure::tokens_out:
      return ";qu=\"purser-tokens-out\"";
  }
  return "";
}

}  // namespace

Refusal refuse(const LimitSet& limits, const Touches& touches, const Shortfall& shortfall,
               const Caller& caller, Instant now) {
  const Touched& touched = touches.list()[shortfall.need];
  const Need& need = touches.needs()[shortfall.need];
  const std::string resets_at =
      need.ends == Instant::never() ? "never" : limits.calendar().to_text(need.ends);
  Refusal refusal;
  refusal.limit = touched.limit->name;
  refusal.resets_at = need.ends;
  refusal.message = touched.limit->message.empty()
                        ? own_words(touched, need, shortfall.standing, caller, resets_at)
                        : operator_words(touched, shortfall.standing, caller, resets_at);
  const bool ever_fits = need.units <= need.max;
  if (!shortfall.final) {
    refusal.kind = Refusal::Kind::pace;
    refusal.retry_after = seconds(1);
  } else if (touched.limit->window == Window::minute && ever_fits) {
    refusal.kind = Refusal::Kind::pace;
    refusal.retry_after = seconds(std::clamp<std::int64_t>(seconds_until(need.ends, now), 1, 60));
  }
  return refusal;
}

std::optional<std::size_t> tightest(std::span<const Standing> standings) {
  std::optional<std::size_t> found;
  const auto max = [](const Standing& standing) {
    return static_cast<__int128>(std::max<std::int64_t>(standing.max.count(), 1));
  };
  for (std::size_t i = 0; i < standings.size(); ++i) {
    if (!found || standings[i].left().count() * max(standings[*found]) <
                      standings[*found].left().count() * max(standings[i])) {
      found = i;
    }
  }
  return found;
}

void append_rate_limit_policy(std::string& out, const Touched& touched, const Need& need,
                              const Standing& standing) {
  append_named(out, touched, ";q=", standing.max);
  out += field_unit(touched.measure);
  if (need.ends != Instant::never()) {
    out += ";w=";
    append_number(out, seconds_until(need.ends, touched.starts));
  }
}

void append_rate_limit(std::string& out, const Touched& touched, const Need& need,
                       const Standing& standing, Instant now) {
  append_named(out, touched, ";r=", standing.left());
  if (need.ends != Instant::never()) {
    out += ";t=";
    append_number(out, seconds_until(need.ends, now));
  }
}

}  // namespace purser
