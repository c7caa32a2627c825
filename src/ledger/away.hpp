// ledger/away.hpp — which accounts have left memory, in two to four bytes each.
//
// A filter: a name that was added is always found; of those that were not, one in a thousand is
// found all the same, and costs a look into the books. It is in layers, each in pieces of one cache
// line. A layer that is full is followed by one of twice its size, so nothing is ever hashed again;
// a layer of windows goes when all of them are over.
//
// Names are not taken out. An account that came back is found in memory first, and one that leaves
// again is there already, so coming and going costs nothing more.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/instant.hpp"

namespace purser {

class AwaySet {
 public:
  using Name = std::uint64_t;  // evenly spread, whatever names callers choose

  void add(Name name, Instant ends);
  /// False: it was never added, or its window is over.
  bool may_have(Name name) const {
    for (const Layer& layer : layers_) {
      if (layer.has(name)) {
        return true;
      }
    }
    return false;
  }
  /// Lets go what only speaks of windows that ended by `now`.
  void expire(Instant now);

  bool empty() const { return layers_.empty(); }
  /// How many were added, those that came back meanwhile among them.
  std::size_t size() const;
  std::size_t bytes() const;

 private:
  static constexpr std::size_t kNamesABlock = 32;                  // 16 bits a name
  static constexpr std::size_t kBlocksMin = std::size_t{1} << 11;  // 65,536 names: 128 KiB
  static constexpr std::size_t kBlocksMax = std::size_t{1} << 17;  // made in a millisecond or two
  static constexpr int kBitsAName = 7;

  struct alignas(64) Block {
    std::array<std::uint64_t, 8> bits{};
  };
  struct Layer {
    std::vector<Block> blocks;
    std::size_t names = 0;
    Instant ends;  // of the window that ends last

    const Block& block(Name name) const { return blocks[((name >> 32) * blocks.size()) >> 32]; }
    bool has(Name name) const {
      const Block& in = block(name);
      bool all = true;
      for_each_bit(name,
                   [&](std::size_t bit) { all = all && (in.bits[bit / 64] >> bit % 64 & 1); });
      return all;
    }
  };

  /// The name's bits in its block, each of nine bits of what the whole name is mixed to.
  template <typename Visit>
  static void for_each_bit(Name name, Visit visit) {
    std::uint64_t mixed = name * 0x9E37'79B9'7F4A'7C15U;
    for (int i = 0; i < kBitsAName; ++i, mixed <<= 9) {
      visit(static_cast<std::size_t>(mixed >> 55));
    }
  }
  Layer& layer_for(Instant ends);

  std::vector<Layer> layers_;  // oldest first
};

}  // namespace purser
