// dispatch/command.cpp — posix_spawn, a file in memory to read from, a descriptor to wait on.
#include "dispatch/command.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <csignal>
#include <cstring>

#include "alerts/message.hpp"
#include "base/invariant.hpp"

namespace purser {
namespace {

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

/// Kills a program that takes too long, with whatever it has started: it leads a group of its own.
class Guard final : public Waiting {
 public:
  Guard(pid_t program, std::chrono::seconds longest) : program_(program) {
    deadline = std::chrono::steady_clock::now() + longest;
  }
  /// Also when nobody waits any longer: the gateway is stopping.
  ~Guard() {
    if (!over_) {
      ::kill(-program_, SIGKILL);
    }
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  void overdue() override {
    killed_ = true;
    ::kill(-program_, SIGKILL);
  }
  void over() { over_ = true; }
  bool killed() const { return killed_; }

 private:
  pid_t program_;
  bool over_ = false;
  bool killed_ = false;
};

/// The text as a file to read from. Why not a pipe: one that its reader neglects fills up, and one
/// that its reader has closed is an error; a file in memory is neither.
int file_of(std::string_view text) {
  const int file = ::memfd_create("alert", MFD_CLOEXEC);
  if (file >= 0 && (::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
                    ::lseek(file, 0, SEEK_SET) != 0)) {
    ::close(file);
    return -1;
  }
  return file;
}

/// What posix_spawn is told, made and unmade together.
struct SpawnOrders {
  explicit SpawnOrders(int input) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input, 0);
    posix_spawn_file_actions_adddup2(&files, 2, 1);       // our standard output is the turn log's
    posix_spawn_file_actions_addclosefrom_np(&files, 3);  // listening sockets, clients, the books
    posix_spawnattr_init(&attributes);
    sigset_t ours;
    sigemptyset(&ours);
    posix_spawnattr_setsigmask(&attributes, &ours);
    sigaddset(&ours, SIGPIPE);  // ignored here, and that would be inherited
    posix_spawnattr_setsigdefault(&attributes, &ours);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnOrders() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
  }
  SpawnOrders(const SpawnOrders&) = delete;
  SpawnOrders& operator=(const SpawnOrders&) = delete;
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) {
    list.push_back(text.data());
  }
  list.push_back(nullptr);
  return list;
}

/// The process, or what errno says, negative.
pid_t start(const Command& command, const Alert& alert) {
  std::vector<std::string> arguments{command.program};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment;
  for (const auto& [name, value] : command.environment) {
    environment.push_back(name + "=" + value);
  }
  for (const auto& [name, value] : to_environment(alert)) {
    environment.push_back(name + "=" + value);
  }
  const int input = file_of(to_json(alert) + "\n");
  if (input < 0) {
    return -errno;
  }
  const SpawnOrders orders(input);
  pid_t program = 0;
  const int error =
      ::posix_spawn(&program, command.program.c_str(), &orders.files, &orders.attributes,
                    pointers(arguments).data(), pointers(environment).data());
  ::close(input);
  return error == 0 ? program : -error;
}

Attempt outcome_of(int status, bool killed) {
  using enum Attempt::Result;
  if (killed) {
    return {.result = failed, .said = "killed: it took too long"};
  }
  if (WIFSIGNALED(status)) {
    return {.result = failed, .said = "ended by signal " + std::to_string(WTERMSIG(status))};
  }
  const int code = WEXITSTATUS(status);
  return {.result = code == 0 ? delivered : failed, .said = "exit " + std::to_string(code)};
}

}  // namespace

Awaitable<Attempt> run_command(asio::io_context& io, Deadlines& deadlines,
                               std::shared_ptr<const Outlet> outlet, Alert alert) {
  const auto* command = std::get_if<Command>(&outlet->target.way);
  INVARIANT(command != nullptr, "only a command is run");
  const pid_t program = start(*command, alert);
  if (program < 0) {
    co_return Attempt{.result = Attempt::Result::failed,
                      .said = "cannot start " + command->program + ": " + std::strerror(-program)};
  }
  Guard guard(program, outlet->target.timeout);
  deadlines.watch(guard);
  const int waits = static_cast<int>(::syscall(SYS_pidfd_open, program, 0));
  if (waits >= 0) {
    Descriptor ended(io, waits);
    co_await ended.async_wait(Descriptor::wait_read, kAwait);
  }
  int status = 0;
  pid_t reaped = ::waitpid(program, &status, WNOHANG);
  while (reaped == 0) {  // a kernel without pidfds: looked at now and then
    Timer timer(io, std::chrono::milliseconds(20));
    co_await timer.async_wait(kAwait);
    reaped = ::waitpid(program, &status, WNOHANG);
  }
  guard.over();
  co_return outcome_of(status, guard.killed());
}

}  // namespace purser
