// app/lookout.cpp — comparing what is with what was told.
#include "app/lookout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/stages.hpp"
#include "store/history.hpp"

namespace purser {
namespace {

constexpr std::string_view kBooksKey = "books_unwritable";
/// As far back as a weekday is worth knowing.
constexpr std::chrono::hours kUsual{24 * 28};

}  // namespace

Lookout::Lookout(Services& services) : services_(services) {
  services_.alerts->recover(kBooksKey);
}

void Lookout::look_at_books(const std::filesystem::path& folder) {
  const bool failed = services_.store->health().failed;
  if (failed == books_failed_) {
    return;
  }
  books_failed_ = failed;
  if (!failed) {
    services_.alerts->recover(kBooksKey);
    return;
  }
  Alert alert;
  alert.key = kBooksKey;
  alert.kind = AlertKind::books_unwritable;
  alert.severity = Severity::critical;
  alert.text = "The books in " + folder.string() +
               " cannot be written: no call leaves until they can (disk full, or broken?).";
  services_.alerts->raise(std::move(alert));
}

void Lookout::look_at_kills(const Calendar& calendar) {
  const auto kills = services_.kills->kills();
  if (kills == told_kills_) {
    return;
  }
  const auto has = [](const std::shared_ptr<const KillSet>& set, KillId id) {
    return set && std::ranges::find(set->list(), id, &KillSwitch::id) != set->list().end();
  };
  const auto key_of = [](const KillSwitch& kill) {
    return fmt::format("kill/{}", kill.id.count());
  };
  for (const KillSwitch& kill : kills->list()) {
    if (!has(told_kills_, kill.id)) {
      Alert alert;
      alert.key = key_of(kill);
      alert.kind = AlertKind::kill_switch;
      alert.severity = Severity::critical;
      alert.text = kill_message(kill, calendar);
      services_.alerts->raise(std::move(alert));
    }
  }
  if (told_kills_) {
    for (const KillSwitch& kill : told_kills_->list()) {
      if (!has(kills, kill.id)) {
        services_.alerts->recover(key_of(kill));
      }
    }
  }
  told_kills_ = kills;
}

void Lookout::look_at_spikes() {
  std::vector<SpikeEvent> over;
  {
    const std::lock_guard lock(services_.spikes.mutex);
    over = services_.spikes.spikes.sweep(now());
  }
  for (const SpikeEvent& event : over) {
    tell_spike(*services_.alerts, event);
  }
}

Result<void> Lookout::learn_what_is_usual(const std::filesystem::path& folder, Instant now) {
  Spikes known;
  constexpr std::array kLabels{std::pair{SubjectKind::user, "user"},
                               std::pair{SubjectKind::key, "key"},
                               std::pair{SubjectKind::feature, "feature"}};
  for (const auto& [kind, label] : kLabels) {
    const auto read = read_hours(folder, label, now - kUsual, [&](const HourOfUse& hour) {
      known.learn({kind, hour.value},
                  {.calls = hour.calls, .spend = hour.cost, .tokens = hour.tokens}, hour.at);
    });
    if (!read) {
      return read;
    }
  }
  const std::lock_guard lock(services_.spikes.mutex);
  services_.spikes.spikes = std::move(known);
  return {};
}

}  // namespace purser
