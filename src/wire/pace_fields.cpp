// wire/pace_fields.cpp — four ways to say "not now", none of them trusted.
//
// OpenAI:     x-ratelimit-{limit,remaining,reset}-{requests,tokens}; a reset is "6m0s" or "12ms".
// Anthropic:  anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,
//             reset}; a reset is a time of day, RFC 3339.
// Both:       retry-after in seconds, and retry-after-ms, which is finer and goes first.
#include "wire/pace_fields.hpp"

#include <algorithm>
#include <charconv>

namespace purser {
namespace {

using std::chrono::nanoseconds;

/// A longer wait is nonsense; whoever waits is bounded far below.
constexpr nanoseconds kWaitMax = std::chrono::days(366);
/// An error's kind stands at its beginning.
constexpr std::size_t kErrorBytesMax = 16 << 10;
/// A reset says when a bucket is full again. It fills all the time, so after this part of it there
/// is enough for a while; to wait for all of it would waste what came back meanwhile.
constexpr std::int64_t kPartsOfBucket = 16;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.size() < prefix.size() ||
      !std::equal(prefix.begin(), prefix.end(), text.begin(),
                  [](char want, char c) { return want == lower(c); })) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

bool is(std::string_view text, std::string_view word) {
  return text.size() == word.size() && take_prefix(text, word);
}

std::optional<std::int64_t> parse_count(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 0) {
    return std::nullopt;
  }
  return count;
}

/// Takes "12" or "12.5" off the front, as so many of `unit`s once the unit is known: whole and
/// billionths. Nothing when there is no number, or one beyond any wait.
struct Number {
  std::int64_t whole = 0;
  std::int64_t billionths = 0;

  std::optional<nanoseconds> times(nanoseconds unit) const {
    if (whole > kWaitMax / unit) {
      return std::nullopt;
    }
    // A unit is an hour at most: the product stays below 2^63 with its fraction in thousandths.
    return unit * whole + nanoseconds(unit.count() / 1'000 * (billionths / 1'000'000));
  }
};

std::optional<Number> take_number(std::string_view& text) {
  constexpr std::int64_t kWholeMax = 1'000'000'000'000'000;
  Number number;
  std::size_t digits = 0;
  const auto is_digit = [&] { return !text.empty() && text[0] >= '0' && text[0] <= '9'; };
  for (; is_digit(); text.remove_prefix(1), ++digits) {
    number.whole = number.whole * 10 + (text[0] - '0');
    if (number.whole > kWholeMax) {
      return std::nullopt;
    }
  }
  if (digits > 0 && text.starts_with('.')) {
    text.remove_prefix(1);
    for (std::int64_t scale = 100'000'000; is_digit(); text.remove_prefix(1), scale /= 10) {
      number.billionths += scale * (text[0] - '0');
    }
  }
  return digits > 0 ? std::optional(number) : std::nullopt;
}

std::optional<nanoseconds> take_unit(std::string_view& text) {
  // "ms" before "m": the longer name first.
  constexpr std::pair<std::string_view, nanoseconds> kUnits[] = {
      {"ms", std::chrono::milliseconds(1)}, {"us", std::chrono::microseconds(1)},
      {"µs", std::chrono::microseconds(1)}, {"ns", nanoseconds(1)},
      {"h", std::chrono::hours(1)},         {"m", std::chrono::minutes(1)},
      {"s", std::chrono::seconds(1)}};
  for (const auto& [name, unit] : kUnits) {
    if (text.starts_with(name)) {
      text.remove_prefix(name.size());
      return unit;
    }
  }
  return std::nullopt;
}

/// A whole value that is a number of `unit`s.
std::optional<nanoseconds> parse_units(std::string_view text, nanoseconds unit) {
  const auto number = take_number(text);
  return number && text.empty() ? number->times(unit) : std::nullopt;
}

/// A duration, a number of seconds, or a time of day still to come.
std::optional<nanoseconds> parse_reset(std::string_view text, Instant now) {
  if (const auto duration = parse_go_duration(text)) {
    return duration;
  }
  if (const auto seconds = parse_units(text, std::chrono::seconds(1))) {
    return seconds;
  }
  const auto at = parse_rfc3339(text);
  if (!at || *at <= now || at->seconds() - now.seconds() > kWaitMax / std::chrono::seconds(1)) {
    return std::nullopt;
  }
  return *at - now;
}

}  // namespace

std::optional<nanoseconds> parse_go_duration(std::string_view text) {
  nanoseconds total{0};
  bool any = false;
  for (; !text.empty(); any = true) {
    const auto number = take_number(text);
    const auto unit = number ? take_unit(text) : std::nullopt;
    const auto part = unit ? number->times(*unit) : std::nullopt;
    if (!part || total + *part > kWaitMax) {
      return std::nullopt;
    }
    total += *part;
  }
  return any ? std::optional(total) : std::nullopt;
}

std::optional<PaceFields::Kind> PaceFields::take_kind(std::string_view& name) {
  constexpr std::pair<std::string_view, Kind> kNames[] = {{"requests", Kind::requests},
                                                          {"tokens", Kind::tokens},
                                                          {"input-tokens", Kind::input_tokens},
                                                          {"output-tokens", Kind::output_tokens}};
  for (const auto& [text, kind] : kNames) {
    if (take_prefix(name, text)) {
      return kind;
    }
  }
  return std::nullopt;
}

void PaceFields::see_bucket(std::string_view rest, std::string_view what, std::string_view value) {
  const auto kind = take_kind(rest);
  if (!kind || !rest.empty()) {
    return;
  }
  Bucket& bucket = buckets_[static_cast<std::size_t>(*kind)];
  if (what == "limit") {
    bucket.limit = value;
  } else if (what == "remaining") {
    bucket.remaining = value;
  } else {
    bucket.reset = value;
  }
}

void PaceFields::see(std::string_view name, std::string_view value) {
  constexpr std::string_view kWhats[] = {"limit", "remaining", "reset"};
  std::string_view rest = name;
  if (take_prefix(rest, "x-ratelimit-")) {
    for (const std::string_view what : kWhats) {
      if (take_prefix(rest, what)) {
        if (take_prefix(rest, "-")) {
          see_bucket(rest, what, value);
        }
        return;
      }
    }
  } else if (take_prefix(rest, "anthropic-ratelimit-")) {
    const std::size_t dash = rest.rfind('-');
    for (const std::string_view what : kWhats) {
      if (dash != std::string_view::npos && is(rest.substr(dash + 1), what)) {
        see_bucket(rest.substr(0, dash), what, value);
      }
    }
  } else if (is(name, "retry-after")) {
    retry_after_ = value;
  } else if (is(name, "retry-after-ms")) {
    retry_after_ms_ = value;
  }
}

/// The longest wait for a bucket that is empty. `Wait::whole`: after a refusal, when one that does
/// not say what remains counts as empty, too; else after an answer, when one without a limit counts
/// for nothing: some servers send zeros for what they do not count.
std::optional<nanoseconds> PaceFields::exhausted(Wait wait) const {
  std::optional<nanoseconds> longest;
  for (const Bucket& bucket : buckets_) {
    const std::int64_t unsaid = wait == Wait::whole ? 0 : 1;
    if (parse_count(bucket.remaining).value_or(unsaid) != 0) {
      continue;
    }
    const auto reset = parse_reset(bucket.reset, now_);
    if (!reset) {
      continue;
    }
    const std::int64_t parts = std::min(parse_count(bucket.limit).value_or(0), kPartsOfBucket);
    if (wait == Wait::part && parts == 0) {
      continue;
    }
    const nanoseconds until = wait == Wait::whole ? *reset : *reset / parts;
    longest = std::max(longest.value_or(nanoseconds(0)), until);
  }
  return longest;
}

ToldPace PaceFields::told(int status) const {
  if (status == 429) {
    const auto finer = parse_units(retry_after_ms_, std::chrono::milliseconds(1));
    const auto said = finer ? finer : parse_units(retry_after_, std::chrono::seconds(1));
    return {.pace = Pace::too_fast, .wait = said ? said : exhausted(Wait::whole)};
  }
  if (status / 100 != 2) {
    return {};
  }
  const auto wait = exhausted(Wait::part);
  return {.pace = wait ? Pace::exhausted : Pace::fine, .wait = wait};
}

std::optional<nanoseconds> told_delay(std::string_view body) {
  constexpr std::string_view kName = "\"retryDelay\"";
  const std::string_view beginning = body.substr(0, kErrorBytesMax);
  const std::size_t name = beginning.find(kName);
  if (name == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t open = beginning.find('"', name + kName.size());
  const std::size_t close = open == std::string_view::npos ? open : beginning.find('"', open + 1);
  return close == std::string_view::npos
             ? std::nullopt
             : parse_go_duration(beginning.substr(open + 1, close - open - 1));
}

bool is_spend_cap(std::string_view body) {
  constexpr std::string_view kCodes[] = {
      "\"insufficient_quota\"",  // OpenAI: error.type, whatever the code
      "\"credit_balance_exhausted\"",     "\"organization_spend_limit_exceeded\"",
      "\"project_spend_limit_exceeded\"", "\"organization_usage_limit_exceeded\"",
      "\"usage_limit_exceeded\"",         "\"billing_not_active\"",
      "\"enforced_spend_limit_reached\"",  // Anthropic: error.details.error_code
      "\"contract_spend_limit_reached\"", "\"ramp_limit_exceeded\"",
  };
  const std::string_view beginning = body.substr(0, kErrorBytesMax);
  return std::ranges::any_of(kCodes,
                             [&](std::string_view code) { return beginning.contains(code); });
}

}  // namespace purser
