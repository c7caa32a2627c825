// limits/kill.cpp — switches by what they name, and one lookup a group.
#include "limits/kill.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

namespace purser {
namespace {

constexpr std::size_t kModelLabel = 2;
static_assert(kKillLabels[kModelLabel].name == "model");
constexpr std::uint32_t kModelBit = 1U << kModelLabel;

/// What a call carries under each of kKillLabels.
using Values = std::array<std::string_view, kKillLabels.size()>;

Values values_of(const KillTarget& target) {
  Values values;
  std::ranges::transform(kKillLabels, values.begin(), [&](const KillLabel& label) {
    return std::string_view(target.*label.value);
  });
  return values;
}

Values values_of(const Caller& caller, std::string_view model) {
  return {caller.feature, caller.user, model, caller.team, caller.tier, caller.key, caller.session};
}

std::uint32_t labels_of(const Values& values) {
  std::uint32_t labels = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    labels |= values[i].empty() ? 0 : 1U << i;
  }
  return labels;
}

/// The name of a mixture of labels: each value's digest, seeded by the ones before it.
Digest digest_of(const Values& values, std::uint32_t labels) {
  Digest name{.high = labels, .low = labels};
  for (; labels != 0; labels &= labels - 1) {
    name = digest(values[static_cast<std::size_t>(std::countr_zero(labels))], name.low);
  }
  return name;
}

bool printable(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

auto rank(const KillSwitch& kill) {
  return std::tuple(kill.reach == Reach::running, kill.until, -kill.id.count());
}

}  // namespace

std::string to_text(const KillTarget& target) {
  std::string text;
  for (const KillLabel& label : kKillLabels) {
    if (const std::string& value = target.*label.value; !value.empty()) {
      text += text.empty() ? "" : ", ";
      text += std::string(label.name) + ' ' + value;
    }
  }
  return text.empty() ? "all calls" : text;
}

Result<void> check(const KillSwitch& kill) {
  if (kill.why.empty() || kill.why.size() > kKillWhyMax || !printable(kill.why)) {
    return fail(Fault::client, "why: expected 1 to " + std::to_string(kKillWhyMax) +
                                   " bytes without control characters");
  }
  for (const KillLabel& label : kKillLabels) {
    const std::string& value = kill.target.*label.value;
    if (value.size() > kLabelBytesMax || !printable(value)) {
      return fail(Fault::client, std::string(label.name) + ": expected at most " +
                                     std::to_string(kLabelBytesMax) +
                                     " bytes without control characters");
    }
  }
  return {};
}

KillSet::KillSet(std::vector<KillSwitch> switches) : switches_(std::move(switches)) {
  for (std::size_t i = 0; i < switches_.size(); ++i) {
    const Values values = values_of(switches_[i].target);
    const std::uint32_t labels = labels_of(values);
    auto group = std::ranges::find(groups_, labels, &Group::labels);
    if (group == groups_.end()) {
      groups_.push_back({.labels = labels, .by_value = {}});
      group = groups_.end() - 1;
    }
    group->by_value.emplace(digest_of(values, labels), i);
  }
}

const KillSwitch* KillSet::find_in(const Group& group, const Caller& caller, std::string_view model,
                                   Instant now, Reach least, const KillSwitch* best) const {
  const Values values = values_of(caller, model);
  if ((labels_of(values) & group.labels) != group.labels) {
    return best;
  }
  const auto [first, last] = group.by_value.equal_range(digest_of(values, group.labels));
  for (auto it = first; it != last; ++it) {
    const KillSwitch& kill = switches_[it->second];
    const bool in_force = now < kill.until && kill.reach >= least;
    if (in_force && (best == nullptr || rank(kill) > rank(*best))) {
      best = &kill;
    }
  }
  return best;
}

const KillSwitch* KillSet::find(const Caller& caller, std::span<const std::string_view> models,
                                Instant now, Reach least) const {
  const KillSwitch* best = nullptr;
  for (const Group& group : groups_) {
    if ((group.labels & kModelBit) == 0) {
      best = find_in(group, caller, {}, now, least, best);
      continue;
    }
    for (const std::string_view model : models) {
      best = find_in(group, caller, model, now, least, best);
    }
  }
  return best;
}

std::string kill_message(const KillSwitch& kill, const Calendar& calendar) {
  std::string text = "switched off by " + kill.who + " for " + to_text(kill.target) + ' ';
  text += kill.until == Instant::never() ? "until it is resumed"
                                         : "until " + calendar.to_text(kill.until);
  return text + ": " + kill.why + " (kill switch " + std::to_string(kill.id.count()) +
         "); retrying will not help";
}

}  // namespace purser
