// spikes/spikes.hpp — each subject against its own past: alert once, throttle, release.
//
//   normal ──see(): out of line──▶ spiking ──in line for hold_seconds──▶ released ──▶ normal
//                                     ▲                                     │
//                                     └────────── out of line again ────────┘
//
// Why beside limits: a limit says what is allowed to anyone, and has to be generous; a runaway loop
// or a stolen key is far above its own yesterday long before it is above any limit.
//
// Not safe for several threads at once: one lock around it is enough, see() takes some 40 ns.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.hpp"
#include "base/instant.hpp"
#include "spikes/baseline.hpp"
#include "spikes/ceiling.hpp"
#include "spikes/load.hpp"
#include "spikes/peers.hpp"
#include "spikes/throttle.hpp"

namespace purser {

enum class SubjectKind : std::uint8_t { user, key, feature };
inline constexpr std::size_t kSubjectKinds = 3;
std::string_view to_string(SubjectKind kind);

struct Subject {
  SubjectKind kind = SubjectKind::user;
  std::string_view name;
};

enum class SpikeState : std::uint8_t { normal, spiking, released };
std::string_view to_string(SpikeState state);

/// What an alert says: "user ada: 48 calls in the last hour, usually at most 3 (16 times)".
struct SpikeEvent {
  enum class What : std::uint8_t { spike, recovery } what = What::spike;
  SubjectKind kind = SubjectKind::user;
  std::string name;
  Quantity quantity = Quantity::calls;
  Stretch span = Stretch::hour;
  /// Calls, nanodollars or tokens in the last hour or day; what such an hour or day usually carries
  /// at most (an estimate: its floating point is not kept in any book). At a recovery: now.
  std::int64_t observed = 0;
  std::int64_t expected = 0;
  /// observed / expected, with expected at least one.
  double ratio = 0;
  Instant since;  // when it began to spike
  Instant at;
};

struct SpikeVerdict {
  enum class Outcome : std::uint8_t { admitted, throttled } outcome = Outcome::admitted;
  SpikeState state = SpikeState::normal;
  /// When throttled: a call at this time is in time.
  Instant retry_at;
  /// At the change only: once when a spike begins, once when it ends.
  std::optional<SpikeEvent> event;
};

class Spikes {
 public:
  explicit Spikes(SpikeOptions options = {});

  /// Counts what came in, and says whether it may go on. An attempt that is throttled counts as a
  /// call too: it is what is wanted. Loads without calls (settlements) are never throttled.
  SpikeVerdict see(const Subject& subject, const Load& load, Instant now);
  /// What see() would say to one call, which is not counted. Without an event: nothing changes.
  SpikeVerdict foresee(const Subject& subject, Instant now) const;

  /// The past only, as read back from the books in the order of time after a start (an hour's sum
  /// in one load will do): no verdict, no event.
  void learn(const Subject& subject, const Load& load, Instant at);

  /// Ends the spikes of subjects that went silent; to be called every minute or so.
  std::vector<SpikeEvent> sweep(Instant now);

  std::size_t subjects() const { return index_.size(); }
  std::size_t spiking() const { return spiking_.size(); }

 private:
  using Slot = std::uint32_t;
  static constexpr Slot kNone = UINT32_MAX;

  /// All that is kept of a subject, apart from its name's text.
  struct Track {
    Digest digest;
    std::string name;
    Baseline baseline;
    Ceilings ceilings{};
    Throttle pace;
    Instant seen_at;
    Instant since;       // in its state
    Instant calm_since;  // spiking: in line from then on; never() while it is not
    Slot slot = kNone;   // its own
    Slot newer = kNone;
    Slot older = kNone;
    SubjectKind kind = SubjectKind::user;
    SpikeState state = SpikeState::normal;
    Quantity quantity = Quantity::calls;  // what spikes
    Stretch span = Stretch::hour;
    /// A day in which it spiked stays above its ceiling long after the rate is in line again.
    bool day_was_told = false;
  };
  // With its place in the index (56 bytes) and its name (128 at most): 1 KB a subject.
  static_assert(sizeof(Track) <= 832);

  struct Excess {
    Quantity quantity;
    Stretch span;
    double observed;
    double expected;
  };

  Track& track_of(const Subject& subject);
  Slot slot_for_new();
  void unlink(Slot slot);
  void link_newest(Slot slot);
  Instant advance(Track& track, Instant now);
  void learn_peers(const Track& track);

  std::optional<Excess> excess(const Track& track, const Load& load) const;
  bool in_line(const Track& track) const;
  bool silent_for_long(const Track& track, Instant now) const;
  void follow(Track& track, const Load& load, Instant now, SpikeVerdict& verdict);
  SpikeEvent begin_spike(Track& track, const Excess& excess, Instant now);
  SpikeEvent end_spike(Track& track, Instant now);
  Throttle pace_for(const Track& track, const Excess& excess) const;

  SpikeOptions options_;
  std::deque<Track> tracks_;  // grows without moving what is there
  std::unordered_map<Digest, Slot> index_;
  std::vector<Slot> spiking_;
  Slot newest_ = kNone;
  Slot oldest_ = kNone;
  std::array<Peers, kSubjectKinds> peers_{};
};

}  // namespace purser
