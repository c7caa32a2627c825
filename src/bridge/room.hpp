// bridge/room.hpp — one program, and the requests that wait for what it says.
//
// A client's session has a room of its own: its ids stay as they are. Clients without sessions
// (2026-07-28) share one: there every request gets a number in place of its id and its progress
// token, and gets its own back with the answer.
//
// Where a line of the program's goes: an answer, to the request it answers; progress, to the
// request that has its token; anything else, to the client's open stream, else to the request that
// came last, else it waits for a stream.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "bridge/child.hpp"
#include "http/deadline.hpp"
#include "wire/mcp_message.hpp"

namespace purser {

/// Somebody who listens to a room. Woken by its timer.
struct Listener {
  explicit Listener(asio::io_context& io) : wake(io, Timer::time_point::max()) {}
  Timer wake;
  std::deque<std::string> lines;
  bool over = false;  // nothing more will come

  void push(std::string line) {
    lines.push_back(std::move(line));
    wake.cancel();
  }
  void end() {
    over = true;
    wake.cancel();
  }
  /// Until there is a line, or it is over.
  Awaitable<void> wait() {
    while (lines.empty() && !over) {
      wake.expires_at(Timer::time_point::max());
      co_await wake.async_wait(kAwait);
    }
  }
};

class Room {
 public:
  enum class Kind : std::uint8_t { session, shared };
  Room(asio::io_context& io, Kind kind) : io_(io), kind_(kind) {}
  ~Room();

  Result<void> open(const Program& program, Child::Say say);
  bool running() const { return child_ && child_->running(); }

  /// A request. Its answer is the last line the listener gets. Null: it cannot be told.
  std::shared_ptr<Listener> ask(const RpcMessage& message, std::string_view body);
  /// A notification, or an answer.
  bool tell(std::string_view body);
  /// The client has left its request. Without sessions that takes it back.
  void leave(const std::shared_ptr<Listener>& listener);
  /// The client's stream for whatever belongs to no request; the one before it ends.
  std::shared_ptr<Listener> listen();
  void stop_listening(const std::shared_ptr<Listener>& listener);

  bool idle() const { return waiting_.empty() && stream_ == nullptr; }
  /// Its program is asked to go.
  std::shared_ptr<Child> close();
  SteadyTime used = std::chrono::steady_clock::now();

 private:
  struct Waiting {
    std::string name;   // the id it was sent under, raw
    std::string id;     // the client's, raw
    std::string token;  // the client's, raw
    std::shared_ptr<Listener> listener;
  };
  void hear(std::string_view line);
  void over();
  std::deque<Waiting>::iterator find(std::string_view name);

  asio::io_context& io_;
  Kind kind_;
  std::shared_ptr<Child> child_;
  std::deque<Waiting> waiting_;  // as they came
  std::shared_ptr<Listener> stream_;
  std::deque<std::string> unheard_;
  std::int64_t numbers_ = 0;
};

}  // namespace purser
