// ledger/away.cpp — adding names, and letting whole layers go.
#include "ledger/away.hpp"

#include <algorithm>

namespace purser {

/// The newest of its kind (for ever, or for a while), or another behind it.
AwaySet::Layer& AwaySet::layer_for(Instant ends) {
  const auto newest = std::find_if(layers_.rbegin(), layers_.rend(), [&](const Layer& layer) {
    return (layer.ends == Instant::never()) == (ends == Instant::never());
  });
  std::size_t blocks = kBlocksMin;
  if (newest != layers_.rend()) {
    if (newest->names < newest->blocks.size() * kNamesABlock) {
      return *newest;
    }
    blocks = std::min(newest->blocks.size() * 2, kBlocksMax);
  }
  return layers_.emplace_back(
      Layer{.blocks = std::vector<Block>(blocks), .names = 0, .ends = ends});
}

void AwaySet::add(Name name, Instant ends) {
  // Found by chance in a layer that goes earlier it would be lost with that layer.
  if (std::ranges::any_of(
          layers_, [&](const Layer& layer) { return layer.ends >= ends && layer.has(name); })) {
    return;
  }
  Layer& layer = layer_for(ends);
  layer.ends = std::max(layer.ends, ends);
  ++layer.names;
  Block& block = layer.blocks[((name >> 32) * layer.blocks.size()) >> 32];
  for_each_bit(name,
               [&](std::size_t bit) { block.bits[bit / 64] |= std::uint64_t{1} << bit % 64; });
}

void AwaySet::expire(Instant now) {
  std::erase_if(layers_, [&](const Layer& layer) {
    return layer.ends != Instant::never() && layer.ends <= now;
  });
}

std::size_t AwaySet::size() const {
  std::size_t names = 0;
  for (const Layer& layer : layers_) {
    names += layer.names;
  }
  return names;
}

std::size_t AwaySet::bytes() const {
  std::size_t bytes = 0;
  for (const Layer& layer : layers_) {
    bytes += layer.blocks.size() * sizeof(Block);
  }
  return bytes;
}

}  // namespace purser
