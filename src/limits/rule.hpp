// limits/rule.hpp — what an operator may write: which callers, one account per what, in which
// window, at most how much, and what happens on the way there.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strong.hpp"
#include "ledger/treasury.hpp"
#include "limits/match.hpp"
#include "limits/share.hpp"
#include "limits/shed.hpp"
#include "money/amount.hpp"

namespace purser {

/// One account for each what. Callers that say no user, team, … share the account of the unnamed:
/// leaving a label out is no way around a limit.
enum class Per : std::uint8_t { user, team, feature, key, session, tier, tag, all };
std::string_view to_string(Per per);

/// Minutes and hours of the clock, calendar days, weeks (from Monday) and months in the configured
/// time zone; for ever; or a span of one's own.
enum class Window : std::uint8_t {
  minute,
  hour,
  day,
  week,
  month,
  lifetime,
  rolling,  // any stretch of `span`, whenever it began
  pace,     // a bucket that fills up in `span` and holds `burst` at most (GCRA)
};
std::string_view to_string(Window window);

enum class Measure : std::uint8_t {
  usd,
  calls,
  turns,  // calls again, by the name they have in a session
  tokens,
  tokens_in,
  tokens_out,
  concurrent,  // calls in flight: held while they run, never posted
  tool_calls,  // of tools that are reached through Purser
};
inline constexpr std::array kMeasures{Measure::usd,        Measure::calls,     Measure::turns,
                                      Measure::tokens,     Measure::tokens_in, Measure::tokens_out,
                                      Measure::concurrent, Measure::tool_calls};
std::string_view to_string(Measure measure);
/// Whether a call of this dialect counts there: a tool call is no call of a model, and the other
/// way round. Dollars are everybody's.
constexpr bool counts(Measure measure, Dialect dialect) {
  return measure == Measure::usd || (measure == Measure::tool_calls) == (dialect == Dialect::tool);
}
/// The account outlives the call: its postings are kept in the books.
constexpr bool is_kept(Measure measure) {
  return measure != Measure::concurrent;
}

/// "$2.00", "60 calls", "1 output token": for people.
std::string to_text(Measure measure, Units units);

/// "90s", "5m", "24h", "7d": the largest unit that is whole.
std::string span_text(std::chrono::seconds span);

/// How much of each measure; what is not said is not limited.
struct Max {
  std::optional<Amount> usd = {};
  std::optional<std::int64_t> calls = {};
  std::optional<std::int64_t> turns = {};
  std::optional<Tokens> tokens = {};  // in and out
  std::optional<Tokens> tokens_in = {};
  std::optional<Tokens> tokens_out = {};
  std::optional<std::int64_t> concurrent = {};
  std::optional<std::int64_t> tool_calls = {};

  /// The maximum of `measure` in its account's units.
  std::optional<Units> of(Measure measure) const;
};

/// What is done once a share of the maximum is used up.
struct Threshold {
  enum class Action : std::uint8_t {
    alert,           // somebody is told, once a window
    downgrade,       // the call goes to a cheaper model
    land,            // the answer is to be the last one: no more tools, and the closing words
    essential_only,  // what is not essential is denied
    deny,
  };
  Share share = kWhole;
  Action action = Action::alert;
  std::vector<std::string> models = {};  // downgrade: the first that the call's provider has
};
std::string_view to_string(Threshold::Action action);

/// Other maxima for some callers, in the same accounts.
struct Variant {
  std::string name;  // of the tier or the user
  bool unlimited = false;
  Max max = {};
};

struct Limit {
  std::string name;  // names the accounts: a renamed limit begins anew, a changed maximum does not
  Match match;
  Per per = Per::all;
  std::string per_tag;  // Per::tag: which one
  Window window = Window::day;
  std::chrono::seconds span{0};       // rolling, pace
  std::optional<std::int64_t> burst;  // pace: how much at once, in the measure; else the maximum
  Max max;
  std::vector<Variant> tiers;  // for callers of these tiers, and of those that inherit from them
  std::vector<Variant> users;  // for these users, whatever their tier
  std::vector<Threshold> at;   // ascending
  /// Calls are shed by priority as money runs out too fast: of dollars, in windows of an hour or
  /// more.
  std::optional<ShedRule> shed = {};
  bool observe = false;  // says what it would have done, and does nothing
  /// The last words asked of the model when the answer is to be the last one.
  std::string closing;
  /// What a refused caller reads instead of our words; see kPlaceholders in message.hpp.
  std::string message;
  /// The same by language ("de"), for callers that ask for one.
  std::vector<std::pair<std::string, std::string>> messages;
};

/// A tier and whose limits it takes where it has none of its own.
struct Tier {
  std::string name;
  std::string inherits = {};  // empty: nobody's
};

}  // namespace purser
