// spikes/spikes.cpp — from normal to spiking and back.
#include "spikes/spikes.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/invariant.hpp"

namespace purser {
namespace {

constexpr std::int64_t kHourSeconds = 3600;
/// In line again is not just below the ceiling, or a subject at the ceiling would spike all day.
constexpr double kCalmShare = 0.6;
/// After a whole day out of line: when the hour is a usual busy one, give or take a quarter.
constexpr double kCalmHourOfDay = 1.25;
/// Subjects that spike are not forgotten for others, unless so many of the oldest all spike.
constexpr int kSparedMax = 16;

std::chrono::nanoseconds seconds(std::int64_t count) {
  return std::chrono::seconds(count);
}

Digest digest_of(const Subject& subject) {
  return digest(subject.name, 0x5B1CE5 + static_cast<std::uint64_t>(subject.kind));
}

}  // namespace

std::string_view to_string(SubjectKind kind) {
  constexpr std::array<std::string_view, kSubjectKinds> kNames{"user", "key", "feature"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view to_string(SpikeState state) {
  constexpr std::array<std::string_view, 3> kNames{"normal", "spiking", "released"};
  return kNames[static_cast<std::size_t>(state)];
}

Spikes::Spikes(SpikeOptions options) : options_(options) {
  options_.subjects_max = std::clamp<std::size_t>(options_.subjects_max, 1, kNone - 1);
  index_.reserve(options_.subjects_max);
}

void Spikes::unlink(Slot slot) {
  const Track& track = tracks_[slot];
  (track.newer == kNone ? newest_ : tracks_[track.newer].older) = track.older;
  (track.older == kNone ? oldest_ : tracks_[track.older].newer) = track.newer;
}

void Spikes::link_newest(Slot slot) {
  Track& track = tracks_[slot];
  track.newer = kNone;
  track.older = std::exchange(newest_, slot);
  (track.older == kNone ? oldest_ : tracks_[track.older].newer) = slot;
}

Spikes::Slot Spikes::slot_for_new() {
  if (tracks_.size() < options_.subjects_max) {
    tracks_.emplace_back();
    return static_cast<Slot>(tracks_.size() - 1);
  }
  for (int spared = 0; tracks_[oldest_].state == SpikeState::spiking && spared < kSparedMax;
       ++spared) {
    const Slot slot = oldest_;
    unlink(slot);
    link_newest(slot);
  }
  const Slot slot = oldest_;
  unlink(slot);
  index_.erase(tracks_[slot].digest);
  std::erase(spiking_, slot);
  tracks_[slot] = Track{};
  return slot;
}

Spikes::Track& Spikes::track_of(const Subject& subject) {
  const Digest name = digest_of(subject);
  if (const auto found = index_.find(name); found != index_.end()) {
    if (found->second != newest_) {
      unlink(found->second);
      link_newest(found->second);
    }
    return tracks_[found->second];
  }
  const Slot slot = slot_for_new();
  Track& track = tracks_[slot];
  track.digest = name;
  track.name = subject.name;
  track.kind = subject.kind;
  track.slot = slot;
  index_.emplace(name, slot);
  link_newest(slot);
  return track;
}

void Spikes::learn_peers(const Track& track) {
  peers_[static_cast<std::size_t>(track.kind)].learn(track.baseline);
}

/// Brings a subject to `now`, and says what time it is for it: time that steps back a little stands
/// still.
Instant Spikes::advance(Track& track, Instant now) {
  const std::int64_t before = track.baseline.seconds();
  const std::uint32_t days = track.baseline.days();
  if (track.baseline.advance(now) == Baseline::Moved::to_another_hour) {
    if (track.baseline.days() != days) {
      learn_peers(track);
    }
    track.ceilings = ceilings(track.baseline, options_,
                              peers_[static_cast<std::size_t>(track.kind)].busy_hour());
  }
  if (track.baseline.seconds() < before) {  // the clock was set back: what was timed begins anew
    track.pace = track.pace.anew();
    track.since = now;
    track.calm_since = Instant::never();
    return track.seen_at = now;
  }
  return track.seen_at = std::max(track.seen_at, now);
}

std::optional<Spikes::Excess> Spikes::excess(const Track& track, const Load& load) const {
  const Baseline& past = track.baseline;
  for (const Quantity quantity : kEveryQuantity) {
    if (!(load.of(quantity) > 0)) {
      continue;
    }
    const Ceiling& ceiling = track.ceilings[static_cast<std::size_t>(quantity)];
    const double hour = past.last_hour(quantity);
    const double day = past.last_day(quantity);
    const auto found = [&](Stretch span, double observed, double usual, float most) {
      return Excess{quantity, span, observed, usual > 0 ? usual : static_cast<double>(most)};
    };
    if (hour > static_cast<double>(ceiling.hour)) {
      return found(Stretch::hour, hour, past.usual_busy_hour(quantity), ceiling.hour);
    }
    if (track.day_was_told) {
      continue;
    }
    if (day > static_cast<double>(ceiling.day)) {
      return found(Stretch::day, day, past.usual_day(quantity), ceiling.day);
    }
    if (hour > static_cast<double>(ceiling.quiet_hour) &&
        day > static_cast<double>(ceiling.quiet_hour_day)) {
      return found(Stretch::quiet_hour, hour, past.usual_now_at_most(quantity), ceiling.quiet_hour);
    }
  }
  return std::nullopt;
}

/// Throttled attempts are counted: a client that keeps trying is not in line.
bool Spikes::in_line(const Track& track) const {
  const Baseline& past = track.baseline;
  for (const Quantity quantity : kEveryQuantity) {
    const Ceiling& ceiling = track.ceilings[static_cast<std::size_t>(quantity)];
    double most = kCalmShare * static_cast<double>(ceiling.hour);
    if (track.span == Stretch::day && quantity == track.quantity) {
      most = std::max(kCalmShare * options_.least.of(quantity),
                      kCalmHourOfDay * past.usual_busy_hour(quantity));
    } else if (track.span == Stretch::quiet_hour && quantity == track.quantity) {
      most = std::min(most, kCalmShare * static_cast<double>(ceiling.quiet_hour));
    }
    if (past.last_hour(quantity) > most) {
      return false;
    }
  }
  return true;
}

bool Spikes::silent_for_long(const Track& track, Instant now) const {
  return now - track.seen_at >= seconds(options_.hold_seconds + kHourSeconds);
}

/// Where spend or tokens spike and calls do not, fewer calls bring them back: in proportion.
Throttle Spikes::pace_for(const Track& track, const Excess& excess) const {
  const Baseline& past = track.baseline;
  const double usual = past.usual_busy_hour(Quantity::calls);
  double calls_an_hour = usual > 0 ? usual : options_.newcomer.calls / options_.sensitivity;
  if (excess.quantity != Quantity::calls && excess.span != Stretch::day) {
    const double calls = std::max(1.0, past.last_hour(Quantity::calls));
    calls_an_hour = std::min(calls_an_hour, calls * excess.expected / excess.observed);
  }
  return Throttle(std::max(options_.calls_an_hour_least, options_.multiple * calls_an_hour),
                  options_.calls_at_once);
}

SpikeEvent Spikes::begin_spike(Track& track, const Excess& excess, Instant now) {
  track.state = SpikeState::spiking;
  track.quantity = excess.quantity;
  track.span = excess.span;
  track.since = now;
  track.calm_since = Instant::never();
  track.pace = pace_for(track, excess);
  track.day_was_told = true;
  spiking_.push_back(track.slot);
  const double expected = std::max(1.0, excess.expected);
  return {.what = SpikeEvent::What::spike,
          .kind = track.kind,
          .name = track.name,
          .quantity = excess.quantity,
          .span = excess.span,
          .observed = std::llround(excess.observed),
          .expected = std::llround(expected),
          .ratio = excess.observed / expected,
          .since = now,
          .at = now};
}

SpikeEvent Spikes::end_spike(Track& track, Instant now) {
  std::erase(spiking_, track.slot);
  const Baseline& past = track.baseline;
  const Ceiling& ceiling = track.ceilings[static_cast<std::size_t>(track.quantity)];
  const double usual = past.usual_busy_hour(track.quantity);
  const double expected = std::max(1.0, usual > 0 ? usual : static_cast<double>(ceiling.hour));
  const double observed = past.last_hour(track.quantity);
  SpikeEvent event{.what = SpikeEvent::What::recovery,
                   .kind = track.kind,
                   .name = track.name,
                   .quantity = track.quantity,
                   .span = Stretch::hour,
                   .observed = std::llround(observed),
                   .expected = std::llround(expected),
                   .ratio = observed / expected,
                   .since = track.since,
                   .at = now};
  track.state = SpikeState::released;
  track.since = now;
  return event;
}

/// The states' transitions, after a load was counted or refused.
void Spikes::follow(Track& track, const Load& load, Instant now, SpikeVerdict& verdict) {
  if (track.state == SpikeState::spiking) {
    if (!in_line(track)) {
      track.calm_since = Instant::never();
    } else if (track.calm_since == Instant::never()) {
      track.calm_since = now;
    } else if (now - track.calm_since >= seconds(options_.hold_seconds)) {
      verdict.event = end_spike(track, now);
    }
    return;
  }
  if (track.state == SpikeState::released && now - track.since >= seconds(options_.hold_seconds)) {
    track.state = SpikeState::normal;
  }
  if (track.day_was_told) {
    track.day_was_told = std::ranges::any_of(kEveryQuantity, [&](Quantity quantity) {
      const Ceiling& ceiling = track.ceilings[static_cast<std::size_t>(quantity)];
      return track.baseline.last_day(quantity) >
             kCalmShare * static_cast<double>(std::min(ceiling.day, ceiling.quiet_hour_day));
    });
  }
  if (const auto out_of_line = excess(track, load)) {
    verdict.event = begin_spike(track, *out_of_line, now);
  }
}

SpikeVerdict Spikes::see(const Subject& subject, const Load& load, Instant now) {
  Track& track = track_of(subject);
  const bool was_silent = silent_for_long(track, now);
  const Instant at = advance(track, now);
  SpikeVerdict verdict;
  if (track.state == SpikeState::spiking && was_silent) {
    verdict.event = end_spike(track, at);
  }
  const bool held = track.state == SpikeState::spiking && load.calls > 0 &&
                    options_.act == SpikeOptions::Act::throttle;
  if (const auto retry_at = held ? track.pace.take(at) : std::nullopt) {
    verdict.outcome = SpikeVerdict::Outcome::throttled;
    verdict.retry_at = *retry_at;
    track.baseline.add({.calls = load.calls});
  } else {
    track.baseline.add(load);
  }
  if (!verdict.event) {
    follow(track, load, at, verdict);
  }
  verdict.state = track.state;
  return verdict;
}

SpikeVerdict Spikes::foresee(const Subject& subject, Instant now) const {
  SpikeVerdict verdict;
  const auto found = index_.find(digest_of(subject));
  if (found == index_.end()) {
    return verdict;
  }
  const Track& track = tracks_[found->second];
  verdict.state = track.state;
  if (track.state != SpikeState::spiking || options_.act != SpikeOptions::Act::throttle ||
      silent_for_long(track, now)) {
    return verdict;
  }
  Throttle pace = track.pace;
  if (const auto retry_at = pace.take(std::max(track.seen_at, now))) {
    verdict.outcome = SpikeVerdict::Outcome::throttled;
    verdict.retry_at = *retry_at;
  }
  return verdict;
}

void Spikes::learn(const Subject& subject, const Load& load, Instant at) {
  Track& track = track_of(subject);
  advance(track, at);
  track.baseline.add(load);
}

std::vector<SpikeEvent> Spikes::sweep(Instant now) {
  std::vector<SpikeEvent> ended;
  const std::vector<Slot> spiking = spiking_;
  for (const Slot slot : spiking) {
    Track& track = tracks_[slot];
    INVARIANT(track.state == SpikeState::spiking, "who is listed as spiking is in that state");
    if (silent_for_long(track, now)) {
      ended.push_back(end_spike(track, now));
    }
  }
  return ended;
}

}  // namespace purser
