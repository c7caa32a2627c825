// dispatch/alert_sender.hpp — the desk's one thread: decides what is told, keeps it, sends it.
// Nothing in it is touched from elsewhere but what says so.
#pragma once

#include <boost/asio/post.hpp>
#include <deque>
#include <map>

#include "dispatch/alert_desk.hpp"
#include "store/outbox.hpp"

namespace purser {

class AlertSender {
 public:
  AlertSender(AlertDeskOptions options, std::unique_ptr<Outbox> outbox, AlertPolicy policy);

  /// The thread: returns some time after stop().
  void run();
  /// Any thread: `work` runs on the sender's.
  template <typename Work>
  void post(Work work) {
    asio::post(io_, std::move(work));
  }
  /// Any thread.
  AlertDesk::Counts counts() const;

  /// Runs `work` now or, when the last was a moment ago, a moment later: a storm of notes becomes
  /// few writes.
  void soon(std::function<void()> work);
  void take(std::vector<Alert> notes);
  void change(AlertPolicy policy);
  void stop();

 private:
  /// A target's line. `outlet` is nothing when the target is gone: its line ends.
  struct Lane {
    explicit Lane(asio::io_context& io) : wake(io) {}
    std::shared_ptr<const Outlet> outlet;
    Timer wake;
    std::optional<Outbox::Waiting> current;  // being tried, or to be tried again
    std::int64_t done = 0;                   // the last delivery in the outbox that is over
    std::deque<Outbox::Waiting> unwritten;   // told while the database refused
  };
  /// What was told while the database refused.
  struct Unwritten {
    Alert alert;
    std::vector<std::string> targets;
  };

  void fire(Alert raised);
  void recover(const Alert& note);
  void tell(Alert alert, const std::vector<std::string>& targets);
  void tell_from_memory(Alert alert, const std::vector<std::string>& targets);
  std::optional<Alert> last(const std::string& key);
  std::vector<std::string> who_wants(const Alert& alert) const;
  std::vector<std::string> who_was_told(const Alert& alert);

  Awaitable<void> keep_sending(std::shared_ptr<Lane> lane);
  std::optional<Outbox::Waiting> next(Lane& lane);
  std::chrono::nanoseconds until_due(const Lane& lane) const;
  void note_attempt(Lane& lane, const Attempt& made);
  Awaitable<void> sweep();
  Awaitable<void> after_a_pause(std::function<void()> work);
  void complain(std::string_view doing, const Error& error);

  AlertDeskOptions options_;
  std::unique_ptr<Outbox> outbox_;
  AlertPolicy policy_;
  std::map<std::string, Unwritten> unwritten_;  // by key
  std::int64_t unwritten_id_ = 0;
  std::int64_t trying_ = 0;
  std::optional<SteadyTime> stop_until_;
  SteadyTime forget_next_;
  SteadyTime soon_next_;
  Deadlines deadlines_;
  asio::io_context io_{1};
  std::map<std::string, std::shared_ptr<Lane>> lanes_;  // by target

  struct {
    std::atomic<std::int64_t> told{0};
    std::atomic<std::int64_t> delivered{0};
    std::atomic<std::int64_t> failed{0};
    std::atomic<std::int64_t> given_up{0};
  } counts_;
};

}  // namespace purser
