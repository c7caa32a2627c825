// limits/match.cpp — labels and their values, and asking a match condition by condition.
#include "limits/match.hpp"

#include <algorithm>

#include "base/glob.hpp"

namespace purser {
namespace {

std::string_view tag_of(const Caller& caller, std::string_view name) {
  const auto found = std::ranges::find(
      caller.tags, name, [](const auto& tag) -> std::string_view { return tag.first; });
  return found == caller.tags.end() ? std::string_view{} : std::string_view(found->second);
}

}  // namespace

std::string_view to_string(Label label) {
  switch (label) {
    case Label::user:
      return "user";
    case Label::tier:
      return "tier";
    case Label::team:
      return "team";
    case Label::feature:
      return "feature";
    case Label::key:
      return "key";
    case Label::session:
      return "session";
    case Label::provider:
      return "provider";
    case Label::model:
      return "model";
    case Label::dialect:
      return "dialect";
    case Label::priority:
      return "priority";
    case Label::tool:
      return "tool";
    case Label::tag:
      return "tag";
  }
  return "tag";
}

std::vector<std::string>& AllOf::values(Label label) {
  for (OneOf& each : asked) {
    if (each.label == label) {
      return each.values;
    }
  }
  return asked.emplace_back(OneOf{.label = label, .tag = {}, .values = {}}).values;
}

bool AllOf::asks(Label label) const {
  return std::ranges::any_of(
      asked, [&](const OneOf& each) { return each.label == label && !each.values.empty(); });
}

std::string_view value_of(Label label, std::string_view tag, const Facts& facts) {
  const Caller& caller = facts.caller;
  switch (label) {
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
      return facts.provider;
    case Label::model:
      return facts.model;
    case Label::dialect:
      return to_string(facts.dialect);
    case Label::priority:
      return to_string(caller.priority);
    case Label::tool:
      return facts.dialect == Dialect::tool ? facts.model : std::string_view{};
    case Label::tag:
      return tag_of(caller, tag);
  }
  return {};
}

bool is_pattern(Label label, std::string_view value) {
  return label == Label::tool && value.find_first_of("*?") != std::string_view::npos;
}

bool meets(const AllOf& conditions, const Facts& facts) {
  return std::ranges::all_of(conditions.asked, [&](const OneOf& each) {
    const std::string_view value = value_of(each.label, each.tag, facts);
    return each.values.empty() || std::ranges::any_of(each.values, [&](const std::string& asked) {
             return is_pattern(each.label, asked) ? glob_matches(asked, value) : asked == value;
           });
  });
}

bool meets(const Match& match, const Facts& facts) {
  const auto met = [&](const AllOf& each) { return meets(each, facts); };
  return meets(match.all, facts) && (match.any.empty() || std::ranges::any_of(match.any, met)) &&
         std::ranges::none_of(match.none, met);
}

}  // namespace purser
