// pipeline/signal.hpp — a coroutine that sleeps until somebody says so.
// Why: a call waits for its hold to be on disk, or for money held by others to come back. Both are
// announced from elsewhere, exactly once, and a timer would cost more than the wait.
#pragma once

#include <boost/asio/post.hpp>
#include <memory>
#include <mutex>
#include <vector>

#include "base/invariant.hpp"
#include "http/asio.hpp"

namespace purser {

/// Wakes one coroutine, once a wait(). Lives on its core; fire() is called on that core too.
class Signal {
 public:
  Awaitable<void> wait() {
    return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
        [this](auto handler) { arm(std::move(handler)); }, kToken);
  }

  /// It was fired, and nobody has waited for it since.
  bool fired() const { return fired_; }

  void fire() {
    if (resume_) {
      const std::unique_ptr<Resume> resume = std::move(resume_);
      resume->run();
    } else {
      fired_ = true;
    }
  }

 private:
  static constexpr asio::use_awaitable_t<Executor> kToken{};

  struct Resume {
    virtual ~Resume() = default;
    virtual void run() = 0;
  };
  template <typename Handler>
  struct ResumeWith final : Resume {
    explicit ResumeWith(Handler with) : handler(std::move(with)) {}
    void run() override { std::move(handler)(); }
    Handler handler;
  };

  template <typename Handler>
  void arm(Handler handler) {
    INVARIANT(!resume_, "one coroutine waits for a signal");
    auto resume = std::make_unique<ResumeWith<Handler>>(std::move(handler));
    if (fired_) {  // it was announced before we slept
      fired_ = false;
      resume->run();
    } else {
      resume_ = std::move(resume);
    }
  }

  std::unique_ptr<Resume> resume_;
  bool fired_ = false;
};

/// Signals fired from other threads: handed over in batches, one wake of the core a batch.
class Inbox {
 public:
  explicit Inbox(asio::io_context& io) : io_(io) {}

  /// Any thread. The signal must stay alive until it has fired.
  void push(Signal& signal) {
    const std::lock_guard lock(mutex_);
    signals_.push_back(&signal);
    if (signals_.size() == 1) {
      asio::post(io_, [this] { drain(); });
    }
  }

 private:
  void drain() {
    {
      const std::lock_guard lock(mutex_);
      batch_.swap(signals_);
    }
    for (Signal* signal : batch_) {
      signal->fire();
    }
    batch_.clear();
  }

  asio::io_context& io_;
  std::mutex mutex_;
  std::vector<Signal*> signals_;
  std::vector<Signal*> batch_;  // only used by drain(), kept for its memory
};

}  // namespace purser
