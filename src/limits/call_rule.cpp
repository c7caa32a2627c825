// limits/call_rule.cpp — the tightest of all that match.
#include "limits/call_rule.hpp"

#include <algorithm>

#include "base/glob.hpp"

#include "limits/effort.hpp"

namespace purser {
namespace {

void tighten(std::optional<Tokens>& bound, const std::optional<Tokens>& other) {
  if (other && (!bound || *other < *bound)) {
    bound = other;
  }
}

}  // namespace

CallBounds bounds_of(std::span<const CallRule> rules, const Facts& facts) {
  CallBounds bounds;
  for (const CallRule& rule : rules) {
    if (!meets(rule.match, facts)) {
      continue;
    }
    tighten(bounds.output_default, rule.output_default);
    tighten(bounds.output_max, rule.output_max);
    tighten(bounds.input_max, rule.input_max);
    if (!rule.effort_max.empty() &&
        (bounds.effort_max.empty() || is_more_effort(bounds.effort_max, rule.effort_max))) {
      bounds.effort_max = rule.effort_max;
    }
    const bool listed =
        rule.models.empty() || std::ranges::find(rule.models, facts.model) != rule.models.end();
    if (!listed && bounds.refuses_model == nullptr) {
      bounds.refuses_model = &rule;
    }
  }
  return bounds;
}

bool ToolList::lets(std::string_view tool) const {
  const auto named = [&](const std::string& pattern) { return glob_matches(pattern, tool); };
  return (allow.empty() || std::ranges::any_of(allow, named)) && std::ranges::none_of(deny, named);
}

bool lets_tool(std::span<const CallRule> rules, const Facts& facts) {
  return std::ranges::all_of(rules, [&](const CallRule& rule) {
    return rule.tools.empty() || !meets(rule.match, facts) || rule.tools.lets(facts.model);
  });
}

Control control_of(std::span<const Workload> workloads, const Facts& facts) {
  const auto found = std::ranges::find_if(
      workloads, [&](const Workload& each) { return meets(each.match, facts); });
  return found == workloads.end() ? Control::enforce : found->control;
}

}  // namespace purser
