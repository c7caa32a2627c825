// pipeline/refusal_desk.hpp — refused calls on their way to the books: noted where they are
// refused, which costs a lock and a move, and written by whoever has the time to wait for a disk.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "store/refusals.hpp"

namespace purser {

/// Refusals may come faster than a disk takes them: beyond so many the newest are let go.
inline constexpr std::size_t kRefusalsWaitingMax = 20'000;

/// Any thread.
class RefusalDesk {
 public:
  explicit RefusalDesk(std::unique_ptr<RefusalBook> book) : book_(std::move(book)) {}
  void note(RefusedCall refused);
  /// Writes what was noted; may wait for the disk. What is not taken is tried again next time.
  Result<void> write();

 private:
  std::mutex mutex_;
  std::vector<RefusedCall> noted_;
  std::mutex writing_;  // taken first; held while the disk works
  std::unique_ptr<RefusalBook> book_;
};

}  // namespace purser
