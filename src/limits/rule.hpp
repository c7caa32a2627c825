// limits/rule.hpp — what an operator may write: which callers, one account per what, in which
// window, at most how much.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.hpp"
#include "call/caller.hpp"
#include "ledger/treasury.hpp"
#include "money/amount.hpp"

namespace purser {

/// One account for each what. Callers that say no user, team, … share the account of the unnamed:
/// leaving a label out is no way around a limit.
enum class Per : std::uint8_t { user, team, feature, key, session, tier, all };
std::string_view to_string(Per per);

/// Minutes and hours of the clock, calendar days, weeks (from Monday) and months in the configured
/// time zone.
enum class Window : std::uint8_t { minute, hour, day, week, month, lifetime };
std::string_view to_string(Window window);

enum class Measure : std::uint8_t { usd, calls, tokens, tokens_in, tokens_out };
inline constexpr std::array kMeasures{Measure::usd, Measure::calls, Measure::tokens,
                                      Measure::tokens_in, Measure::tokens_out};
std::string_view to_string(Measure measure);

/// "$2.00", "60 calls", "1 output token": for people.
std::string to_text(Measure measure, Units units);

/// Which calls a limit is for: those whose label is in the list, for every list that is not empty.
struct Match {
  std::vector<std::string> user;
  std::vector<std::string> tier;
  std::vector<std::string> team;
  std::vector<std::string> feature;
  std::vector<std::string> key;
  std::vector<std::string> session;
  std::vector<std::string> provider;
  std::vector<std::string> model;  // as requested
  std::vector<Priority> priority;
  struct Tag {
    std::string name;
    std::vector<std::string> values;
  };
  std::vector<Tag> tags;
};

/// How much of each measure; what is not said is not limited.
struct Max {
  std::optional<Amount> usd;
  std::optional<std::int64_t> calls;
  std::optional<Tokens> tokens;  // in and out
  std::optional<Tokens> tokens_in;
  std::optional<Tokens> tokens_out;

  /// The maximum of `measure` in its account's units.
  std::optional<Units> of(Measure measure) const;
};

struct Limit {
  std::string name;  // names the accounts: a renamed limit begins anew, a changed maximum does not
  Match match;
  Per per = Per::all;
  Window window = Window::day;
  Max max;
  /// What a refused caller reads instead of our words; see kPlaceholders in message.hpp.
  std::string message;
};

}  // namespace purser
