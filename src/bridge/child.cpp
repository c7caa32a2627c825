// bridge/child.cpp — posix_spawn, three pipes, and a coroutine for each.
#include "bridge/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace purser {
namespace {

constexpr std::size_t kRead = std::size_t{16} << 10;
/// A message is a line; a longer one is a program gone mad.
constexpr std::size_t kLineMax = std::size_t{64} << 20;
/// What waits for a program that does not read.
constexpr std::size_t kUnreadMax = std::size_t{64} << 20;
constexpr std::size_t kErrorLineMax = 2'000;
/// How long a program may take to go once it was asked to.
constexpr std::chrono::seconds kGoodbye{2};

/// Both ends of a pipe, closed unless they were taken.
struct Ends {
  std::array<int, 2> ends{-1, -1};
  bool open() { return ::pipe2(ends.data(), O_CLOEXEC) == 0; }
  int take(std::size_t which) { return std::exchange(ends[which], -1); }
  ~Ends() {
    for (const int end : ends) {
      if (end >= 0) {
        ::close(end);
      }
    }
  }
};

/// What posix_spawn is told, made and unmade together.
struct Orders {
  Orders(int input, int output, int errors) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input, 0);
    posix_spawn_file_actions_adddup2(&files, output, 1);
    posix_spawn_file_actions_adddup2(&files, errors, 2);
    posix_spawn_file_actions_addclosefrom_np(&files, 3);  // sockets, clients, the books
    posix_spawnattr_init(&attributes);
    sigset_t ours;
    sigemptyset(&ours);
    posix_spawnattr_setsigmask(&attributes, &ours);
    sigaddset(&ours, SIGPIPE);  // ignored here, and that would be inherited
    posix_spawnattr_setsigdefault(&attributes, &ours);
    posix_spawnattr_setpgroup(&attributes, 0);  // whatever it starts ends with it
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~Orders() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
  }
  Orders(const Orders&) = delete;
  Orders& operator=(const Orders&) = delete;
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

std::vector<std::string> environment_of(const Program& program) {
  std::vector<std::string> list;
  for (const char* name : {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "TMPDIR"}) {
    if (const char* value = std::getenv(name)) {
      list.push_back(std::string(name) + '=' + value);
    }
  }
  for (const auto& [name, value] : program.environment) {
    list.push_back(name + '=' + value);
  }
  return list;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) {
    list.push_back(text.data());
  }
  list.push_back(nullptr);
  return list;
}

}  // namespace

Child::Child(asio::io_context& io, std::string name, Say say, Hear hear, std::function<void()> over)
    : io_(io),
      name_(std::move(name)),
      say_(std::move(say)),
      hear_(std::move(hear)),
      over_(std::move(over)),
      input_(io),
      output_(io),
      errors_(io) {}

Child::~Child() {
  while (process_ > 0 && !reap(Patience::none)) {
  }
}

Result<std::shared_ptr<Child>> Child::start(asio::io_context& io, const Program& program, Say say,
                                            Hear hear, std::function<void()> over) {
  std::shared_ptr<Child> child(
      new Child(io, program.name, std::move(say), std::move(hear), std::move(over)));
  if (auto spawned = child->spawn(program); !spawned) {
    return std::unexpected(spawned.error());
  }
  const auto hold = [child](std::exception_ptr failure) {
    INVARIANT(!failure, "no exception leaves a pipe");
  };
  asio::co_spawn(io, child->read_lines(), hold);
  asio::co_spawn(io, child->read_errors(), hold);
  return child;
}

Result<void> Child::spawn(const Program& program) {
  Ends input;
  Ends output;
  Ends errors;
  if (!input.open() || !output.open() || !errors.open()) {
    return fail(Fault::config, "no pipe: " + std::string(std::strerror(errno)));
  }
  std::vector<std::string> arguments{program.command};
  arguments.insert(arguments.end(), program.arguments.begin(), program.arguments.end());
  std::vector<std::string> environment = environment_of(program);
  const Orders orders(input.ends[0], output.ends[1], errors.ends[1]);
  const int error =
      ::posix_spawnp(&process_, program.command.c_str(), &orders.files, &orders.attributes,
                     pointers(arguments).data(), pointers(environment).data());
  if (error != 0) {
    process_ = 0;
    return fail(Fault::config, "cannot start " + program.command + ": " + std::strerror(error));
  }
  input_.assign(input.take(1));
  output_.assign(output.take(0));
  errors_.assign(errors.take(0));
  input_.non_blocking(true);
  running_ = true;
  return {};
}

Awaitable<void> Child::read_lines() {
  const auto self = shared_from_this();
  std::string text;
  std::vector<char> room(kRead);
  while (true) {
    const auto [error, bytes] = co_await output_.async_read_some(asio::buffer(room), kAwait);
    if (error || text.size() + bytes > kLineMax) {
      break;
    }
    text.append(room.data(), bytes);
    std::size_t from = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', from)) {
      std::string_view line = std::string_view(text).substr(from, end - from);
      line.remove_suffix(line.ends_with('\r') ? 1 : 0);
      from = end + 1;
      if (!line.empty()) {
        hear_(line);
      }
    }
    text.erase(0, from);
  }
  end();
}

Awaitable<void> Child::read_errors() {
  const auto self = shared_from_this();
  std::string text;
  std::vector<char> room(kRead);
  while (true) {
    const auto [error, bytes] = co_await errors_.async_read_some(asio::buffer(room), kAwait);
    if (error) {
      break;
    }
    text.append(room.data(), bytes);
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      say_(name_ + ": " + text.substr(0, std::min(end, kErrorLineMax)));
      text.erase(0, end + 1);
    }
    if (text.size() > kErrorLineMax) {
      text.clear();
    }
  }
}

bool Child::tell(std::string line) {
  if (!running_ || unread_bytes_ + line.size() > kUnreadMax) {
    return false;
  }
  line += '\n';
  unread_bytes_ += line.size();
  unread_.push_back(std::move(line));
  if (!std::exchange(writing_, true)) {
    asio::co_spawn(io_, write_lines(), [](std::exception_ptr failure) {
      INVARIANT(!failure, "no exception leaves a pipe");
    });
  }
  return true;
}

Awaitable<void> Child::write_lines() {
  const auto self = shared_from_this();
  while (running_ && !unread_.empty()) {
    const std::string line = std::move(unread_.front());
    unread_.pop_front();
    const auto [error, bytes] = co_await asio::async_write(input_, asio::buffer(line), kAwait);
    unread_bytes_ -= line.size();
    if (error) {
      stop();
      break;
    }
  }
  writing_ = false;
}

void Child::end() {
  if (std::exchange(running_, false)) {
    stop();
    over_();
  }
}

void Child::stop() {
  ErrorCode ignored;  // closing twice is fine
  input_.close(ignored);
  if (process_ > 0 && asked_to_go_ == std::chrono::steady_clock::time_point{}) {
    asked_to_go_ = std::chrono::steady_clock::now();
    ::kill(-process_, SIGTERM);
  }
}

bool Child::reap(Patience patience) {
  if (process_ == 0) {
    return true;
  }
  const bool late = asked_to_go_ != std::chrono::steady_clock::time_point{} &&
                    std::chrono::steady_clock::now() - asked_to_go_ > kGoodbye;
  if (patience == Patience::none || late) {
    ::kill(-process_, SIGKILL);
  }
  int status = 0;
  const pid_t gone = ::waitpid(process_, &status, patience == Patience::none ? 0 : WNOHANG);
  if (gone == 0) {
    return false;
  }
  ::kill(-process_, SIGKILL);  // what it has started, and left
  process_ = 0;
  return true;
}

}  // namespace purser
