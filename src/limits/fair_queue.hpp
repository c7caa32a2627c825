// limits/fair_queue.hpp — calls that wait for one provider, let through fairly among its users.
//
// By virtual token counters (Sheng et al., "Fairness in Serving Large Language Models", OSDI 2024):
// each user has a counter of the service it got, here what its calls cost, and the next call is of
// the waiting user with the least. Who comes anew begins where those who wait already stand:
// having been idle is no credit. The same rule chooses among the priorities, whose counters run
// slower the higher they are: an essential call goes before ten thousand background ones, and a
// background one still goes.
//
// Invariants:
//   F1  never more than `longest` wait;
//   F2  no call is let through at or after its deadline;
//   F3  of two users who both wait all the time, neither gets more than the other by more than the
//       dearest call of each (and what calls under way were misjudged by);
//   F4  every priority that waits gets its weight's part of the service: nobody starves.
//
// Pure, and one lock around it at the edge. A cost is not known before the call is over, so a call
// is charged what it is expected to cost as it leaves, and the difference when it is settled.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/hash.hpp"
#include "base/instant.hpp"
#include "base/strong.hpp"
#include "call/caller.hpp"
#include "money/amount.hpp"

namespace purser {

/// A waiting call. Not reused.
using Ticket = Strong<struct TicketTag, std::uint64_t>;
/// What a call waits before: one model with one credential. It may be shut while others are open.
using DoorId = Strong<struct DoorIdTag, std::uint64_t>;

/// Who is served fairly against whom.
struct QueueUser {
  Digest name;
  Priority priority = Priority::normal;
};

struct WaitingCall {
  Ticket ticket;
  QueueUser user;
  DoorId door;
  Amount worst;      // what it may cost at most: handed back as it came
  Amount expected;   // what it will probably cost
  Instant deadline;  // it is of no use from then on
};

class FairQueue {
 public:
  explicit FairQueue(std::size_t longest) : longest_(longest) {}

  enum class Joined : std::uint8_t { waits, full };
  Joined join(const WaitingCall& call);
  /// Gives up. Nothing: it is not waiting any more.
  void leave(Ticket ticket);

  enum class Door : std::uint8_t { open, shut };
  /// Takes out the call that goes next through a door that is open, and charges its user. Those
  /// found to be past their deadline are taken out too, into `expired`.
  std::optional<WaitingCall> next(Instant now, const std::function<Door(DoorId)>& door,
                                  std::vector<Ticket>& expired);

  /// A call that did not have to wait is service as well.
  void charge(QueueUser user, Amount expected);
  /// What it really cost, in place of what was expected.
  void correct(QueueUser user, Amount expected, Amount cost);

  /// A changed bound; those who wait already stay.
  void set_longest(std::size_t longest) { longest_ = longest; }
  std::size_t size() const { return waiting_.size(); }
  /// Users remembered: those who wait, and some who did.
  std::size_t users() const;

 private:
  using Service = std::int64_t;  // nanodollars; among priorities, divided by the weight
  struct User {
    Digest name;
    Service got = 0;
    std::uint64_t turn = 0;  // of two with the same counter, the one who was not served lately
    std::deque<WaitingCall> line;
  };
  struct Rank {
    Service got;
    std::uint64_t turn;
    User* user;
    friend bool operator<(const Rank& a, const Rank& b) {
      return std::pair(a.got, a.turn) < std::pair(b.got, b.turn);
    }
  };
  /// One priority.
  struct Tier {
    Service got = 0;
    Service reached = 0;  // by those who were served: where the next begins when nobody waits
    std::unordered_map<Digest, User> users;
    std::set<Rank> waiting;
    std::set<Rank> idle;  // by when they left, in `turn`
  };

  static Rank rank(User& user) { return {user.got, user.turn, &user}; }
  static Rank idle_rank(User& user) { return {0, user.turn, &user}; }
  Tier& tier(Priority priority) { return tiers_[static_cast<std::size_t>(priority)]; }
  User& user_of(Tier& tier, Digest name);
  void wake(Tier& tier, User& user);
  void sleep(Tier& tier, User& user);
  void forget_some(Tier& tier);
  void add(Tier& tier, User& user, Priority priority, Service service);
  std::array<Priority, 3> in_turn() const;
  std::optional<WaitingCall> next_of(Tier& tier, Instant now,
                                     const std::function<Door(DoorId)>& door,
                                     std::vector<Ticket>& expired);
  std::optional<WaitingCall> take_first(User& user, Instant now,
                                        const std::function<Door(DoorId)>& door,
                                        std::vector<Ticket>& expired);

  std::size_t longest_;
  std::uint64_t turns_ = 0;
  Service reached_ = 0;  // among priorities
  std::array<Tier, 3> tiers_;
  std::unordered_map<Ticket, QueueUser> waiting_;
};

}  // namespace purser
