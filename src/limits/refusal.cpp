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
  if (touched.measure == Measure::concurrent) {
    return fmt::format("limit of {}", to_text(touched.measure, max));
  }
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
    case Window::rolling:
      return fmt::format("limit of {} in any {}", to_text(touched.measure, max),
                         span_text(touched.limit->span));
    case Window::pace:
      return fmt::format("pace of {} per {}", to_text(touched.measure, max),
                         span_text(touched.limit->span));
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
  const std::string what = per == Per::tag ? touched.limit->per_tag : std::string(to_string(per));
  if (touched.subject.empty()) {
    return fmt::format("the {} for calls that name no {}", limit, what);
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
      return fmt::format("the {} for {} {}", limit, what, touched.subject);
  }
}

/// " (free tier)" where the tier decided that this limit applies.
std::string tier_note(const Touched& touched, const Caller& caller) {
  const Limit& limit = *touched.limit;
  const bool decided =
      (limit.match.all.asks(Label::tier) || !limit.tiers.empty()) && limit.per != Per::tier;
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
  std::string text = fmt::format("You have reached {}{}.{}", whose_limit(touched, touched.max),
                                 tier_note(touched, caller), left_text(touched, need, standing));
  if (touched.limit->window == Window::rolling) {
    text += " Room comes back as what was spent grows old; all of it by " + resets_at + '.';
  } else if (need.ends != Instant::never()) {
    text += fmt::format(" It resets at {}.", resets_at);
  }
  return text;
}

/// The operator's words: in the first of the caller's languages there are some in, else in general.
std::string_view template_for(const Limit& limit, std::string_view languages) {
  while (!languages.empty()) {
    const std::size_t comma = languages.find(',');
    std::string_view tag = languages.substr(0, comma);
    languages = comma == std::string_view::npos ? std::string_view{} : languages.substr(comma + 1);
    tag = tag.substr(std::min(tag.find_first_not_of(' '), tag.size()));
    tag = tag.substr(0, tag.find_first_of(";- "));
    for (const auto& [language, text] : limit.messages) {
      if (language == tag) {
        return text;
      }
    }
  }
  return limit.message;
}

std::string operator_words(std::string_view text, const Touched& touched, const Standing& standing,
                           const Caller& caller, const std::string& resets_at) {
  const auto amount = [&](Units units) { return to_text(touched.measure, units); };
  return fill_message(text, {touched.limit->name, amount(standing.max), amount(standing.posted),
                             amount(standing.left()), amount(standing.held), resets_at,
                             std::string(touched.subject), caller.tier,
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
    case Measure::turns:
      return "";  // "requests" is what is meant when nothing is said
    case Measure::concurrent:
      return ";qu=\"concurrent-requests\"";
    case Measure::tool_calls:
      return ";qu=\"purser-tool-calls\"";
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
               const Caller& caller, Instant now, std::string_view languages) {
  const Touched& touched = touches.list()[shortfall.need];
  const Need& need = touches.needs()[shortfall.need];
  const std::string resets_at =
      need.ends == Instant::never() ? "never" : limits.calendar().to_text(need.ends);
  Refusal refusal;
  refusal.limit = touched.limit->name;
  refusal.resets_at = need.ends;
  const Standing standing = seen(touched, shortfall.standing);
  const std::string_view text = template_for(*touched.limit, languages);
  refusal.message = text.empty() ? own_words(touched, need, standing, caller, resets_at)
                                 : operator_words(text, touched, standing, caller, resets_at);
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

Refusal refuse(const Touches& touches, const Paces::TooFast& fast, const Caller& caller,
               std::string_view languages) {
  const Paced& paced = touches.paced()[fast.draw];
  const Draw& draw = touches.draws()[fast.draw];
  const Touched touched{.limit = paced.limit,
                        .measure = paced.measure,
                        .subject = paced.subject,
                        .starts = {},
                        .max = draw.rate};
  const auto wait = std::chrono::ceil<seconds>(fast.wait);
  Refusal refusal;
  refusal.kind = fast.ever ? Refusal::Kind::pace : Refusal::Kind::money;
  refusal.limit = paced.limit->name;
  refusal.retry_after = std::clamp(wait, seconds(1), seconds(60));
  const std::string_view text = template_for(*paced.limit, languages);
  const std::string when = fast.ever ? fmt::format("in {} s", wait.count()) : "never";
  if (!text.empty()) {
    refusal.message = operator_words(
        text, touched, {.posted = draw.rate, .held = {}, .max = draw.rate}, caller, when);
  } else if (fast.ever) {
    refusal.message =
        fmt::format("You have reached {}{}. There is room again {}.",
                    whose_limit(touched, draw.rate), tier_note(touched, caller), when);
  } else {
    refusal.message = fmt::format("This call is larger than {}{} allows at once.",
                                  whose_limit(touched, draw.rate), tier_note(touched, caller));
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
