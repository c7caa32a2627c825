// app/limits_table.cpp — one caller, asked after once as it is and once in every tier.
#include "app/limits_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace purser {
namespace {

void add_new(std::vector<std::string>& names, std::string_view name) {
  if (std::ranges::find(names, name) == names.end()) {
    names.emplace_back(name);
  }
}

Caller in_tier(const Caller& caller, const std::string& tier) {
  Caller other = caller;
  other.tier = tier;
  return other;
}

/// A caller's touches and the treasury they are reckoned against. The caller outlives it.
class Look {
 public:
  Look(const LimitsView& view, const Facts& facts) {
    view.limits->touch(facts, view.now, view.control, touches_);
    Treasury treasury;
    for (const AccountKey& account : touches_.accounts()) {
      const auto found = view.standings.find(account);
      if (found == view.standings.end()) {
        continue;
      }
      constexpr Units kMost{INT64_MAX};
      const AccountStanding& standing = found->second;
      treasury.post(account, standing.posted, kMost, Instant::never());
      const Need held{account, standing.held, kMost, Instant::never()};
      const auto hold = treasury.hold({&held, 1});
      INVARIANT(hold, "what was held once can be held again");
    }
    stands_ = stands(touches_, treasury);
  }
  const std::vector<Stand>& list() const { return stands_; }
  const Stand* find(const Limit* limit, Measure measure) const {
    const auto found = std::ranges::find_if(stands_, [&](const Stand& stand) {
      return stand.limit == limit && stand.measure == measure;
    });
    return found == stands_.end() ? nullptr : &*found;
  }

 private:
  Touches touches_;
  std::vector<Stand> stands_;
};

std::string resets_text(const Stand& stand) {
  if (stand.is_bucket()) {
    return "always filling";
  }
  return stand.resets_at == Instant::never() ? "never" : to_rfc3339(stand.resets_at);
}

std::string units_text(Measure measure, Units units, Figures figures) {
  return figures == Figures::exact ? exact_text(measure, units) : to_text(measure, units);
}

std::string most_text(const Stand& stand, Figures figures) {
  return stand.unlimited() ? "unlimited" : units_text(stand.measure, stand.standing.max, figures);
}

/// `own`: the caller's, null when only another tier has it; `any`: whoever's.
std::vector<std::string> row_of(const Stand* own, const Stand& any, Figures figures) {
  const Standing& standing = any.standing;
  const auto amount = [&](Units units) { return units_text(any.measure, units, figures); };
  const bool counted = !any.is_bucket();
  return {any.limit->name,
          std::string(to_string(any.measure)),
          std::string(any.limit->per == Per::all ? "all" : any.subject),
          window_text(*any.limit),
          counted ? amount(standing.posted) : "",
          counted ? amount(standing.held) : "",
          own == nullptr ? "" : most_text(*own, figures),
          own == nullptr || !counted ? ""
          : own->unlimited()         ? "unlimited"
                                     : amount(own->standing.left()),
          resets_text(any),
          any.observed ? "observe" : "enforce"};
}

void append_conditions(std::string& text, const AllOf& conditions) {
  for (const OneOf& one : conditions.asked) {
    text += text.empty() || text.back() == ' ' ? "" : " ";
    text += one.label == Label::tag ? one.tag : std::string(to_string(one.label));
    text += fmt::format("={}", fmt::join(one.values, "|"));
  }
}

/// "tier=free model=a|b, any of (team=x) (team=y), not (user=z)".
std::string match_text(const Match& match) {
  std::string text;
  append_conditions(text, match.all);
  const auto append = [&](std::string_view word, const std::vector<AllOf>& groups) {
    if (groups.empty()) {
      return;
    }
    text += fmt::format("{}{}", text.empty() ? "" : ", ", word);
    for (const AllOf& group : groups) {
      std::string inner;
      append_conditions(inner, group);
      text += fmt::format(" ({})", inner);
    }
  };
  append("any of", match.any);
  append("not", match.none);
  return text.empty() ? "all calls" : text;
}

std::string maxima_text(const Max& max, bool unlimited) {
  if (unlimited) {
    return "unlimited";
  }
  std::string text;
  for (const Measure measure : kMeasures) {
    if (const auto units = max.of(measure)) {
      text += (text.empty() ? "" : ", ") + to_text(measure, *units);
    }
  }
  return text;
}

std::string variants_text(const std::vector<Variant>& variants) {
  std::string text;
  for (const Variant& variant : variants) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", variant.name,
                        maxima_text(variant.max, variant.unlimited));
  }
  return text;
}

/// "80% alert, 95.5% downgrade to gpt-4o-mini".
std::string thresholds_text(const Limit& limit) {
  constexpr std::int64_t kPercent = 10'000;  // millionths
  std::string text;
  for (const Threshold& threshold : limit.at) {
    std::string share = std::to_string(threshold.share.count() / kPercent);
    if (std::int64_t rest = threshold.share.count() % kPercent; rest != 0) {
      std::string digits = fmt::format("{:04}", rest);
      digits.erase(digits.find_last_not_of('0') + 1);
      share += '.' + digits;
    }
    text += fmt::format("{}{}% {}", text.empty() ? "" : ", ", share, to_string(threshold.action));
    if (!threshold.models.empty()) {
      text += fmt::format(" to {}", fmt::join(threshold.models, "|"));
    }
  }
  return text;
}

}  // namespace

std::vector<std::string> tiers_of(const Config& config) {
  std::vector<std::string> names;
  for (const Tier& tier : config.tiers) {
    add_new(names, tier.name);
  }
  for (const Limit& limit : config.limits) {
    for (const Variant& variant : limit.tiers) {
      add_new(names, variant.name);
    }
    std::vector<AllOf> groups = limit.match.any;
    groups.push_back(limit.match.all);
    for (const AllOf& group : groups) {
      for (const OneOf& one : group.asked) {
        if (one.label == Label::tier) {
          std::ranges::for_each(one.values, [&](const auto& value) { add_new(names, value); });
        }
      }
    }
  }
  return names;
}

std::vector<AccountKey> accounts_touched(const LimitsView& view, const Facts& facts) {
  Touches touches;
  view.limits->touch(facts, view.now, view.control, touches);
  std::vector<AccountKey> accounts = touches.accounts();
  for (const std::string& tier : view.tiers) {
    const Caller other = in_tier(facts.caller, tier);
    const Facts theirs{other, facts.provider, facts.model, facts.dialect};
    view.limits->touch(theirs, view.now, view.control, touches);
    const std::vector<AccountKey> more = touches.accounts();
    accounts.insert(accounts.end(), more.begin(), more.end());
  }
  return accounts;
}

Table limits_table(const LimitsView& view, const Facts& facts) {
  Table table{.columns = {{"limit"},
                          {"measure"},
                          {"subject"},
                          {"window"},
                          {"used"},
                          {"held"},
                          {"max"},
                          {"left"},
                          {"resets_at"},
                          {"mode"}},
              .rows = {}};
  const Look own(view, facts);
  std::vector<Caller> callers;
  callers.reserve(view.tiers.size());  // looks see into them
  std::vector<Look> others;
  for (const std::string& tier : view.tiers) {
    table.columns.push_back({"max_" + tier});
    const Caller& other = callers.emplace_back(in_tier(facts.caller, tier));
    others.emplace_back(view, Facts{other, facts.provider, facts.model, facts.dialect});
  }
  for (const Limit& limit : view.limits->limits()) {
    for (const Measure measure : kMeasures) {
      const Stand* mine = own.find(&limit, measure);
      const Stand* any = mine;
      std::vector<std::string> maxima;
      for (const Look& other : others) {
        const Stand* theirs = other.find(&limit, measure);
        any = any == nullptr ? theirs : any;
        maxima.push_back(theirs == nullptr ? "" : most_text(*theirs, view.figures));
      }
      if (any == nullptr) {
        continue;
      }
      std::vector<std::string> row = row_of(mine, *any, view.figures);
      row.insert(row.end(), maxima.begin(), maxima.end());
      table.add(std::move(row));
    }
  }
  return table;
}

Table rules_table(std::span<const Limit> limits) {
  Table table{.columns = {{"limit"},
                          {"match"},
                          {"per"},
                          {"window"},
                          {"max"},
                          {"tiers"},
                          {"users"},
                          {"at"},
                          {"mode"}},
              .rows = {}};
  for (const Limit& limit : limits) {
    table.add({limit.name, match_text(limit.match),
               limit.per == Per::tag ? "tag " + limit.per_tag : std::string(to_string(limit.per)),
               window_text(limit), maxima_text(limit.max, false), variants_text(limit.tiers),
               variants_text(limit.users), thresholds_text(limit),
               limit.observe ? "observe" : "enforce"});
  }
  return table;
}

}  // namespace purser
