// pipeline/notices.cpp — figures become sentences.
#include "pipeline/notices.hpp"

#include <fmt/format.h>

namespace purser {
namespace {

std::string key_of(const Touched& touched, Share share) {
  return fmt::format("limit/{}/{}/{}/{}", touched.limit->name, to_string(touched.measure),
                     touched.subject, to_text(share));
}

std::string amount_text(const SpikeEvent& event, std::int64_t amount) {
  if (event.quantity == Quantity::spend) {
    return to_dollars(Amount::from_nanos(amount));
  }
  return fmt::format("{} {}", amount, to_string(event.quantity));
}

}  // namespace

std::optional<PassedShares::Change> PassedShares::note(std::uint64_t account, Share passed) {
  if (passed == Share{}) {
    const auto found = passed_.find(account);
    if (found == passed_.end()) {
      return std::nullopt;
    }
    const Change change{.before = found->second, .now = passed};
    passed_.erase(found);
    return change;
  }
  if (passed_.size() >= kAccountsMax) {
    passed_.clear();
  }
  Share& known = passed_[account];
  if (known == passed) {
    return std::nullopt;
  }
  const Change change{.before = known, .now = passed};
  known = passed;
  return change;
}

std::string to_text(Share share) {
  const std::int64_t whole = share.count() / 10'000;
  const std::int64_t rest = share.count() % 10'000;
  return rest == 0 ? fmt::format("{}%", whole) : fmt::format("{}.{:04}%", whole, rest);
}

void tell_threshold(AlertDesk& alerts, const Touched& touched, const Standing& standing,
                    const PassedShares::Change& change) {
  if (change.before > Share{}) {
    alerts.recover(key_of(touched, change.before));
  }
  if (change.now == Share{}) {
    return;
  }
  const std::string used = to_text(touched.measure, standing.posted + standing.held);
  const std::string max = to_text(touched.measure, standing.max);
  const std::string whose =
      touched.subject.empty()
          ? std::string("all callers")
          : fmt::format("{} {}", to_string(touched.limit->per), touched.subject);
  Alert alert;
  alert.key = key_of(touched, change.now);
  alert.kind = change.now == kWhole ? AlertKind::limit_reached : AlertKind::limit_threshold;
  alert.severity = change.now == kWhole ? Severity::critical : Severity::warning;
  alert.subject = whose;
  alert.limit = touched.limit->name;
  alert.used = used;
  alert.max = max;
  alert.share = to_text(change.now);
  alert.text = fmt::format("{} has used {} of {} of limit \"{}\" ({} or more).", whose, used, max,
                           touched.limit->name, to_text(change.now));
  alerts.raise(std::move(alert));
}

void tell_spike(AlertDesk& alerts, const SpikeEvent& event) {
  const std::string subject = fmt::format("{} {}", to_string(event.kind), event.name);
  const std::string key = "spike/" + subject;
  if (event.what == SpikeEvent::What::recovery) {
    alerts.recover(key);
    return;
  }
  Alert alert;
  alert.key = key;
  alert.kind = AlertKind::spike;
  alert.subject = subject;
  alert.used = amount_text(event, event.observed);
  alert.max = amount_text(event, event.expected);
  alert.text =
      fmt::format("{}: {} in the last {}, usually at most {} ({:.0f} times).", subject, alert.used,
                  event.span == Stretch::day ? "day" : "hour", alert.max, event.ratio);
  alerts.raise(std::move(alert));
}

void tell_loop(AlertDesk& alerts, std::string_view session, std::string_view loop,
               LoopLevel level) {
  Alert alert;
  alert.key = "loop/" + std::string(session);
  alert.kind = AlertKind::loop;
  alert.severity = level == LoopLevel::stop ? Severity::critical : Severity::warning;
  alert.subject = "session " + std::string(session);
  alert.text = fmt::format("Session {} runs in circles: {}.", session, loop);
  alerts.raise(std::move(alert));
}

namespace {

std::string provider_key(std::string_view provider) {
  return "provider/" + std::string(provider);
}

}  // namespace

void tell_provider_down(AlertDesk& alerts, std::string_view provider, std::string_view why) {
  Alert alert;
  alert.key = provider_key(provider);
  alert.kind = AlertKind::provider_down;
  alert.severity = Severity::critical;
  alert.subject = "provider " + std::string(provider);
  alert.text = fmt::format("{} fails call after call and is left alone for a while; the last: {}.",
                           provider, why);
  alerts.raise(std::move(alert));
}

void tell_provider_back(AlertDesk& alerts, std::string_view provider) {
  alerts.recover(provider_key(provider));
}

}  // namespace purser
