// routing/attempts.cpp — the same again while that may help, then the next in line.
#include "routing/attempts.hpp"

#include <algorithm>

namespace purser {
namespace {

/// Whether the same call at the same place may fare better in a moment.
bool passes_by_itself(Failing failing, const RetryRules& rules) {
  switch (failing) {
    case Failing::unreached:
    case Failing::overloaded:
    case Failing::broken:
      return true;
    case Failing::unanswered:
      return rules.unanswered;
    case Failing::none:
    case Failing::elsewhere:
      break;
  }
  return false;
}

}  // namespace

Failing failing_of(int status) {
  switch (status) {
    case 401:
    case 402:
    case 403:
    case 404:
      return Failing::elsewhere;
    case 408:
    case 409:
      return Failing::broken;
    case 429:
    case 503:
    case 529:
      return Failing::overloaded;
    default:
      return status >= 500 ? Failing::broken : Failing::none;
  }
}

const Fallback* fallback_for(const std::vector<Fallback>& rules, const Facts& facts) {
  const auto rule =
      std::ranges::find_if(rules, [&](const Fallback& each) { return meets(each.match, facts); });
  return rule == rules.end() ? nullptr : &*rule;
}

std::optional<std::chrono::milliseconds> Attempts::pause(
    std::optional<std::chrono::nanoseconds> told, Seed& chance) const {
  if (told && *told > rules_.longest) {
    return std::nullopt;
  }
  // Doubling, and between half of that and all of it by chance: many callers fail at one moment,
  // and must not come back at one.
  constexpr std::int64_t kDoublingsMax = 20;
  const std::int64_t whole =
      std::min(rules_.first.count() << std::min(retries_, kDoublingsMax), rules_.longest.count());
  const auto jitter = chance.below(static_cast<std::uint64_t>(whole / 2) + 1);
  const std::chrono::milliseconds own(whole - static_cast<std::int64_t>(jitter));
  return told ? std::max(own, std::chrono::ceil<std::chrono::milliseconds>(*told)) : own;
}

std::optional<Attempts::Next> Attempts::after(Failing failing,
                                              std::optional<std::chrono::nanoseconds> told,
                                              Seed& chance) {
  if (failing == Failing::none || (failing == Failing::unanswered && !rules_.unanswered)) {
    return std::nullopt;
  }
  if (retries_ < rules_.most && passes_by_itself(failing, rules_)) {
    if (const auto wait = pause(told, chance)) {
      ++retries_;
      ++begun_;
      const bool as_asked = fallbacks_ == 0;
      return Next{.target = as_asked ? nullptr : &fallback_->to[fallbacks_ - 1], .wait = *wait};
    }
  }
  if (fallback_ == nullptr || fallbacks_ == fallback_->to.size()) {
    return std::nullopt;
  }
  retries_ = 0;
  ++begun_;
  return Next{.target = &fallback_->to[fallbacks_++], .wait = {}};
}

}  // namespace purser
