// bridge/hall.cpp — rooms opened, found and closed.
#include "bridge/hall.hpp"

namespace purser {
namespace {

/// Each is a process.
constexpr std::size_t kRoomsMax = 64;
/// A session that nobody uses for so long is over; its client is told so, and begins anew.
constexpr std::chrono::minutes kIdleMax{30};
/// A program that ends sooner than this did not come up.
constexpr std::chrono::seconds kUpMin{5};
constexpr std::chrono::seconds kPauseMax{60};

}  // namespace

Hall::~Hall() {
  for (const auto& [name, room] : rooms_) {
    close(room);
  }
  close(shared_);
}

void Hall::close(const std::shared_ptr<Room>& room) {
  if (room) {
    if (auto child = room->close()) {
      leaving_.push_back(std::move(child));
    }
  }
}

std::shared_ptr<Room> Hall::start(Room::Kind kind) {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (now < not_before_) {
    return nullptr;
  }
  started_ = now;
  auto room = std::make_shared<Room>(io_, kind);
  if (auto opened = room->open(program_, say_); !opened) {
    say_(program_.name + ": " + opened.error().message);
    pause_ = std::clamp(pause_ * 2, std::chrono::seconds(1), kPauseMax);
    not_before_ = now + pause_;
    return nullptr;
  }
  return room;
}

std::shared_ptr<Room> Hall::open(const std::string& name) {
  if (rooms_.size() >= kRoomsMax) {
    return nullptr;
  }
  auto room = start(Room::Kind::session);
  if (room) {
    rooms_.emplace(name, room);
  }
  return room;
}

std::shared_ptr<Room> Hall::find(std::string_view name) {
  const auto found = rooms_.find(name);
  return found != rooms_.end() && found->second->running() ? found->second : nullptr;
}

std::shared_ptr<Room> Hall::shared() {
  if (!shared_ || !shared_->running()) {
    close(shared_);
    shared_ = start(Room::Kind::shared);
  }
  return shared_;
}

bool Hall::close(std::string_view name) {
  const auto found = rooms_.find(name);
  if (found == rooms_.end()) {
    return false;
  }
  close(found->second);
  rooms_.erase(found);
  return true;
}

void Hall::sweep() {
  const SteadyTime now = std::chrono::steady_clock::now();
  const auto ended = [&](const std::shared_ptr<Room>& room) {
    if (room->running()) {
      return room->idle() && now - room->used > kIdleMax;
    }
    const bool early = now - started_ < kUpMin;
    pause_ = early ? std::clamp(pause_ * 2, std::chrono::seconds(1), kPauseMax)
                   : std::chrono::seconds(0);
    not_before_ = std::max(not_before_, now + pause_);
    say_(program_.name + ": the program ended" +
         (early ? "; the next start waits " + std::to_string(pause_.count()) + " s" : ""));
    return true;
  };
  for (auto at = rooms_.begin(); at != rooms_.end();) {
    if (ended(at->second)) {
      close(at->second);
      at = rooms_.erase(at);
    } else {
      ++at;
    }
  }
  if (shared_ && ended(shared_)) {
    close(shared_);
    shared_.reset();
  }
  std::erase_if(leaving_, [](const auto& child) { return child->reap(Child::Patience::some); });
}

}  // namespace purser
