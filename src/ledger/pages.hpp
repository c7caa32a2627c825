// ledger/pages.hpp — memory taken in large pieces and kept.
// Why: a million accounts lie scattered over their memory. In pages of 2 MiB the processor finds
// any of them without walking page tables; and what never moves needs no copy when it grows.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <vector>

namespace purser {

class Pages {
 public:
  /// Uninitialized memory for one T, aligned for it; given back when the Pages go.
  template <typename T>
  T* take() {
    static_assert(sizeof(T) <= kPageBytes && sizeof(T) % kLineBytes == 0);
    static_assert(alignof(T) <= kLineBytes && std::is_trivially_destructible_v<T>);
    return static_cast<T*>(take(sizeof(T)));
  }
  std::size_t bytes() const { return pages_.size() * kPageBytes; }

 private:
  static constexpr std::size_t kPageBytes = std::size_t{2} << 20;  // a huge page of x86 and ARM
  static constexpr std::size_t kLineBytes = 64;
  struct Free {
    void operator()(std::byte* page) const { std::free(page); }
  };
  void* take(std::size_t bytes);

  std::vector<std::unique_ptr<std::byte, Free>> pages_;
  std::size_t used_ = kPageBytes;  // of the last page
};

}  // namespace purser
