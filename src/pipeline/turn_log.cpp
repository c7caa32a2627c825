// pipeline/turn_log.cpp — lines gathered for a few milliseconds, then one write.
#include "pipeline/turn_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>

#include "base/thread_name.hpp"

namespace purser {
namespace {

/// How long a line may wait for company.
constexpr std::chrono::milliseconds kGather{50};

/// False when the reader is gone for good.
bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      if (errno == EAGAIN) {
        std::this_thread::sleep_for(kGather);
        continue;
      }
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<TurnLog>> TurnLog::open(Target target, const std::string& path) {
  int descriptor = -1;
  if (target == Target::standard_output) {
    descriptor = STDOUT_FILENO;
  } else if (target == Target::file) {
    descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (descriptor < 0) {
      return fail(Fault::config, "cannot append to " + path + ": " + std::strerror(errno));
    }
  }
  return std::unique_ptr<TurnLog>(new TurnLog(descriptor, target == Target::file));
}

TurnLog::TurnLog(int descriptor, bool owned) : descriptor_(descriptor), owned_(owned) {
  if (on()) {
    writer_ = std::thread([this] { run(); });
  }
}

TurnLog::~TurnLog() {
  if (writer_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    writer_.join();
  }
  if (owned_) {
    ::close(descriptor_);
  }
}

void TurnLog::append(std::string_view line) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (pending_.size() + line.size() > kBacklogMax) {
      ++lost_;
      return;
    }
    first = pending_.empty();
    pending_ += line;
  }
  if (first) {
    wake_.notify_one();
  }
}

std::int64_t TurnLog::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

void TurnLog::run() {
  name_this_thread("purser-turns");
  std::string batch;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !pending_.empty(); });
    if (!stopping_) {
      wake_.wait_for(lock, kGather, [this] { return stopping_; });
    }
    batch.swap(pending_);
    const bool last = stopping_;
    lock.unlock();
    const bool written = write_all(descriptor_, batch);
    batch.clear();
    lock.lock();
    if (!written) {
      ++lost_;
    }
    if (last && pending_.empty()) {
      return;
    }
  }
}

}  // namespace purser
