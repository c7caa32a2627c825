// limits/fit.cpp — worst cases, and the answer that fits them.
#include "limits/fit.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/invariant.hpp"

namespace purser {
namespace {

// No model writes two billion tokens; below that no product of ours can overflow.
constexpr Tokens kOutputMax{INT32_MAX};
constexpr Tokens kUnbounded{INT64_MAX};

/// All choices together; as many as there are numbers when there are more.
Tokens of_all_choices(const Ask& ask, Tokens output_max) {
  std::int64_t total = 0;
  const bool fits = !__builtin_mul_overflow(output_max.count(), ask.choices, &total);
  return fits ? Tokens(total) : kUnbounded;
}

Tokens sum(Tokens a, Tokens b) {
  std::int64_t total = 0;
  return __builtin_add_overflow(a.count(), b.count(), &total) ? kUnbounded : Tokens(total);
}

/// What the call costs before it says a word.
Amount fixed_cost(const Ask& ask) {
  return at_most(ask.input_max, ask.rates.input) + ask.rates.per_request +
         at_most(Tokens(ask.web_searches_max), ask.rates.web_search) +
         at_most(Tokens(ask.file_searches_max), ask.rates.file_search);
}

/// Output of all choices that `left` of an account carries. INVARIANT: the prompt alone it does.
Tokens carried(Measure measure, const Ask& ask, Units left) {
  INVARIANT(left >= units_held(measure, ask, Tokens{}), "the prompt is paid before the answer");
  switch (measure) {
    case Measure::usd:
      return affordable(Amount::from_nanos(left.count()) - fixed_cost(ask), ask.rates.output);
    case Measure::tokens:
      return Tokens(left.count()) - ask.input_max;
    case Measure::tokens_out:
      return Tokens(left.count());
    case Measure::calls:
    case Measure::turns:
    case Measure::concurrent:
    case Measure::tool_calls:
    case Measure::tokens_in:
      break;
  }
  return kUnbounded;
}

/// All accounts of one measure: what the call needs from each, and what the poorest has left.
struct Group {
  bool touched = false;
  Units needed;
  Units left{INT64_MAX};
};
using Groups = std::array<Group, kMeasures.size()>;

Group& group_of(Groups& groups, Measure measure) {
  return groups[static_cast<std::size_t>(measure)];
}

/// Sets what accounts of each measure hold for an answer of `output_max`.
void price(Groups& groups, const Ask& ask, Tokens output_max) {
  for (const Measure measure : kMeasures) {
    Group& group = group_of(groups, measure);
    if (group.touched) {
      group.needed = units_held(measure, ask, output_max);
    }
  }
}

/// The longest answer, up to `wanted`, that the poorest account of every measure carries.
Tokens longest(Groups& groups, const Ask& ask, Tokens wanted) {
  for (const Measure measure : kMeasures) {
    const Group& group = group_of(groups, measure);
    if (group.touched) {
      wanted = std::min(wanted, Tokens(carried(measure, ask, group.left).count() / ask.choices));
    }
  }
  return wanted;
}

/// Sets what every account would hold, and says which cannot; one that is short for good before one
/// that is not.
std::optional<Shortfall> first_short(Touches& touches, std::span<const Standing> standings,
                                     Groups& groups) {
  std::optional<Shortfall> first;
  for (std::size_t i = 0; i < touches.size(); ++i) {
    Group& group = group_of(groups, touches.list()[i].measure);
    touches.needs()[i].units = group.needed;
    group.left = std::min(group.left, standings[i].left());
    if (!standings[i].carries(group.needed)) {
      const bool final = !standings[i].may_yet_carry(group.needed);
      if (!first || (final && !first->final)) {
        first = Shortfall{.need = i, .standing = standings[i], .final = final};
      }
    }
  }
  return first;
}

}  // namespace

Amount worst_cost(const Ask& ask, Tokens output_max) {
  return fixed_cost(ask) + at_most(of_all_choices(ask, output_max), ask.rates.output);
}

Units units_held(Measure measure, const Ask& ask, Tokens output_max) {
  switch (measure) {
    case Measure::usd:
      return Units(worst_cost(ask, output_max).nanos());
    case Measure::calls:
    case Measure::turns:
    case Measure::concurrent:
    case Measure::tool_calls:
      break;
    case Measure::tokens:
      return Units(sum(ask.input_max, of_all_choices(ask, output_max)).count());
    case Measure::tokens_in:
      return Units(ask.input_max.count());
    case Measure::tokens_out:
      return Units(of_all_choices(ask, output_max).count());
  }
  return Units(1);
}

Units units_used(Measure measure, Amount cost, const Usage& usage) {
  switch (measure) {
    case Measure::usd:
      return Units(cost.nanos());
    case Measure::calls:
    case Measure::turns:
    case Measure::tool_calls:
      break;
    case Measure::concurrent:
      return Units{};
    case Measure::tokens:
      return Units((usage.tokens_in() + usage.output).count());
    case Measure::tokens_in:
      return Units(usage.tokens_in().count());
    case Measure::tokens_out:
      return Units(usage.output.count());
  }
  return Units(1);
}

std::expected<Tokens, Shortfall> fit(Touches& touches, std::span<const Standing> standings,
                                     const Ask& ask, OutputRange output) {
  INVARIANT(standings.size() >= touches.size(), "a standing for each need");
  INVARIANT(ask.choices > 0 && ask.input_max >= Tokens{} && output.wanted >= Tokens{},
            "requests are checked where they enter");
  const Tokens wanted = std::min(output.wanted, kOutputMax);
  const Tokens least = std::min(std::max(output.least, Tokens{}), wanted);
  Groups groups;
  for (const Touched& touched : touches.list()) {
    group_of(groups, touched.measure).touched = true;
  }
  price(groups, ask, least);
  if (const auto shortfall = first_short(touches, standings, groups)) {
    return std::unexpected(*shortfall);
  }
  const Tokens bound = longest(groups, ask, wanted);
  INVARIANT(bound >= least, "an account that carries the least bound carries no less");
  price(groups, ask, bound);
  const auto none = first_short(touches, standings, groups);
  INVARIANT(!none, "a fitted call can be held");
  return bound;
}

}  // namespace purser
