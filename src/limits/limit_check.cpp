// limits/limit_check.cpp — mistakes that make a rule impossible, and doubts about possible ones.
#include "limits/limit_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "limits/limit_set.hpp"
#include "limits/message.hpp"

namespace purser {
namespace {

constexpr std::size_t kNameBytesMax = 64;  // it stands in response headers

std::unexpected<Error> wrong(std::string what) {
  return fail(Fault::config, std::move(what));
}

Result<void> check_name(const std::string& name) {
  const bool plain = std::ranges::all_of(
      name, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (name.empty() || name.size() > kNameBytesMax || !plain) {
    return wrong(
        fmt::format("a name is 1 to {} printable ASCII characters without quote or "
                    "backslash",
                    kNameBytesMax));
  }
  return {};
}

Result<void> check_conditions(const AllOf& conditions) {
  std::set<std::string_view> seen;
  for (const OneOf& asked : conditions.asked) {
    if (asked.label != Label::tag) {
      continue;
    }
    if (asked.values.empty()) {
      return wrong(fmt::format("tag {:?} matches no value", asked.tag));
    }
    if (!seen.insert(asked.tag).second) {
      return wrong(fmt::format("tag {:?} is matched twice", asked.tag));
    }
  }
  return {};
}

Result<void> check_match(const Match& match) {
  if (auto all = check_conditions(match.all); !all) {
    return all;
  }
  for (const auto* list : {&match.any, &match.none}) {
    for (const AllOf& each : *list) {
      if (auto good = check_conditions(each); !good) {
        return good;
      }
      if (std::ranges::all_of(each.asked, [](const OneOf& a) { return a.values.empty(); })) {
        return wrong("match: an entry of any or not asks nothing, so it is true of every call");
      }
    }
  }
  return {};
}

Result<void> check_max(const Max& max, Window window) {
  bool any = false;
  for (const Measure measure : kMeasures) {
    const auto units = max.of(measure);
    any = any || units;
    if (units && *units < Units{}) {
      return wrong(fmt::format("max.{} is negative", to_string(measure)));
    }
    if (units && window == Window::pace && measure == Measure::concurrent) {
      return wrong("max.concurrent has no pace: give it a limit of its own");
    }
    if (units && window == Window::pace && *units == Units{}) {
      return wrong(fmt::format("max.{}: a pace of nothing would deny for ever; use a window",
                               to_string(measure)));
    }
  }
  return any ? Result<void>{} : wrong("it has no max");
}

Result<void> check_window(const Limit& limit) {
  const bool spanned = limit.window == Window::rolling || limit.window == Window::pace;
  if (spanned != (limit.span.count() > 0)) {
    return wrong(
        "span is the length of a rolling or pace window, such as window: rolling, span: 24h");
  }
  if (limit.burst && (limit.window != Window::pace || *limit.burst < 1)) {
    return wrong("burst is for window: pace, and at least 1");
  }
  if ((limit.per == Per::tag) == limit.per_tag.empty()) {
    return wrong("per_tag names the tag of per: tag, such as per_tag: customer");
  }
  return {};
}

Result<void> check_thresholds(const Limit& limit) {
  Share last{0};
  for (const Threshold& threshold : limit.at) {
    if (threshold.share <= Share{} || threshold.share > kWhole || threshold.share < last) {
      return wrong("at: shares are above 0 %, at most 100 %, and ascending");
    }
    last = threshold.share;
    if ((threshold.action == Threshold::Action::downgrade) == threshold.models.empty()) {
      return wrong("at: downgrade, and nothing else, names models to go to");
    }
  }
  if (!limit.at.empty() && limit.window == Window::pace) {
    return wrong("at: a pace is never used up by shares; use another window");
  }
  return {};
}

Result<void> check_shed(const Limit& limit) {
  if (!limit.shed) {
    return {};
  }
  const bool lasting = limit.window == Window::hour || limit.window == Window::day ||
                       limit.window == Window::week || limit.window == Window::month;
  if (!limit.max.usd || !lasting) {
    return wrong(
        "shed is for max.usd by hour, day, week or month: a budget that lasts for a while");
  }
  return check(*limit.shed);
}

Result<void> check_variants(const std::vector<Variant>& variants, std::string_view what,
                            Window window) {
  std::set<std::string_view> seen;
  for (const Variant& variant : variants) {
    if (!seen.insert(variant.name).second) {
      return wrong(fmt::format("{} {:?} stands here twice", what, variant.name));
    }
    if (auto good = check_max(variant.max, window); !variant.unlimited && !good) {
      return fail(fmt::format("{} {:?}", what, variant.name), good.error());
    }
  }
  return {};
}

Result<void> check_messages(const Limit& limit) {
  if (auto good = check_message(limit.message); !good) {
    return good;
  }
  for (const auto& [language, text] : limit.messages) {
    if (auto good = check_message(text); !good) {
      return fail("messages." + language, good.error());
    }
  }
  return {};
}

/// Some condition of `narrow` contradicts `wide`, or `wide` is all that `narrow` could be.
bool never(const Match& match) {
  for (const AllOf& none : match.none) {
    // Excluded is what has all of these; when each is sure to hold, nothing is left.
    const bool sure = std::ranges::all_of(none.asked, [&](const OneOf& excluded) {
      return std::ranges::any_of(match.all.asked, [&](const OneOf& asked) {
        return asked.label == excluded.label && asked.tag == excluded.tag &&
               !asked.values.empty() &&
               std::ranges::all_of(asked.values, [&](const std::string& value) {
                 return std::ranges::find(excluded.values, value) != excluded.values.end();
               });
      });
    });
    if (sure) {
      return true;
    }
  }
  return false;
}

void doubt_tiers(const Limit& limit, const std::vector<Tier>& tiers,
                 std::vector<std::string>& found) {
  const auto unknown = [&](std::string_view tier) {
    return !tiers.empty() && std::ranges::find(tiers, tier, &Tier::name) == tiers.end();
  };
  for (const OneOf& asked : limit.match.all.asked) {
    if (asked.label == Label::tier && !asked.values.empty() &&
        std::ranges::all_of(asked.values, unknown)) {
      found.push_back(fmt::format("limit {:?} can never match: no tier of `tiers` is in its match",
                                  limit.name));
    }
  }
  for (const Variant& variant : limit.tiers) {
    if (unknown(variant.name)) {
      found.push_back(
          fmt::format("limit {:?}: tier {:?} is not among `tiers`", limit.name, variant.name));
    }
  }
}

}  // namespace

Result<void> check_limit(const Limit& limit) {
  for (const Result<void>& checked :
       {check_name(limit.name), check_match(limit.match), check_max(limit.max, limit.window),
        check_window(limit), check_thresholds(limit), check_shed(limit),
        check_variants(limit.tiers, "tier", limit.window),
        check_variants(limit.users, "user", limit.window), check_messages(limit)}) {
    if (!checked) {
      return checked;
    }
  }
  return {};
}

Result<void> check_tiers(const std::vector<Tier>& tiers) {
  for (const Tier& tier : tiers) {
    if (std::ranges::count(tiers, tier.name, &Tier::name) > 1) {
      return wrong(fmt::format("tier {:?} stands here twice", tier.name));
    }
    if (!tier.inherits.empty() &&
        std::ranges::find(tiers, tier.inherits, &Tier::name) == tiers.end()) {
      return wrong(fmt::format("tier {:?} inherits from {:?}, which is not a tier", tier.name,
                               tier.inherits));
    }
    const auto above = lineage(tiers, tier.name);
    if (above.size() > tiers.size()) {
      return wrong(fmt::format("tier {:?} inherits from itself", tier.name));
    }
  }
  return {};
}

std::vector<std::string> lineage(const std::vector<Tier>& tiers, std::string_view tier) {
  std::vector<std::string> found{std::string(tier)};
  while (found.size() <= tiers.size()) {  // one more than there are: a circle
    const auto next = std::ranges::find(tiers, found.back(), &Tier::name);
    if (next == tiers.end() || next->inherits.empty()) {
      break;
    }
    found.push_back(next->inherits);
  }
  return found;
}

std::vector<std::string> doubts(std::span<const Limit> limits, const std::vector<Tier>& tiers) {
  std::vector<std::string> found;
  for (const Limit& limit : limits) {
    doubt_tiers(limit, tiers, found);
    if (never(limit.match)) {
      found.push_back(
          fmt::format("limit {:?} can never match: its `not` excludes all it is for", limit.name));
    }
    for (const Measure measure : kMeasures) {
      if (!limit.observe && limit.max.of(measure) == Units{}) {
        found.push_back(
            fmt::format("limit {:?} always denies: max.{} is 0", limit.name, to_string(measure)));
      }
    }
  }
  return found;
}

}  // namespace purser
