// money/price_list.hpp — the prices of one model at one provider, as they are computed with.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "base/strong.hpp"
#include "money/amount.hpp"
#include "money/conditions.hpp"
#include "money/price_book.hpp"

namespace purser {

/// What tokens are counted and billed apart.
enum class TokenClass : std::uint8_t {
  input,
  cache_read,
  cache_write_short,
  cache_write_long,
  output,
  audio_in,
  audio_cached,
  audio_out,
  image_in,
  image_out,
  video_in,
};
inline constexpr std::size_t kTokenClasses = 11;
std::string_view to_string(TokenClass token_class);
/// What a class costs where a card does not say: as the class it is part of.
TokenClass part_of(TokenClass token_class);

/// A rate for every class.
using Card = std::array<Rate, kTokenClasses>;

/// A factor on token prices, exact: 1.1 is 11/10.
struct Ratio {
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;
  friend constexpr auto operator<=>(const Ratio&, const Ratio&) = default;
};

/// Cards by prompt size, smallest first: a card holds for prompts larger than `above`, for every
/// token of them. The first is for all.
struct Level {
  Tokens above{-1};
  Card card;
  friend bool operator==(const Level&, const Level&) = default;
};
using Levels = std::vector<Level>;

/// Hours in which another factor holds: from `begin` to `end`, minutes of the UTC day.
struct PeakHours {
  Ratio times;
  struct Span {
    std::int64_t begin;
    std::int64_t end;
    friend bool operator==(const Span&, const Span&) = default;
  };
  std::vector<Span> hours;
  bool weekdays_only = false;
  std::vector<std::int64_t> holidays;  // days since 1970 without a peak
  friend bool operator==(const PeakHours&, const PeakHours&) = default;
};

/// A service tier: a factor on the standard cards, or cards of its own.
struct TierPrice {
  Ratio times;
  Levels own;
  friend bool operator==(const TierPrice&, const TierPrice&) = default;
};
inline constexpr std::size_t kServiceTiers = 6;

/// What holds from one day on.
struct PriceVersion {
  Instant from = Instant::from_nanos(INT64_MIN);
  Levels standard;
  Levels fast;  // Anthropic's speed; empty: not offered
  std::array<std::optional<TierPrice>, kServiceTiers> tiers;
  std::optional<Ratio> us;        // inference in the US only
  std::optional<Ratio> regional;  // data kept in a region, whichever
  std::optional<PeakHours> peak;
  Amount per_request;
  Rate web_search;   // a search: not multiplied by anything
  Rate file_search;  // likewise
  Tokens output_max;
  std::string source;   // where it was read
  std::string checked;  // and when, YYYY-MM-DD
  bool pinned = false;  // reviewed by hand: no import replaces it
  friend bool operator==(const PriceVersion&, const PriceVersion&) = default;
};

class PriceList {
 public:
  std::string provider;
  std::vector<std::string> models;     // the first names the list
  std::vector<PriceVersion> versions;  // by `from`; never empty

  /// The version in force at `at`; before the first, the first.
  const PriceVersion& at(Instant when) const;
  friend bool operator==(const PriceList&, const PriceList&) = default;
};

/// The cards and the factor that hold under `conditions`.
struct Applicable {
  const Levels* levels;
  Ratio times;
};
Applicable applicable(const PriceVersion& version, const Conditions& conditions);

/// Exact. Each factor is at most 20 with three decimals, so four of them cannot overflow.
Ratio operator*(Ratio a, Ratio b);

}  // namespace purser
