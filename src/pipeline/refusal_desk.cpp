// pipeline/refusal_desk.cpp — a queue with two locks, so that no call waits for a disk.
#include "pipeline/refusal_desk.hpp"

#include <iterator>

namespace purser {

void RefusalDesk::note(RefusedCall refused) {
  const std::lock_guard lock(mutex_);
  if (noted_.size() < kRefusalsWaitingMax) {
    noted_.push_back(std::move(refused));
  }
}

Result<void> RefusalDesk::write() {
  const std::lock_guard writing(writing_);
  std::vector<RefusedCall> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(noted_);
  }
  if (taken.empty()) {
    return {};
  }
  auto written = book_->add(taken);
  if (!written) {
    const std::lock_guard lock(mutex_);
    taken.insert(taken.end(), std::make_move_iterator(noted_.begin()),
                 std::make_move_iterator(noted_.end()));
    noted_ = std::move(taken);
  }
  return written;
}

}  // namespace purser
