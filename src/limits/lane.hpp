// limits/lane.hpp — the way to one provider: who may go, who waits, and for what.
//
//            there is room
//   enter ───────────────────────────────▶ under way ── answered, end ──▶ gone
//     │ no room           advance ▲
//     ├───────────────▶ waiting ──┴─▶ expired, or left
//     └▶ refused: too many wait, or it would wait in vain
//
// A call needs two things: a place among the `at_once` calls to the provider, and a gate that is
// open: one for each model and credential, because that is what providers count by. Pure, behind
// one lock at the edge. Time comes in, from a clock that never goes back.
#pragma once

#include <memory>
#include <variant>

#include "limits/fair_queue.hpp"
#include "limits/provider_gate.hpp"
#include "limits/share.hpp"

namespace purser {

/// What is done with a provider's words about its pace.
enum class PaceTold : std::uint8_t {
  heed,    // what is told to one caller holds for all
  ignore,  // it is the caller's, and nobody else's
};

struct LaneRules {
  PaceTold pace = PaceTold::heed;
  std::optional<std::int64_t> at_once = {};  // calls to the provider at a time; nothing: any number
  std::int64_t longest = 1000;               // calls that wait: a request body each
  std::chrono::milliseconds wait{10'000};    // below the patience of every client
};

class Lane {
 public:
  struct Ask {
    QueueUser user;
    DoorId door;
    Amount worst;  // what it may cost at most
  };
  /// A call under way, by the one who made it. Ended exactly once.
  struct Pass {
    QueueUser user;
    Amount worst;
    Amount expected;
    std::shared_ptr<ProviderGate> gate;  // none: it was open
    ProviderGate::Round round = 0;
  };
  /// It does not wait: try again after `retry_after`.
  struct TooBusy {
    std::chrono::nanoseconds retry_after;
  };
  struct Queued {
    Ticket ticket;
    Instant deadline;
  };
  using Entered = std::variant<Pass, Queued, TooBusy>;

  /// What has come of those who waited.
  struct Moves {
    std::vector<std::pair<Ticket, Pass>> went;
    std::vector<Ticket> expired;
  };

  void set_rules(const LaneRules& rules);
  /// When it is queued, call advance() next: it may go at once, ahead of those before a closed
  /// gate.
  Entered enter(const Ask& ask, Instant now);
  /// Lets through whoever may go now.
  Moves advance(Instant now);
  void leave(Ticket ticket) { queue_.leave(ticket); }

  /// An answer's word, whoever's answer it was.
  void hear(DoorId door, ToldPace told, Instant now);
  /// An answer began that does not refuse the call for its pace.
  void answered(Pass& pass);
  void end(Pass& pass, Amount cost);

  /// How long a caller who is turned away should stay away.
  std::chrono::nanoseconds retry_after(DoorId door, Instant now) const;

  /// Nobody waits and every gate is open: calls need not ask, unless at_once is set.
  bool calm(Instant now);
  std::size_t waiting() const { return queue_.size(); }
  std::int64_t under_way() const { return under_way_; }
  std::int64_t closed_count() const { return closed_count_; }

 private:
  std::int64_t room(DoorId door, Instant now) const;
  Pass let_go(const QueueUser& user, DoorId door, Amount worst, Instant now);
  Amount expected(Amount worst) const;
  std::shared_ptr<ProviderGate> gate_to_close(DoorId door, Instant now);

  LaneRules rules_;
  FairQueue queue_{static_cast<std::size_t>(LaneRules{}.longest)};
  std::unordered_map<DoorId, std::shared_ptr<ProviderGate>> gates_;  // those not simply open
  std::int64_t under_way_ = 0;
  std::uint64_t tickets_ = 0;
  Share of_worst_{125'000};  // what calls cost of their worst case, as seen lately; at first 1/8
  std::int64_t closed_count_ = 0;
};

}  // namespace purser
