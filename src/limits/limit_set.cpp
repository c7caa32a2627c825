// limits/limit_set.cpp — accounts by name, and whose maximum counts.
#include "limits/limit_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

#include "base/hash.hpp"
#include "base/invariant.hpp"
#include "limits/limit_check.hpp"

namespace purser {
namespace {

/// An account of a limit, but for its subject and window.
struct Part {
  Measure measure;
  Digest name;
};

/// No treasury gets there.
constexpr Units kUnlimited{INT64_MAX};

using Maxima = std::array<Units, kMeasures.size()>;

Maxima maxima_of(const Max& max, bool unlimited) {
  Maxima maxima;
  for (const Measure measure : kMeasures) {
    maxima[static_cast<std::size_t>(measure)] =
        unlimited ? kUnlimited : max.of(measure).value_or(kUnlimited);
  }
  return maxima;
}

using ByName =
    std::unordered_map<std::string, Maxima, MatchIndex::Condition::TextHash, std::equal_to<>>;

/// A limit made ready.
struct Rule {
  std::vector<Part> parts;
  Maxima maxima;
  ByName users;
  ByName tiers;

  const Maxima& of(const Caller& caller) const {
    if (!users.empty()) {
      if (const auto found = users.find(caller.user); found != users.end()) {
        return found->second;
      }
    }
    if (!tiers.empty()) {
      if (const auto found = tiers.find(caller.tier); found != tiers.end()) {
        return found->second;
      }
    }
    return maxima;
  }
};

std::string_view subject_of(const Limit& limit, const Facts& facts) {
  const Caller& caller = facts.caller;
  switch (limit.per) {
    case Per::user:
      return caller.user;
    case Per::team:
      return caller.team;
    case Per::feature:
      return caller.feature;
    case Per::key:
      return caller.key;
    case Per::session:
      return caller.session;
    case Per::tier:
      return caller.tier;
    case Per::tag:
      return value_of(Label::tag, limit.per_tag, facts);
    case Per::all:
      break;
  }
  return {};
}

/// Its maximum is left out: a changed maximum finds the same accounts.
Digest name_of(const Limit& limit, Measure measure) {
  const std::string per =
      limit.per == Per::tag ? "tag:" + limit.per_tag : std::string(to_string(limit.per));
  std::string window(to_string(limit.window));
  if (limit.window == Window::rolling) {
    window += fmt::format(" {}s", limit.span.count());
  }
  return digest(fmt::format("{}\n{}\n{}\n{}", limit.name, per, window, to_string(measure)));
}

AccountKey key_of(const Digest& name, const Digest& subject, Instant starts) {
  const std::array words{name.high, name.low, subject.high, subject.low,
                         static_cast<std::uint64_t>(starts.nanos())};
  return digest({reinterpret_cast<const char*>(words.data()), sizeof(words)});
}

/// A rolling window cut up: all pieces together are the span or a little more.
struct Pieces {
  std::int64_t seconds;  // of one
  std::int64_t count;    // at most kRollingPieces
};
Pieces pieces_of(std::chrono::seconds span) {
  const auto most = static_cast<std::int64_t>(kRollingPieces);
  const std::int64_t seconds = (span.count() + most - 1) / most;
  return {.seconds = seconds, .count = (span.count() + seconds - 1) / seconds};
}

constexpr std::size_t kStepsMax = 100'000;  // of looking for a call that touches too many accounts

std::unexpected<Error> fail_limit(const Limit& limit, Error error) {
  return fail(fmt::format("limit {:?}", limit.name), std::move(error));
}

/// Looks for a call that touches more than kNeedsMax accounts: tries every value of one label, then
/// every value of the next, and drops a branch as soon as few enough limits are left in it.
class Crowd {
 public:
  Crowd(std::span<const MatchIndex::Condition> conditions, std::span<const Rule> rules)
      : conditions_(conditions), rules_(rules) {}

  /// The limits such a call would match. Gives up after kStepsMax, on the safe side.
  std::optional<Mask> find(const Mask& left, std::size_t asked = 0) {
    std::size_t accounts = 0;
    left.for_each([&](std::size_t limit) { accounts += rules_[limit].parts.size(); });
    if (accounts <= kNeedsMax) {
      return std::nullopt;
    }
    if (asked == conditions_.size() || ++steps_ > kStepsMax) {
      return left;
    }
    const Mask families = conditions_[asked].families();
    auto crowd = find(left & (conditions_[asked].others | families), asked + 1);
    for (const auto& [value, mask] : conditions_[asked].values) {
      if (crowd) {
        break;
      }
      crowd = find(left & (mask | families), asked + 1);
    }
    return crowd;
  }

 private:
  std::span<const MatchIndex::Condition> conditions_;
  std::span<const Rule> rules_;
  std::size_t steps_ = 0;
};

}  // namespace

struct LimitSet::Rules {
  Calendar calendar;
  std::vector<Limit> limits;
  std::vector<Rule> rules;  // of each limit
  MatchIndex index;
  bool judges = false;  // some limit does more than be used up

  void add(const Limit& limit, const std::vector<Tier>& tiers);
  Bounds window(const Limit& limit, Measure measure, Instant now) const;
  void touch(std::size_t number, const Facts& facts, Instant now, Control control,
             Touches& out) const;
};

void LimitSet::Rules::add(const Limit& limit, const std::vector<Tier>& tiers) {
  Rule& rule = rules.emplace_back();
  rule.maxima = maxima_of(limit.max, false);
  for (const Variant& user : limit.users) {
    rule.users.emplace(user.name, maxima_of(user.max, user.unlimited));
  }
  const auto own = [&](std::string_view tier) {
    const auto found = std::ranges::find(limit.tiers, tier, &Variant::name);
    return found == limit.tiers.end() ? nullptr : &*found;
  };
  const auto add_tier = [&](const std::string& tier) {
    for (const std::string& above : lineage(tiers, tier)) {
      if (const Variant* variant = own(above)) {
        rule.tiers.emplace(tier, maxima_of(variant->max, variant->unlimited));
        return;
      }
    }
  };
  for (const Tier& tier : tiers) {
    add_tier(tier.name);
  }
  for (const Variant& variant : limit.tiers) {
    add_tier(variant.name);
  }
  const auto limited = [&](Measure measure) {
    const auto by = [&](const Variant& each) { return each.max.of(measure).has_value(); };
    return limit.max.of(measure) || std::ranges::any_of(limit.tiers, by) ||
           std::ranges::any_of(limit.users, by);
  };
  for (const Measure measure : kMeasures) {
    if (limited(measure)) {
      rule.parts.push_back({.measure = measure, .name = name_of(limit, measure)});
    }
  }
  index.add(limit.match);
  judges = judges || !limit.at.empty() || limit.observe || limit.shed;
}

/// Calls in flight are no matter of days: their account never ends.
Bounds LimitSet::Rules::window(const Limit& limit, Measure measure, Instant now) const {
  if (measure == Measure::concurrent) {
    return calendar.bounds(Window::lifetime, now);
  }
  if (limit.window != Window::rolling) {
    return calendar.bounds(limit.window, now);
  }
  const auto [piece, count] = pieces_of(limit.span);
  const std::int64_t starts = now.seconds() - ((now.seconds() % piece) + piece) % piece;
  // The account is needed until the whole span behind its piece has passed.
  return {.starts = Instant::from_seconds(starts),
          .ends = Instant::from_seconds(starts + piece * (1 + count))};
}

void LimitSet::Rules::touch(std::size_t number, const Facts& facts, Instant now, Control control,
                            Touches& out) const {
  const Limit& limit = limits[number];
  const Rule& rule = rules[number];
  const std::string_view subject = subject_of(limit, facts);
  const Digest whose = digest(subject);
  const Maxima& maxima = rule.of(facts.caller);
  const bool observed = limit.observe || control == Control::observe;
  for (const Part& part : rule.parts) {
    if (!counts(part.measure, facts.dialect)) {
      continue;
    }
    const Units max = maxima[static_cast<std::size_t>(part.measure)];
    if (limit.window == Window::pace) {
      if (max < kUnlimited) {
        out.add(
            Paced{
                .limit = &limit, .measure = part.measure, .subject = subject, .observed = observed},
            Draw{.bucket = key_of(part.name, whose, {}),
                 .units = {},
                 .rate = max,
                 .span = limit.span,
                 .burst = limit.burst ? Units(*limit.burst) : max});
      }
      continue;
    }
    const Bounds window = this->window(limit, part.measure, now);
    std::array<AccountKey, kRollingPieces> earlier;
    std::size_t pieces = 0;
    if (limit.window == Window::rolling && is_kept(part.measure)) {
      const auto [seconds, count] = pieces_of(limit.span);
      for (std::int64_t back = 1; back <= count; ++back) {
        earlier[pieces++] = key_of(part.name, whose,
                                   Instant::from_seconds(window.starts.seconds() - seconds * back));
      }
    }
    out.add({.limit = &limit,
             .measure = part.measure,
             .subject = subject,
             .starts = window.starts,
             .max = max,
             .observed = observed},
            {.account = key_of(part.name, whose, window.starts),
             .units = {},
             .max = observed ? kUnlimited : max,
             .ends = window.ends},
            {earlier.data(), pieces});
  }
}

LimitSet::LimitSet() : rules_(std::make_shared<const Rules>()) {}
LimitSet::LimitSet(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

Result<LimitSet> LimitSet::compile(std::vector<Limit> limits, const std::string& zone,
                                   const std::vector<Tier>& tiers) {
  auto calendar = Calendar::of(zone);
  if (!calendar) {
    return std::unexpected(calendar.error());
  }
  if (auto good = check_tiers(tiers); !good) {
    return std::unexpected(good.error());
  }
  if (limits.size() > kLimitsMax) {
    return fail(Fault::config,
                fmt::format("limits: {} of them; {} are the most", limits.size(), kLimitsMax));
  }
  Rules rules{
      .calendar = std::move(*calendar), .limits = {}, .rules = {}, .index = {}, .judges = false};
  std::set<std::string_view> names;
  for (const Limit& limit : limits) {
    if (auto good = check_limit(limit); !good) {
      return fail_limit(limit, good.error());
    }
    if (!names.insert(limit.name).second) {
      return fail_limit(limit, {Fault::config, "another limit has this name"});
    }
    rules.add(limit, tiers);
    if (Crowd(rules.index.conditions(), rules.rules).find(rules.index.all())) {
      return fail_limit(
          limit, {Fault::config,
                  fmt::format("with it one call could touch more than {} accounts", kNeedsMax)});
    }
  }
  rules.limits = std::move(limits);
  return LimitSet(std::make_shared<const Rules>(std::move(rules)));
}

void LimitSet::touch(const Facts& facts, Instant now, Control control, Touches& out) const {
  out.clear();
  rules_->index.for_each(
      facts, [&](std::size_t number) { rules_->touch(number, facts, now, control, out); });
}

bool LimitSet::judges(Control control) const {
  return rules_->judges || (control == Control::observe && !rules_->limits.empty());
}

std::span<const Limit> LimitSet::limits() const {
  return rules_->limits;
}
const Calendar& LimitSet::calendar() const {
  return rules_->calendar;
}

}  // namespace purser
