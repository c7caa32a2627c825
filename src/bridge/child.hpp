// bridge/child.hpp — a program that speaks in lines: what is said to it, and what it says.
//
//   start ─▶ running ─(it ends, or stop())▶ over
//
// Lives on one thread. What it writes as errors goes to the log, a line at a time.
#pragma once

#include <sys/types.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/invariant.hpp"
#include "base/result.hpp"
#include "http/asio.hpp"

namespace purser {

/// An MCP server as a program.
struct Program {
  std::string name;
  std::string command;
  std::vector<std::string> arguments;
  /// Beside what every program needs to run (PATH, HOME, …). Nothing else of ours is handed on:
  /// the gateway's environment has the providers' keys in it.
  std::vector<std::pair<std::string, std::string>> environment;
  friend bool operator==(const Program&, const Program&) = default;
};

class Child : public std::enable_shared_from_this<Child> {
 public:
  using Say = std::function<void(const std::string& line)>;
  using Hear = std::function<void(std::string_view line)>;

  /// `hear` gets each line of its output, `over` is called once when that has ended. Error
  /// (config): it cannot be started.
  static Result<std::shared_ptr<Child>> start(asio::io_context& io, const Program& program, Say say,
                                              Hear hear, std::function<void()> over);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// One line, without its end. False: it has more to read than kUnreadMax already.
  bool tell(std::string line);
  /// Nobody hears it any longer.
  void forget() {
    hear_ = [](std::string_view) {};
    over_ = [] {};
  }
  /// Its input ends, and it is asked to go; one that stays is ended by reap().
  void stop();
  bool running() const { return running_; }

  /// True once it is gone. Asked now and then; `now` ends it at once.
  enum class Patience : std::uint8_t { some, none };
  bool reap(Patience patience);

 private:
  using Pipe = asio::posix::basic_stream_descriptor<Executor>;
  Child(asio::io_context& io, std::string name, Say say, Hear hear, std::function<void()> over);
  Result<void> spawn(const Program& program);
  Awaitable<void> read_lines();
  Awaitable<void> read_errors();
  Awaitable<void> write_lines();
  void end();

  asio::io_context& io_;
  std::string name_;
  Say say_;
  Hear hear_;
  std::function<void()> over_;
  Pipe input_;
  Pipe output_;
  Pipe errors_;
  pid_t process_ = 0;
  bool running_ = false;
  bool writing_ = false;
  std::deque<std::string> unread_;
  std::size_t unread_bytes_ = 0;
  std::chrono::steady_clock::time_point asked_to_go_{};
};

}  // namespace purser
