// app/quantity.cpp — reads quantities, exactly or not at all.
#include "app/quantity.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace purser {
namespace {

std::unexpected<Error> expected(std::string_view what, std::string_view text) {
  constexpr std::size_t kShown = 60;
  return fail(Fault::config, "expected " + std::string(what) + ", got \"" +
                                 std::string(text.substr(0, kShown)) + "\"");
}

struct Unit {
  std::string_view name;
  std::int64_t size;
};

/// "<digits><unit>" in the unit of size one; nothing when it is not that, or beyond `most`.
template <std::size_t count>
std::optional<std::int64_t> scaled(std::string_view text, const std::array<Unit, count>& units,
                                   std::int64_t most) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) {
    return std::nullopt;
  }
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& known : units) {
    std::int64_t value = 0;
    if (known.name == unit && !__builtin_mul_overflow(number, known.size, &value) &&
        value <= most) {
      return value;
    }
  }
  return std::nullopt;
}

constexpr std::int64_t kDay = 86'400'000;  // milliseconds
constexpr std::array<Unit, 5> kTimes{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", kDay}}};
constexpr std::array<Unit, 4> kSizes{
    {{"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};

}  // namespace

Result<std::int64_t> parse_whole(std::string_view text, std::int64_t least, std::int64_t most) {
  std::int64_t number = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc{} || end != last || number < least || number > most) {
    return expected("a whole number from " + std::to_string(least) + " to " + std::to_string(most),
                    text);
  }
  return number;
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto milliseconds = scaled(text, kTimes, 366 * kDay);
  if (!milliseconds) {
    return expected("a duration such as 250ms, 30s, 5m, 2h or 7d, at most 366d", text);
  }
  return std::chrono::milliseconds(*milliseconds);
}

Result<std::chrono::seconds> parse_seconds(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) {
    return std::unexpected(duration.error());
  }
  if (duration->count() % 1000 != 0 || duration->count() == 0) {
    return expected("whole seconds, at least 1s", text);
  }
  return std::chrono::duration_cast<std::chrono::seconds>(*duration);
}

Result<std::size_t> parse_bytes(std::string_view text, std::size_t most) {
  const auto bytes = scaled(text, kSizes, static_cast<std::int64_t>(most));
  if (!bytes) {
    return expected("a size such as 65536, 64KiB or 32MiB, at most " + std::to_string(most), text);
  }
  return static_cast<std::size_t>(*bytes);
}

Result<Tokens> parse_tokens(std::string_view text) {
  const auto number = parse_whole(text, 0, 1'000'000'000);
  if (!number) {
    return std::unexpected(number.error());
  }
  return Tokens(*number);
}

Result<Share> parse_share(std::string_view text) {
  const auto wrong = [&] {
    return fail(Fault::config,
                "expected a share such as 80% or 99.5%, above 0% and at most "
                "100%, got \"" +
                    std::string(text.substr(0, 60)) + "\"");
  };
  std::string_view digits = text;
  if (!digits.ends_with('%')) {
    return wrong();
  }
  digits.remove_suffix(1);
  const std::size_t point = digits.find('.');
  const auto percent = parse_whole(digits.substr(0, point), 0, 100);
  std::string tail(point == std::string_view::npos ? std::string_view("0")
                                                   : digits.substr(point + 1));
  if (!percent || tail.empty() || tail.size() > 4) {
    return wrong();
  }
  tail.resize(4, '0');
  const auto fraction = parse_whole(tail, 0, 9'999);
  const Share share(*percent * 10'000 + fraction.value_or(0));
  return fraction && share > Share{} && share <= kWhole ? Result<Share>(share) : wrong();
}

Result<std::string> parse_text(std::string_view text) {
  if (text.empty()) {
    return expected("some text", text);
  }
  return std::string(text);
}

Result<Instant> parse_since(std::string_view text, Instant now) {
  if (const auto at = parse_rfc3339(text)) {
    return *at;
  }
  if (const auto ago = parse_duration(text)) {
    return now - *ago;
  }
  return expected("a date (2026-11-24), a time (2026-11-24T10:00:00Z) or how long ago (7d)", text);
}

Result<Instant> parse_until(std::string_view text, Instant now) {
  Instant until = now;
  if (const auto at = parse_rfc3339(text)) {
    until = *at;
  } else if (const auto ahead = parse_duration(text)) {
    until = now + *ahead;
  }
  if (until <= now) {
    return expected("a later date (2027-01-31), time, or how long from now (30d)", text);
  }
  return until;
}

}  // namespace purser
