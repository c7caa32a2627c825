// alerts/alert.hpp — one thing an operator should know, and whether it still goes on.
//
// Who notices something says what it is about (`key`), how bad it is and one sentence for people.
// The same key again is the same alert: it is counted, and told again only now and then. What
// begins may end: a recovery is told to those who were told of the beginning, and to nobody else.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/instant.hpp"

namespace purser {

enum class AlertKind : std::uint8_t {
  limit_threshold,   // an account has passed a share of its limit
  limit_reached,     // calls are being refused
  kill_switch,       // somebody has stopped spending
  spike,             // spending is far above what is usual
  loop,              // a session turns in circles
  provider_down,     // a provider fails or cannot be reached
  forecast,          // at this pace a limit will not last
  books_unwritable,  // the disk refuses: no call may leave
  calls_presumed,    // calls were in flight when the gateway ended
  test,              // somebody asked whether alerts arrive
};
inline constexpr std::array kAlertKinds{AlertKind::limit_threshold,
                                        AlertKind::limit_reached,
                                        AlertKind::kill_switch,
                                        AlertKind::spike,
                                        AlertKind::loop,
                                        AlertKind::provider_down,
                                        AlertKind::forecast,
                                        AlertKind::books_unwritable,
                                        AlertKind::calls_presumed,
                                        AlertKind::test};

/// Ordered: what is worse compares greater.
enum class Severity : std::uint8_t { info, warning, critical };
inline constexpr std::array kSeverities{Severity::info, Severity::warning, Severity::critical};

enum class AlertState : std::uint8_t { firing, recovered };

std::string_view to_string(AlertKind kind);
std::string_view to_string(Severity severity);
std::string_view to_string(AlertState state);
std::optional<AlertKind> parse_alert_kind(std::string_view text);
std::optional<Severity> parse_severity(std::string_view text);

struct Alert {
  std::string key;  // "limit/free tier, daily/ada": what it is about, the same as long as it lasts
  AlertKind kind = AlertKind::test;
  Severity severity = Severity::warning;
  std::string subject;  // whom it concerns: "user ada"; empty: the gateway itself
  std::string limit;    // the limit's name, where one is meant
  std::string used;     // numbers as people read them: "1.98 USD"; empty where there are none
  std::string max;
  std::string share;  // "0.99"
  std::string text;   // one sentence
  Instant at;         // when it was noticed

  // Filled in by the desk.
  std::int64_t id = 0;
  AlertState state = AlertState::firing;
  Instant since;           // when it began to fire
  std::int64_t count = 1;  // how often it has fired since then
};

/// "alert_000000000000002a": sixteen hexadecimal digits.
std::string alert_name(std::int64_t id);

/// At most `bytes` of `text`, never ending inside a character.
std::string_view cut(std::string_view text, std::size_t bytes);

/// No text of an alert is longer, so that whatever a caller calls itself, a message stays readable.
inline constexpr std::size_t kAlertTextMax = 1500;

/// The alert with each text cut to kAlertTextMax bytes, never inside a character, and without
/// control characters but line breaks.
Alert bounded(Alert alert);

}  // namespace purser
