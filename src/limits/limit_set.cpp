// limits/limit_set.cpp — turning conditions around, and asking them.
#include "limits/limit_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <set>
#include <unordered_map>

#include "base/hash.hpp"
#include "base/invariant.hpp"
#include "limits/message.hpp"

namespace purser {
namespace {

/// A bit for each limit.
class Mask {
 public:
  void set(std::size_t limit) { words_[limit / 64] |= std::uint64_t{1} << (limit % 64); }
  Mask& operator&=(const Mask& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words_[i] &= other.words_[i];
    }
    return *this;
  }
  friend Mask operator&(Mask a, const Mask& b) { return a &= b; }

  /// Calls `each` with the number of every limit in it, ascending.
  template <typename Each>
  void for_each(Each each) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t left = words_[i]; left != 0; left &= left - 1) {
        each(i * 64 + static_cast<std::size_t>(std::countr_zero(left)));
      }
    }
  }

 private:
  std::array<std::uint64_t, kLimitsMax / 64> words_{};
};

/// What limits may ask about.
enum class Label : std::uint8_t {
  user,
  tier,
  team,
  feature,
  key,
  session,
  provider,
  model,
  priority,
  tag
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

/// An account of a limit, but for its subject and window.
struct Part {
  Measure measure;
  Units max;
  Digest name;
};

/// A limit's conditions, label by label, as they stand in configuration.
struct Asked {
  Label label;
  std::string tag;
  std::vector<std::string> values;
};

/// All conditions about one label.
struct Condition {
  Label label;
  std::string tag;  // its name, when it is one
  Mask others;      // limits that let every value through
  std::unordered_map<std::string, Mask, TextHash, std::equal_to<>> values;

  bool is_about(const Asked& asked) const { return label == asked.label && tag == asked.tag; }
  /// The limit lets through `only` these values, or all when it names none.
  void admit(std::size_t limit, const std::vector<std::string>& only) {
    for (const std::string& value : only) {
      values.try_emplace(value, others).first->second.set(limit);
    }
    if (only.empty()) {
      others.set(limit);
      for (auto& [value, mask] : values) {
        mask.set(limit);
      }
    }
  }
  /// The limits that let `value` through.
  const Mask& of(std::string_view value) const {
    const auto found = values.find(value);
    return found == values.end() ? others : found->second;
  }
};

std::vector<Asked> conditions_of(const Match& match) {
  std::vector<Asked> all{{Label::user, {}, match.user},
                         {Label::tier, {}, match.tier},
                         {Label::team, {}, match.team},
                         {Label::feature, {}, match.feature},
                         {Label::key, {}, match.key},
                         {Label::session, {}, match.session},
                         {Label::provider, {}, match.provider},
                         {Label::model, {}, match.model},
                         {Label::priority, {}, {}}};
  for (const Priority priority : match.priority) {
    all.back().values.emplace_back(to_string(priority));
  }
  for (const Match::Tag& tag : match.tags) {
    all.push_back({Label::tag, tag.name, tag.values});
  }
  std::erase_if(all, [](const Asked& asked) { return asked.values.empty(); });
  return all;
}

std::string_view subject_of(Per per, const Caller& caller) {
  switch (per) {
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
    case Per::all:
      break;
  }
  return {};
}

std::string_view tag_of(const Caller& caller, std::string_view name) {
  const auto found = std::ranges::find(
      caller.tags, name, [](const auto& tag) -> std::string_view { return tag.first; });
  return found == caller.tags.end() ? std::string_view{} : std::string_view(found->second);
}

std::string_view value_of(const Condition& condition, const Caller& caller,
                          std::string_view provider, std::string_view model) {
  switch (condition.label) {
    case Label::user:
      return caller.user;
    case Label::tier:
      return caller.tier;
    case Label::team:
      return caller.team;
    case Label::feature:
      return caller.feature;
    case Label::key:
      return caller.key;
    case Label::session:
      return caller.session;
    case Label::provider:
      return provider;
    case Label::model:
      return model;
    case Label::priority:
      return to_string(caller.priority);
    case Label::tag:
      return tag_of(caller, condition.tag);
  }
  return {};
}

/// Its maximum is left out: a changed maximum finds the same accounts.
Digest name_of(const Limit& limit, Measure measure) {
  return digest(fmt::format("{}\n{}\n{}\n{}", limit.name, to_string(limit.per),
                            to_string(limit.window), to_string(measure)));
}

AccountKey key_of(const Digest& name, const Digest& subject, Instant starts) {
  const std::array words{name.high, name.low, subject.high, subject.low,
                         static_cast<std::uint64_t>(starts.nanos())};
  return digest({reinterpret_cast<const char*>(words.data()), sizeof(words)});
}

constexpr std::size_t kNameBytesMax = 64;   // it stands in response headers
constexpr std::size_t kStepsMax = 100'000;  // of looking for a call that touches too many accounts

Result<void> check_name(const std::string& name) {
  const bool plain = std::ranges::all_of(
      name, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (name.empty() || name.size() > kNameBytesMax || !plain) {
    return fail(Fault::config, fmt::format("a name is 1 to {} printable ASCII characters without "
                                           "quote or backslash",
                                           kNameBytesMax));
  }
  return {};
}

Result<void> check_tags(const std::vector<Match::Tag>& tags) {
  std::set<std::string_view> seen;
  for (const Match::Tag& tag : tags) {
    if (tag.values.empty()) {
      return fail(Fault::config, fmt::format("tag {:?} matches no value", tag.name));
    }
    if (!seen.insert(tag.name).second) {
      return fail(Fault::config, fmt::format("tag {:?} is matched twice", tag.name));
    }
  }
  return {};
}

Result<void> check_max(const Max& max) {
  bool any = false;
  for (const Measure measure : kMeasures) {
    const auto units = max.of(measure);
    any = any || units;
    if (units && *units < Units{}) {
      return fail(Fault::config, fmt::format("max.{} is negative", to_string(measure)));
    }
  }
  return any ? Result<void>{} : fail(Fault::config, "it has no max");
}

Result<void> check(const Limit& limit) {
  if (auto named = check_name(limit.name); !named) {
    return named;
  }
  if (auto tagged = check_tags(limit.match.tags); !tagged) {
    return tagged;
  }
  if (auto limited = check_max(limit.max); !limited) {
    return limited;
  }
  return check_message(limit.message);
}

std::unexpected<Error> fail_limit(const Limit& limit, Error error) {
  return fail(fmt::format("limit {:?}", limit.name), std::move(error));
}

/// Looks for a call that touches more than kNeedsMax accounts: tries every value of one label, then
/// every value of the next, and drops a branch as soon as few enough limits are left in it.
class Crowd {
 public:
  Crowd(std::span<const Condition> conditions, std::span<const std::vector<Part>> parts)
      : conditions_(conditions), parts_(parts) {}

  /// The limits such a call would match. Gives up after kStepsMax, on the safe side.
  std::optional<Mask> find(const Mask& left, std::size_t asked = 0) {
    std::size_t accounts = 0;
    left.for_each([&](std::size_t limit) { accounts += parts_[limit].size(); });
    if (accounts <= kNeedsMax) {
      return std::nullopt;
    }
    if (asked == conditions_.size() || ++steps_ > kStepsMax) {
      return left;
    }
    auto crowd = find(left & conditions_[asked].others, asked + 1);
    for (const auto& [value, mask] : conditions_[asked].values) {
      if (crowd) {
        break;
      }
      crowd = find(left & mask, asked + 1);
    }
    return crowd;
  }

 private:
  std::span<const Condition> conditions_;
  std::span<const std::vector<Part>> parts_;
  std::size_t steps_ = 0;
};

}  // namespace

struct LimitSet::Rules {
  Calendar calendar;
  std::vector<Limit> limits;
  std::vector<std::vector<Part>> parts;  // of each limit
  Mask all;
  std::vector<Condition> conditions;  // one a label that any limit asks about

  void add(const Limit& limit);
  void know(const Asked& asked);
};

void LimitSet::Rules::know(const Asked& asked) {
  const bool known =
      std::ranges::any_of(conditions, [&](const Condition& each) { return each.is_about(asked); });
  if (!known) {  // the limits before this one never asked: they let every value through
    conditions.push_back({.label = asked.label, .tag = asked.tag, .others = all, .values = {}});
  }
}

void LimitSet::Rules::add(const Limit& limit) {
  const std::size_t number = parts.size();
  std::vector<Part>& own = parts.emplace_back();
  for (const Measure measure : kMeasures) {
    if (const auto max = limit.max.of(measure)) {
      own.push_back({.measure = measure, .max = *max, .name = name_of(limit, measure)});
    }
  }
  const std::vector<Asked> all_asked = conditions_of(limit.match);
  for (const Asked& asked : all_asked) {
    know(asked);
  }
  for (Condition& condition : conditions) {
    const auto asked = std::ranges::find_if(
        all_asked, [&](const Asked& each) { return condition.is_about(each); });
    condition.admit(number, asked == all_asked.end() ? std::vector<std::string>{} : asked->values);
  }
  all.set(number);
}

void Touches::add(const Touched& touched, const Need& need) {
  INVARIANT(count_ < kNeedsMax, "a set of limits is checked when it is read");
  touched_[count_] = touched;
  needs_[count_] = need;
  ++count_;
}

LimitSet::LimitSet() : rules_(std::make_shared<const Rules>()) {}
LimitSet::LimitSet(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

Result<LimitSet> LimitSet::compile(std::vector<Limit> limits, const std::string& zone) {
  auto calendar = Calendar::of(zone);
  if (!calendar) {
    return std::unexpected(calendar.error());
  }
  if (limits.size() > kLimitsMax) {
    return fail(Fault::config,
                fmt::format("limits: {} of them; {} are the most", limits.size(), kLimitsMax));
  }
  Rules rules{
      .calendar = std::move(*calendar), .limits = {}, .parts = {}, .all = {}, .conditions = {}};
  std::set<std::string_view> names;
  for (const Limit& limit : limits) {
    if (auto good = check(limit); !good) {
      return fail_limit(limit, good.error());
    }
    if (!names.insert(limit.name).second) {
      return fail_limit(limit, {Fault::config, "another limit has this name"});
    }
    rules.add(limit);
    if (Crowd(rules.conditions, rules.parts).find(rules.all)) {
      return fail_limit(
          limit, {Fault::config,
                  fmt::format("with it one call could touch more than {} accounts", kNeedsMax)});
    }
  }
  rules.limits = std::move(limits);
  return LimitSet(std::make_shared<const Rules>(std::move(rules)));
}

void LimitSet::touch(const Caller& caller, std::string_view provider, std::string_view model,
                     Instant now, Touches& out) const {
  out.clear();
  Mask touched = rules_->all;
  for (const Condition& condition : rules_->conditions) {
    touched &= condition.of(value_of(condition, caller, provider, model));
  }
  touched.for_each([&](std::size_t number) {
    const Limit& limit = rules_->limits[number];
    const std::string_view subject = subject_of(limit.per, caller);
    const Digest whose = digest(subject);
    const Bounds window = rules_->calendar.bounds(limit.window, now);
    for (const Part& part : rules_->parts[number]) {
      out.add(
          {.limit = &limit, .measure = part.measure, .subject = subject, .starts = window.starts},
          {.account = key_of(part.name, whose, window.starts),
           .units = {},
           .max = part.max,
           .ends = window.ends});
    }
  });
}

std::span<const Limit> LimitSet::limits() const {
  return rules_->limits;
}
const Calendar& LimitSet::calendar() const {
  return rules_->calendar;
}

}  // namespace purser
