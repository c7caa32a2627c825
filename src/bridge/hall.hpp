// bridge/hall.hpp — all rooms of one program: a session's by its name, and the shared one.
// A program that keeps ending is not started again at once, but each time later.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bridge/room.hpp"

namespace purser {

class Hall {
 public:
  Hall(asio::io_context& io, Program program, Child::Say say)
      : io_(io), program_(std::move(program)), say_(std::move(say)) {}
  ~Hall();

  const Program& program() const { return program_; }
  /// A new session, under `name`. Null: not now.
  std::shared_ptr<Room> open(const std::string& name);
  /// Null: there is none, or its program has ended.
  std::shared_ptr<Room> find(std::string_view name);
  /// For clients without sessions. Null: not now.
  std::shared_ptr<Room> shared();
  bool close(std::string_view name);
  /// Rooms that nobody uses any more, and programs that were asked to go.
  void sweep();

 private:
  std::shared_ptr<Room> start(Room::Kind kind);
  void close(const std::shared_ptr<Room>& room);

  asio::io_context& io_;
  Program program_;
  Child::Say say_;
  std::map<std::string, std::shared_ptr<Room>, std::less<>> rooms_;
  std::shared_ptr<Room> shared_;
  std::vector<std::shared_ptr<Child>> leaving_;
  SteadyTime started_{};
  SteadyTime not_before_{};
  std::chrono::seconds pause_{0};
};

}  // namespace purser
