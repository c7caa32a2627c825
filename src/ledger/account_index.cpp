// ledger/account_index.cpp — inserting, splitting, erasing.
#include "ledger/account_index.hpp"

#include <algorithm>
#include <memory>

#include "base/invariant.hpp"

namespace purser {

AccountIndex::AccountIndex(Pages& pages) : pages_(pages) {
  directory_.push_back(std::construct_at(pages_.take<Segment>()));
}

void AccountIndex::insert(Tag tag, Row row) {
  while (segment(tag).used == kUsedMax) {
    split(tag);
  }
  put(segment(tag), {.tag = tag, .row = row});
}

void AccountIndex::put(Segment& into, Slot slot) {
  std::size_t at = slot.tag % kSlots;
  while (into.slots[at].row != kNone) {
    at = (at + 1) % kSlots;
  }
  into.slots[at] = slot;
  ++into.used;
}

/// Splits the segment of `tag` by the first bit its tags do not share.
void AccountIndex::split(Tag tag) {
  Segment& low = segment(tag);
  if (low.depth == depth_) {
    double_directory();
  }
  const std::uint32_t depth = low.depth + 1;
  Segment& high = *std::construct_at(pages_.take<Segment>());
  const std::array<Slot, kSlots> all = low.slots;
  low = Segment{};
  low.depth = high.depth = depth;
  const Tag bit = Tag{1} << (32 - depth);
  for (const Slot& slot : all) {
    if (slot.row != kNone) {
      put((slot.tag & bit) != 0 ? high : low, slot);
    }
  }
  // The places of one segment lie side by side: the upper half of them now leads to `high`.
  const std::size_t half = std::size_t{1} << (depth_ - depth);
  const std::size_t first = place((tag | bit) & ~(bit - 1));
  std::fill_n(directory_.begin() + static_cast<std::ptrdiff_t>(first), half, &high);
}

void AccountIndex::double_directory() {
  INVARIANT(depth_ < kDepthMax, "tags are evenly spread");
  std::vector<Segment*> twice;
  twice.reserve(directory_.size() * 2);
  for (Segment* each : directory_) {
    twice.insert(twice.end(), 2, each);
  }
  directory_ = std::move(twice);
  ++depth_;
}

/// Linear probing without tombstones: whoever was pushed past the hole moves into it.
void AccountIndex::erase(Tag tag, Row row) {
  Segment& from = segment(tag);
  std::size_t hole = tag % kSlots;
  while (from.slots[hole].row != row) {
    INVARIANT(from.slots[hole].row != kNone, "what is erased was inserted");
    hole = (hole + 1) % kSlots;
  }
  for (std::size_t at = (hole + 1) % kSlots; from.slots[at].row != kNone; at = (at + 1) % kSlots) {
    const std::size_t home = from.slots[at].tag % kSlots;
    if ((at - home) % kSlots >= (at - hole) % kSlots) {
      from.slots[hole] = from.slots[at];
      hole = at;
    }
  }
  from.slots[hole] = Slot{};
  --from.used;
}

}  // namespace purser
