// alerts/handover.hpp — alerts on their way from those who notice to the thread that keeps them.
// Why bounded: when the disk stands still, those who notice go on noticing. What repeats itself is
// merged; beyond kHandoverMax a new firing is dropped and counted. A recovery is dropped only
// beyond twice that: it may be the end of something long since told.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "alerts/alert.hpp"

namespace purser {

inline constexpr std::size_t kHandoverMax = 4096;

/// Not thread-safe: the desk holds its lock.
class Handover {
 public:
  /// A firing; `alert.state` recovered: only its key and moment count.
  void add(Alert alert);
  /// Everything, in order; empty afterwards.
  std::vector<Alert> take();
  bool empty() const { return waiting_.empty(); }
  /// Dropped since the start.
  std::int64_t dropped() const { return dropped_; }

 private:
  std::vector<Alert> waiting_;
  std::unordered_map<std::string, std::size_t> last_;  // of each key, in waiting_
  std::int64_t dropped_ = 0;
};

}  // namespace purser
