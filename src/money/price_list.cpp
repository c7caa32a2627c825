// money/price_list.cpp — which card holds, and the one place where tokens become dollars.
#include "money/price_list.hpp"

#include <algorithm>
#include <numeric>

namespace purser {
namespace {

constexpr std::int64_t kMinutesPerDay = 24 * 60;
constexpr __int128 kPicosPerNano = 1000;

Rate rate_of(const Card& card, TokenClass token_class) {
  return card[static_cast<std::size_t>(token_class)];
}

/// Days since 1970, and the minute of that day, in UTC.
struct UtcMinute {
  std::int64_t day;
  std::int64_t minute;
};
UtcMinute utc_minute(Instant at) {
  const std::int64_t seconds = at.seconds();
  const std::int64_t day = seconds >= 0 ? seconds / 86'400 : -((-seconds + 86'399) / 86'400);
  return {day, (seconds - day * 86'400) / 60};
}

bool in_peak(const PeakHours& peak, Instant at) {
  const UtcMinute now = utc_minute(at);
  const std::int64_t weekday = ((now.day + 3) % 7 + 7) % 7;  // 1970-01-01 was a Thursday; 0: Monday
  if (peak.weekdays_only && weekday >= 5) {
    return false;
  }
  if (std::find(peak.holidays.begin(), peak.holidays.end(), now.day) != peak.holidays.end()) {
    return false;
  }
  return std::any_of(peak.hours.begin(), peak.hours.end(), [&](const PeakHours::Span& span) {
    return now.minute >= span.begin && now.minute < std::min(span.end, kMinutesPerDay);
  });
}

const Card& card_for(const Levels& levels, Tokens prompt) {
  const Card* card = &levels.front().card;
  for (const Level& level : levels) {
    if (prompt > level.above) {
      card = &level.card;
    }
  }
  return *card;
}

/// Takes `part` out of `whole`; no more than there is, whatever the provider says.
Tokens take(Tokens& whole, Tokens part) {
  part = std::clamp(part, Tokens(0), whole);
  whole -= part;
  return part;
}

/// Tokens × rates in picodollars: what has a class of its own is taken out of the class it is of.
__int128 token_picos(const Card& card, Usage usage) {
  const auto picos = [&](Tokens tokens, TokenClass token_class) {
    return static_cast<__int128>(tokens.count()) * rate_of(card, token_class).count();
  };
  return picos(take(usage.input_uncached, usage.audio_in), TokenClass::audio_in) +
         picos(take(usage.input_uncached, usage.image_in), TokenClass::image_in) +
         picos(take(usage.input_uncached, usage.video_in), TokenClass::video_in) +
         picos(usage.input_uncached, TokenClass::input) +
         picos(take(usage.cache_read, usage.audio_cached), TokenClass::audio_cached) +
         picos(usage.cache_read, TokenClass::cache_read) +
         picos(usage.cache_write_short, TokenClass::cache_write_short) +
         picos(usage.cache_write_long, TokenClass::cache_write_long) +
         picos(take(usage.output, usage.audio_out), TokenClass::audio_out) +
         picos(take(usage.output, usage.image_out), TokenClass::image_out) +
         picos(usage.output, TokenClass::output);
}

constexpr __int128 kPicosMax = kPicosPerNano * kCostMax.nanos();

Amount amount_up_to_max(__int128 nanos) {
  return Amount::from_nanos(static_cast<std::int64_t>(std::min<__int128>(nanos, kCostMax.nanos())));
}

/// Nanodollars of `picos`/`denominator`, half up. Amounts here are never negative.
Amount round_half_up(__int128 picos, std::int64_t denominator) {
  const __int128 unit = kPicosPerNano * denominator;
  return amount_up_to_max((2 * picos + unit) / (2 * unit));
}

Rate times_rounded_up(Rate rate, Ratio times) {
  const __int128 product = static_cast<__int128>(rate.count()) * times.numerator;
  return Rate(static_cast<std::int64_t>((product + times.denominator - 1) / times.denominator));
}

}  // namespace

std::string_view to_string(TokenClass token_class) {
  constexpr std::array<std::string_view, kTokenClasses> kNames{
      "input",        "cache_read", "cache_write_short", "cache_write_long", "output",  "audio_in",
      "audio_cached", "audio_out",  "image_in",          "image_out",        "video_in"};
  return kNames[static_cast<std::size_t>(token_class)];
}

TokenClass part_of(TokenClass token_class) {
  switch (token_class) {
    case TokenClass::audio_out:
    case TokenClass::image_out:
      return TokenClass::output;
    case TokenClass::audio_cached:
      return TokenClass::cache_read;
    default:
      return TokenClass::input;
  }
}

Ratio operator*(Ratio a, Ratio b) {
  const std::int64_t numerator = a.numerator * b.numerator;
  const std::int64_t denominator = a.denominator * b.denominator;
  const std::int64_t common = std::gcd(numerator, denominator);
  return {numerator / common, denominator / common};
}

const PriceVersion& PriceList::at(Instant when) const {
  const PriceVersion* found = &versions.front();
  for (const PriceVersion& version : versions) {
    if (version.from <= when) {
      found = &version;
    }
  }
  return *found;
}

Applicable applicable(const PriceVersion& version, const Conditions& conditions) {
  Applicable holds{&version.standard, {}};
  if (conditions.speed == Speed::fast && !version.fast.empty()) {
    holds.levels = &version.fast;
  }
  if (const auto& tier = version.tiers[static_cast<std::size_t>(conditions.tier)]) {
    if (!tier->own.empty()) {
      holds.levels = &tier->own;
    }
    holds.times = holds.times * tier->times;
  }
  if (version.us && conditions.geo == "us") {
    holds.times = holds.times * *version.us;
  }
  if (version.regional && !conditions.region.empty()) {
    holds.times = holds.times * *version.regional;
  }
  if (version.peak && in_peak(*version.peak, conditions.at)) {
    holds.times = holds.times * version.peak->times;
  }
  return holds;
}

Amount cost(const PriceList& list, const Usage& usage, const Conditions& conditions) {
  const PriceVersion& version = list.at(conditions.at);
  const Applicable holds = applicable(version, conditions);
  const Card& card = card_for(*holds.levels, usage.prompt_total());
  const __int128 fees = static_cast<__int128>(usage.web_searches) * version.web_search.count() +
                        static_cast<__int128>(usage.file_searches) * version.file_search.count() +
                        static_cast<__int128>(version.per_request.nanos()) * kPicosPerNano;
  // Both are capped before they are multiplied, so that no usage overflows 128 bits.
  const __int128 tokens = std::min(token_picos(card, usage), kPicosMax) * holds.times.numerator;
  return round_half_up(tokens + std::min(fees, kPicosMax) * holds.times.denominator,
                       holds.times.denominator);
}

WorstRates worst_rates(const PriceList& list, Tokens prompt_max, const Conditions& asked) {
  const PriceVersion& version = list.at(asked.at);
  Applicable holds = applicable(version, asked);
  if (version.us && asked.geo.empty()) {
    holds.times =
        holds.times * *version.us;  // the workspace may say "us" where the request is silent
  }
  Rate input;
  Rate output;
  for (const Level& level : *holds.levels) {
    if (prompt_max <= level.above) {
      break;
    }
    for (const TokenClass token_class :
         {TokenClass::input, TokenClass::cache_read, TokenClass::cache_write_short,
          TokenClass::cache_write_long, TokenClass::audio_in, TokenClass::audio_cached,
          TokenClass::image_in, TokenClass::video_in}) {
      input = std::max(input, rate_of(level.card, token_class));
    }
    for (const TokenClass token_class :
         {TokenClass::output, TokenClass::audio_out, TokenClass::image_out}) {
      output = std::max(output, rate_of(level.card, token_class));
    }
  }
  return {.input = times_rounded_up(input, holds.times),
          .output = times_rounded_up(output, holds.times),
          .per_request = version.per_request,
          .web_search = version.web_search,
          .file_search = version.file_search};
}

Tokens longest_output(const PriceList& list) {
  Tokens longest;
  for (const PriceVersion& version : list.versions) {
    longest = std::max(longest, version.output_max);
  }
  return longest;
}

Amount at_most(Tokens tokens, Rate rate) {
  INVARIANT(tokens >= Tokens(0) && rate >= Rate(0), "neither tokens nor rates are ever negative");
  const __int128 picos = static_cast<__int128>(tokens.count()) * rate.count();
  return amount_up_to_max((picos + kPicosPerNano - 1) / kPicosPerNano);
}

Tokens affordable(Amount budget, Rate rate) {
  if (rate.count() == 0) {
    return Tokens(INT64_MAX);
  }
  const __int128 tokens = static_cast<__int128>(budget.nanos()) * kPicosPerNano / rate.count();
  return Tokens(static_cast<std::int64_t>(
      std::clamp<__int128>(tokens, 0, std::numeric_limits<std::int64_t>::max())));
}

}  // namespace purser
