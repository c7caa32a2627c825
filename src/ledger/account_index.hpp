// ledger/account_index.hpp — from an account's name to its row: extendible hashing.
//
// A directory, small enough for the innermost cache, leads to segments of linear probing. A full
// segment is split in two. So growing never stops the world (splitting is a few microseconds, at
// any number of accounts) and a look-up touches one line of memory, known before anything is read.
//
// Only a 32-bit tag of the name is kept here; the row has the whole name, and the caller compares.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "ledger/pages.hpp"

namespace purser {

class AccountIndex {
 public:
  using Tag = std::uint32_t;  // evenly spread, whatever names callers choose
  using Row = std::uint32_t;
  static constexpr Row kNone = UINT32_MAX;

  explicit AccountIndex(Pages& pages);

  /// Starts loading the line where `tag` is looked for.
  void prefetch(Tag tag) const { __builtin_prefetch(&segment(tag).slots[tag % kSlots]); }

  /// The row with this tag for which `same(row)` holds, or kNone.
  template <typename Same>
  Row find(Tag tag, Same same) const {
    const Segment& in = segment(tag);
    for (std::size_t at = tag % kSlots; in.slots[at].row != kNone; at = (at + 1) % kSlots) {
      if (in.slots[at].tag == tag && same(in.slots[at].row)) {
        return in.slots[at].row;
      }
    }
    return kNone;
  }

  void insert(Tag tag, Row row);
  /// INVARIANT: the row was inserted with this tag.
  void erase(Tag tag, Row row);

  /// Of the directory alone: the segments lie in the pages.
  std::size_t directory_bytes() const { return directory_.capacity() * sizeof(Segment*); }

 private:
  static constexpr std::size_t kSlots = 2048;                  // splitting one takes microseconds
  static constexpr std::uint32_t kUsedMax = kSlots * 11 / 16;  // fuller, and probing gets long
  static constexpr std::uint32_t kDepthMax = 20;               // more rows than a Row can number

  struct Slot {
    Tag tag = 0;
    Row row = kNone;
  };
  struct alignas(64) Segment {
    std::array<Slot, kSlots> slots;
    std::uint32_t used = 0;
    std::uint32_t depth = 0;  // how many leading bits its tags share
  };

  std::size_t place(Tag tag) const { return std::uint64_t{tag} >> (32 - depth_); }
  const Segment& segment(Tag tag) const { return *directory_[place(tag)]; }
  Segment& segment(Tag tag) { return *directory_[place(tag)]; }
  static void put(Segment& into, Slot slot);
  void split(Tag tag);
  void double_directory();

  Pages& pages_;
  std::vector<Segment*> directory_;  // 2^depth_ entries, by the leading bits of the tag
  std::uint32_t depth_ = 0;
};

}  // namespace purser
