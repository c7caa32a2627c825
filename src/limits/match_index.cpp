// limits/match_index.cpp — turning conditions around.
#include "limits/match_index.hpp"

#include <algorithm>

#include "base/glob.hpp"

#include "base/invariant.hpp"

namespace purser {

/// The match lets through `only` these values, or all when it names none.
void MatchIndex::Condition::admit(std::size_t number, const std::vector<std::string>& only) {
  for (const std::string& value : only) {
    if (is_pattern(label, value)) {
      patterns.emplace_back(value, number);
    } else {
      values.try_emplace(value, others).first->second.set(number);
    }
  }
  if (only.empty()) {
    others.set(number);
    for (auto& [value, mask] : values) {
      mask.set(number);
    }
  }
}

Mask MatchIndex::Condition::of(std::string_view value) const {
  const auto found = values.find(value);
  Mask mask = found == values.end() ? others : found->second;
  for (const auto& [pattern, number] : patterns) {
    if (glob_matches(pattern, value)) {
      mask.set(number);
    }
  }
  return mask;
}

Mask MatchIndex::Condition::families() const {
  Mask mask;
  for (const auto& [pattern, number] : patterns) {
    mask.set(number);
  }
  return mask;
}

void MatchIndex::know(const OneOf& asked) {
  const bool known =
      std::ranges::any_of(conditions_, [&](const Condition& each) { return each.is_about(asked); });
  if (!known) {  // the matches before this one never asked: they let every value through
    conditions_.push_back(
        {.label = asked.label, .tag = asked.tag, .others = all_, .values = {}, .patterns = {}});
  }
}

void MatchIndex::add(const Match& match) {
  const std::size_t number = matches_.size();
  INVARIANT(number < kMatchesMax, "rules are counted when they are read");
  matches_.push_back(match);
  for (const OneOf& asked : match.all.asked) {
    if (!asked.values.empty()) {
      know(asked);
    }
  }
  for (Condition& condition : conditions_) {
    const auto asked = std::ranges::find_if(
        match.all.asked, [&](const OneOf& each) { return condition.is_about(each); });
    condition.admit(number,
                    asked == match.all.asked.end() ? std::vector<std::string>{} : asked->values);
  }
  all_.set(number);
}

}  // namespace purser
