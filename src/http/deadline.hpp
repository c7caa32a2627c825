// http/deadline.hpp — every wait ends: one slow sweep a core instead of a timer an operation.
// Why: arming and disarming a timer costs more than the read it guards. Deadlines here are seconds,
// so looking at all of them four times a second is exact enough and nearly free.
#pragma once

#include <boost/intrusive/list.hpp>
#include <chrono>

namespace purser {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Something that waits. While linked into a Deadlines list and past `deadline`, overdue() is
/// called once; it must make the wait end (close or cancel a socket).
class Waiting : public boost::intrusive::list_base_hook<
                    boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  virtual void overdue() = 0;
  SteadyTime deadline = SteadyTime::max();

 protected:
  ~Waiting() = default;
};

/// All waits of one core. Not thread-safe: lives on its core.
class Deadlines {
 public:
  void watch(Waiting& waiting) { list_.push_back(waiting); }

  void sweep(SteadyTime now) {
    for (auto it = list_.begin(); it != list_.end();) {
      Waiting& waiting = *it++;
      if (waiting.deadline <= now) {
        waiting.deadline = SteadyTime::max();
        waiting.overdue();
      }
    }
  }

  /// Ends every wait now: the process is stopping.
  template <typename Visit>
  void each(Visit visit) {
    for (auto it = list_.begin(); it != list_.end();) {
      visit(*it++);
    }
  }

 private:
  boost::intrusive::list<Waiting, boost::intrusive::constant_time_size<false>> list_;
};

}  // namespace purser
