// app/quantity.hpp — quantities as people write them, in files and flags: "30s", "32MiB", "1000".
// Every function says in its error what was expected and what came; none rounds.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "limits/rule.hpp"

namespace purser {

/// A whole number from `least` to `most`.
Result<std::int64_t> parse_whole(std::string_view text, std::int64_t least, std::int64_t most);
/// The same with its bounds given, for Section::scalar.
inline auto whole(std::int64_t least, std::int64_t most) {
  return [=](std::string_view text) { return parse_whole(text, least, most); };
}

/// "250ms", "30s", "5m", "2h", "7d"; from nothing to 366 days.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// The same in whole seconds, at least one.
Result<std::chrono::seconds> parse_seconds(std::string_view text);

/// "65536", "64KiB", "32MiB", "1GiB"; at most `most`.
Result<std::size_t> parse_bytes(std::string_view text, std::size_t most);

/// Tokens: 0 to a thousand million.
Result<Tokens> parse_tokens(std::string_view text);

/// "80%", "99.5%": above 0 %, at most 100 %.
Result<Share> parse_share(std::string_view text);

/// Any text that is not empty.
Result<std::string> parse_text(std::string_view text);

/// A date, a date with time (RFC 3339), or how long ago: "7d".
Result<Instant> parse_since(std::string_view text, Instant now);

/// A date, a date with time (RFC 3339), or how long from now: "30d". Later than now.
Result<Instant> parse_until(std::string_view text, Instant now);

}  // namespace purser
