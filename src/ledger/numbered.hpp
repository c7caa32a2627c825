// ledger/numbered.hpp — things of one kind, numbered from 0, that never move.
// Why: a number takes half of a pointer, and what never moves needs no copy when there is more.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/invariant.hpp"
#include "ledger/pages.hpp"

namespace purser {

template <typename T, std::size_t kChunk>
class Numbered {
 public:
  explicit Numbered(Pages& pages) : pages_(pages) {}
  T& operator[](std::uint32_t number) { return (*chunks_[number / kChunk])[number % kChunk]; }
  const T& operator[](std::uint32_t number) const {
    return (*chunks_[number / kChunk])[number % kChunk];
  }
  std::uint32_t size() const { return size_; }
  std::uint32_t add() {
    INVARIANT(size_ < UINT32_MAX, "rows are numbered in 32 bits");
    if (size_ % kChunk == 0) {
      chunks_.push_back(pages_.take<std::array<T, kChunk>>());
    }
    const std::uint32_t number = size_++;
    std::construct_at(&(*this)[number]);
    return number;
  }

 private:
  Pages& pages_;
  std::vector<std::array<T, kChunk>*> chunks_;
  std::uint32_t size_ = 0;
};

}  // namespace purser
