// dispatch/alert_sender.cpp — top to bottom: what is told, who sends it, what came of it.
#include "dispatch/alert_sender.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/detached.hpp>

#include "alerts/episode.hpp"
#include "base/invariant.hpp"
#include "base/thread_name.hpp"

namespace purser {
namespace {

constexpr std::chrono::milliseconds kSweep{250};
/// Notes are taken this often at most.
constexpr std::chrono::milliseconds kGather{50};
/// Tries under way when the process is told to stop may take this long.
constexpr std::chrono::seconds kStopPatience{2};
constexpr std::chrono::hours kForgetEvery{24};
/// Alerts kept in memory while the database refuses; they are few kinds of trouble, not thousands.
constexpr std::size_t kUnwrittenMax = 256;

/// Numbers behind all that the outbox will ever give, so that no id means two alerts.
constexpr std::int64_t kUnwrittenIds = std::int64_t{1} << 62;

}  // namespace

AlertSender::AlertSender(AlertDeskOptions options, std::unique_ptr<Outbox> outbox,
                         AlertPolicy policy)
    : options_(std::move(options)), outbox_(std::move(outbox)) {
  forget_next_ = std::chrono::steady_clock::now();
  asio::co_spawn(io_, sweep(), asio::detached);
  change(std::move(policy));
}

void AlertSender::run() {
  name_this_thread("purser-alerts");
  io_.run();
}

void AlertSender::complain(std::string_view doing, const Error& error) {
  options_.say(fmt::format("alerts: {}: {}", doing, error.message));
}

void AlertSender::soon(std::function<void()> work) {
  if (std::chrono::steady_clock::now() < soon_next_) {
    asio::co_spawn(io_, after_a_pause(std::move(work)), asio::detached);
  } else {
    work();
  }
}

Awaitable<void> AlertSender::after_a_pause(std::function<void()> work) {
  Timer timer(io_, soon_next_);
  co_await timer.async_wait(kAwait);
  work();
}

void AlertSender::take(std::vector<Alert> notes) {
  soon_next_ = std::chrono::steady_clock::now() + kGather;
  for (Alert& note : notes) {
    if (note.state == AlertState::firing) {
      fire(std::move(note));
    } else {
      recover(note);
    }
  }
  for (const auto& [name, lane] : lanes_) {
    lane->wake.cancel();
  }
}

std::optional<Alert> AlertSender::last(const std::string& key) {
  if (const auto known = unwritten_.find(key); known != unwritten_.end()) {
    return known->second.alert;
  }
  auto found = outbox_->last(key);
  if (!found) {
    complain("reading what was told", found.error());
    return std::nullopt;
  }
  return std::move(*found);
}

void AlertSender::fire(Alert raised) {
  const std::string key = raised.key;
  const Decision decision = on_fire(last(key), std::move(raised), policy_.repeat);
  INVARIANT(decision.what != Decision::What::nothing, "what fires is told or counted");
  if (decision.what == Decision::What::tell) {
    return tell(decision.alert, who_wants(decision.alert));
  }
  if (const auto known = unwritten_.find(key); known != unwritten_.end()) {
    known->second.alert = decision.alert;
  } else if (auto counted = outbox_->count(decision.alert); !counted) {
    complain("counting " + key, counted.error());
  }
}

void AlertSender::recover(const Alert& note) {
  const Decision decision = on_recover(last(note.key), note.at);
  if (decision.what == Decision::What::tell) {
    tell(decision.alert, who_was_told(decision.alert));
  }
}

std::vector<std::string> AlertSender::who_wants(const Alert& alert) const {
  std::vector<std::string> targets;
  for (const auto& [name, lane] : lanes_) {
    if (wants(lane->outlet->target, alert) == Wanted::yes) {
      targets.push_back(name);
    }
  }
  return targets;
}

std::vector<std::string> AlertSender::who_was_told(const Alert& alert) {
  std::vector<std::string> targets;
  if (const auto known = unwritten_.find(alert.key); known != unwritten_.end()) {
    targets = known->second.targets;
  } else if (auto told = outbox_->told(alert.key, alert.since); told) {
    targets = std::move(*told);
  } else {
    complain("reading who was told", told.error());
    targets = who_wants(alert);  // one too many is better than none
  }
  std::erase_if(targets, [this](const std::string& name) { return !lanes_.contains(name); });
  return targets;
}

void AlertSender::tell(Alert alert, const std::vector<std::string>& targets) {
  counts_.told.fetch_add(1, std::memory_order_relaxed);
  options_.say(fmt::format("alert: {} {} {}{}{}", to_string(alert.state), to_string(alert.severity),
                           to_string(alert.kind), alert.text.empty() ? "" : ": ", alert.text));
  if (const auto kept = outbox_->tell(alert, targets); kept) {
    unwritten_.erase(alert.key);
  } else {
    complain("it is sent from memory, for it cannot be written", kept.error());
    tell_from_memory(std::move(alert), targets);
  }
}

void AlertSender::tell_from_memory(Alert alert, const std::vector<std::string>& targets) {
  const Instant now = options_.clock();
  unwritten_id_ =
      std::max(unwritten_id_ + 1, kUnwrittenIds + std::max<std::int64_t>(now.nanos(), 0));
  alert.id = unwritten_id_;
  for (const std::string& name : targets) {
    std::deque<Outbox::Waiting>& waiting = lanes_.at(name)->unwritten;
    if (waiting.size() == kUnwrittenMax) {
      waiting.pop_front();
      counts_.given_up.fetch_add(1, std::memory_order_relaxed);
    }
    const Delivery delivery{.queued_at = now, .next_at = now, .error = {}};
    waiting.push_back({.delivery = delivery, .alert = alert});
  }
  if (unwritten_.size() < kUnwrittenMax || unwritten_.contains(alert.key)) {
    const std::string key = alert.key;
    unwritten_[key] = {.alert = std::move(alert), .targets = targets};
  }
}

void AlertSender::change(AlertPolicy policy) {
  policy_ = std::move(policy);
  std::vector<std::string> names;
  for (const auto& outlet : policy_.outlets) {
    names.push_back(outlet->target.name);
  }
  std::erase_if(lanes_, [&](const auto& entry) {
    const bool gone = std::ranges::find(names, entry.first) == names.end();
    if (gone) {
      entry.second->outlet.reset();
      entry.second->wake.cancel();
    }
    return gone;
  });
  for (const auto& outlet : policy_.outlets) {
    std::shared_ptr<Lane>& lane = lanes_[outlet->target.name];
    if (lane) {
      lane->outlet = outlet;
      if (lane->current) {
        lane->current->delivery.next_at = options_.clock();  // perhaps it was this that was mended
      }
      lane->wake.cancel();
      continue;
    }
    lane = std::make_shared<Lane>(io_);
    lane->outlet = outlet;
    asio::co_spawn(io_, keep_sending(lane), asio::detached);
  }
  if (auto kept = outbox_->keep_only(names); !kept) {
    complain("giving up what waits for targets that are gone", kept.error());
  }
}

/// The oldest that waits, wherever it is kept.
std::optional<Outbox::Waiting> AlertSender::next(Lane& lane) {
  auto head = outbox_->head(lane.outlet->target.name, lane.done);
  if (!head) {
    complain("reading what waits", head.error());
  }
  std::optional<Outbox::Waiting> found = head ? std::move(*head) : std::nullopt;
  if (!lane.unwritten.empty() &&
      (!found || lane.unwritten.front().delivery.queued_at < found->delivery.queued_at)) {
    found = std::move(lane.unwritten.front());
    lane.unwritten.pop_front();
  }
  return found;
}

/// No pause is longer than kRetryLongest: where it seems so, the clock was set back.
std::chrono::nanoseconds AlertSender::until_due(const Lane& lane) const {
  const auto left = lane.current->delivery.next_at - options_.clock();
  return left > kRetryLongest ? std::chrono::nanoseconds(0) : left;
}

Awaitable<void> AlertSender::keep_sending(std::shared_ptr<Lane> lane) {
  while (lane->outlet && !stop_until_) {
    if (!lane->current) {
      lane->current = next(*lane);
    }
    const auto left = lane->current ? until_due(*lane) : std::chrono::nanoseconds(kForgetEvery);
    if (left.count() > 0) {
      lane->wake.expires_after(left);
      co_await lane->wake.async_wait(kAwait);  // take(), change() and stop() cancel it
      continue;
    }
    const std::shared_ptr<const Outlet> outlet = lane->outlet;
    ++trying_;
    const Attempt made = co_await attempt(io_, deadlines_, outlet, lane->current->alert);
    --trying_;
    note_attempt(*lane, made);
  }
}

void AlertSender::note_attempt(Lane& lane, const Attempt& made) {
  Delivery& delivery = lane.current->delivery;
  delivery =
      after_attempt(delivery, made, options_.clock(), policy_.give_up_after, options_.chance);
  const bool delivered = delivery.state == Delivery::State::delivered;
  const std::string name = lane.outlet ? lane.outlet->target.name : "(no longer configured)";
  if (delivered) {
    counts_.delivered.fetch_add(1, std::memory_order_relaxed);
  } else {
    counts_.failed.fetch_add(1, std::memory_order_relaxed);
  }
  if (delivery.state == Delivery::State::given_up) {
    counts_.given_up.fetch_add(1, std::memory_order_relaxed);
    options_.say(fmt::format("alerts: {} is given up for {}: {}",
                             alert_name(lane.current->alert.id), name, made.said));
  } else if (!delivered && delivery.attempts == 1) {
    options_.say(fmt::format("alerts: {} could not be delivered to {}, it is tried again: {}",
                             alert_name(lane.current->alert.id), name, made.said));
  }
  if (delivery.id != 0) {
    if (auto recorded = outbox_->record(delivery); !recorded) {
      complain("noting a delivery", recorded.error());
    }
  }
  if (delivery.state != Delivery::State::waiting) {
    lane.done = std::max(lane.done, delivery.id);
    lane.current.reset();
  }
}

Awaitable<void> AlertSender::sweep() {
  Timer timer(io_);
  while (true) {
    timer.expires_after(kSweep);
    co_await timer.async_wait(kAwait);
    const SteadyTime time = std::chrono::steady_clock::now();
    deadlines_.sweep(time);
    if (stop_until_ && (trying_ == 0 || time >= *stop_until_)) {
      io_.stop();
      co_return;
    }
    if (time >= forget_next_) {
      forget_next_ = time + kForgetEvery;
      if (auto forgotten = outbox_->forget(options_.clock()); !forgotten) {
        complain("forgetting what is old", forgotten.error());
      }
    }
  }
}

void AlertSender::stop() {
  stop_until_ = std::chrono::steady_clock::now() + kStopPatience;
  for (const auto& [name, lane] : lanes_) {
    lane->wake.cancel();
  }
}

AlertDesk::Counts AlertSender::counts() const {
  const auto now = [](const std::atomic<std::int64_t>& count) {
    return count.load(std::memory_order_relaxed);
  };
  return {.told = now(counts_.told),
          .delivered = now(counts_.delivered),
          .failed = now(counts_.failed),
          .given_up = now(counts_.given_up)};
}

}  // namespace purser
