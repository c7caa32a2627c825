// dispatch/alert_desk.cpp — the lock, the note, the thread.
#include "dispatch/alert_desk.hpp"

#include "base/invariant.hpp"
#include "dispatch/alert_sender.hpp"

namespace purser {

Result<std::unique_ptr<AlertDesk>> AlertDesk::open(AlertDeskOptions options, AlertPolicy policy) {
  auto outbox = Outbox::open(options.folder);
  if (!outbox) {
    return std::unexpected(outbox.error());
  }
  auto sender = std::make_unique<AlertSender>(options, std::move(*outbox), std::move(policy));
  return std::unique_ptr<AlertDesk>(new AlertDesk(std::move(options), std::move(sender)));
}

AlertDesk::AlertDesk(AlertDeskOptions options, std::unique_ptr<AlertSender> sender)
    : options_(std::move(options)), sender_(std::move(sender)) {
  thread_ = std::thread([running = sender_.get()] { running->run(); });
}

AlertDesk::~AlertDesk() {
  sender_->post([this] {
    take_over();
    sender_->stop();
  });
  thread_.join();
}

void AlertDesk::hand_over(Alert alert) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = handover_.empty();
    handover_.add(std::move(alert));
  }
  if (first) {
    sender_->post([this] { sender_->soon([this] { take_over(); }); });
  }
}

void AlertDesk::take_over() {
  std::vector<Alert> notes;
  {
    const std::lock_guard lock(mutex_);
    notes = handover_.take();
  }
  sender_->take(std::move(notes));
}

void AlertDesk::raise(Alert alert) {
  INVARIANT(!alert.key.empty(), "an alert says what it is about");
  alert = bounded(std::move(alert));
  alert.state = AlertState::firing;
  alert.count = 1;
  if (alert.at == Instant{}) {
    alert.at = options_.clock();
  }
  hand_over(std::move(alert));
}

void AlertDesk::recover(std::string_view key) {
  Alert note;
  note.key = key;
  note.state = AlertState::recovered;
  note.at = options_.clock();
  hand_over(bounded(std::move(note)));
}

void AlertDesk::change(AlertPolicy policy) {
  sender_->post([sender = sender_.get(), policy = std::move(policy)]() mutable {
    sender->change(std::move(policy));
  });
}

AlertDesk::Counts AlertDesk::counts() const {
  Counts counts = sender_->counts();
  const std::lock_guard lock(mutex_);
  counts.dropped = handover_.dropped();
  return counts;
}

}  // namespace purser
