// pipeline/gates.hpp — calls wait here for their provider, with their hold in hand.
// Why after the hold: who waits has been promised the money, and gives it back if it waits in vain.
// While a provider keeps up and has no bound on calls at once, passing costs one relaxed load; else
// one short lock, which the waiting, the answers' words and the ends of calls share.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "call/call.hpp"
#include "http/asio.hpp"
#include "http/deadline.hpp"
#include "http/fields.hpp"
#include "limits/lane.hpp"
#include "pipeline/counters.hpp"

namespace purser {

class Gates;
class Inbox;
class Running;
class Signal;
struct Admitted;
struct Core;
struct Held;

/// A counted call, from the moment it may leave. Ends when it is settled, or else when it goes.
class Passage {
 public:
  Passage(Gates& gates, const std::string& provider, Lane::Pass pass,
          std::chrono::milliseconds waited)
      : gates_(gates), provider_(provider), pass_(std::move(pass)), waited_(waited) {}
  ~Passage();
  Passage(const Passage&) = delete;
  Passage& operator=(const Passage&) = delete;

  /// What it cost: its place is the next one's.
  void settle(Amount cost);
  std::chrono::milliseconds waited() const { return waited_; }

 private:
  friend class Gates;
  enum class Stands : std::uint8_t { under_way, ended };
  Gates& gates_;
  const std::string& provider_;  // the gates' own
  Lane::Pass pass_;
  std::chrono::milliseconds waited_;
  Stands stands_ = Stands::under_way;
};

class Gates {
 public:
  /// The rules of the provider that serves the dialect, as the operator has them now.
  void set_rules(const std::string& provider, Dialect dialect, const LaneRules& rules);

  /// Whether the call may leave without asking.
  bool pass_freely(Dialect dialect, const LaneRules& rules) const {
    return !rules.at_once && restless(dialect).load(std::memory_order_relaxed) == 0;
  }
  /// Waits until the call may leave; it has a passage then. Else: how long to stay away. A switch
  /// that is thrown meanwhile ends the wait.
  Awaitable<std::expected<void, Lane::TooBusy>> pass(Admitted& admitted, const Held& held,
                                                     Running& running, Core& core);

  /// What the call's answer says about pace. Good as long as the client's request.
  void hear(const Admitted& admitted, ToldPace told);

  struct Standing {
    std::string provider;
    std::int64_t waiting = 0;
    std::int64_t waited = 0;
    std::int64_t closed = 0;
  };
  /// By provider, for those who watch.
  std::vector<Standing> standings();

 private:
  friend class Passage;
  friend class GateWatch;
  /// Somebody who waits; in its coroutine's frame until it has been woken, once.
  struct Waiter {
    Inbox* inbox = nullptr;
    Signal* signal = nullptr;
    Instant deadline;
    std::optional<Lane::Pass> pass = {};  // nothing once woken: it waited in vain
  };
  struct Way {
    Lane lane;
    std::unordered_map<Ticket, Waiter*> waiters;
    std::int64_t waited = 0;
    Instant looked;  // for gates that have opened
    std::array<bool, kDialects> serves{};
    bool restless = false;
  };
  using Ways = std::map<std::string, Way>;  // by provider; never erased

  Ways::value_type& way_to(const std::string& provider, Dialect dialect, const LaneRules& rules);
  void note(Way& way, bool restless);
  void advance(Way& way, Instant now);
  void wake(Way& way, Ticket ticket, std::optional<Lane::Pass> pass);
  Instant look(Way& way, Ticket ticket, Instant now);
  void give_up(Way& way, Ticket ticket);
  enum class Wake : std::uint8_t { next, nobody };
  void end(const std::string& provider, Lane::Pass& pass, Amount cost, Wake wake);

  const std::atomic<std::int64_t>& restless(Dialect dialect) const {
    return restless_[static_cast<std::size_t>(dialect)];
  }

  std::array<std::atomic<std::int64_t>, kDialects> restless_{};  // ways calls have to ask for
  std::mutex mutex_;                                             // for all that follows
  Ways ways_;
};

/// What an answer's header says about pace.
ToldPace told_pace(int status, const std::vector<Field>& fields);

}  // namespace purser
