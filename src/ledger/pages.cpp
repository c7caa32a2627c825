// ledger/pages.cpp — where the pieces come from.
#include "ledger/pages.hpp"

#include <sys/mman.h>

#include <new>

namespace purser {

void* Pages::take(std::size_t bytes) {
  if (bytes > kPageBytes - used_) {
    auto* const page = static_cast<std::byte*>(std::aligned_alloc(kPageBytes, kPageBytes));
    if (page == nullptr) {
      throw std::bad_alloc();
    }
    pages_.emplace_back(page);
    madvise(page, kPageBytes, MADV_HUGEPAGE);  // a wish: without it all is correct, and slower
    used_ = 0;
  }
  std::byte* const piece = pages_.back().get() + used_;
  used_ += bytes;
  return piece;
}

}  // namespace purser
