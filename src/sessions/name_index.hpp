// sessions/name_index.hpp — from a name to whatever goes by it; several may go by one.
// Why our own: an entry leaves in constant time however many share its name, and nothing is
// allocated once the table has its size.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "base/hash.hpp"
#include "base/invariant.hpp"

namespace purser {

/// Entries are numbers of the caller's, below `entries_max`; each has one name at a time, or none.
class NameIndex {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  explicit NameIndex(std::size_t entries_max)
      : buckets_(std::bit_ceil(entries_max + entries_max / 2 + 1), kNone), entries_(entries_max) {}

  void add(std::uint32_t entry, Digest name) {
    INVARIANT(!entries_[entry].linked, "an entry has one name at a time");
    std::uint32_t& head = bucket(name);
    entries_[entry] = {.name = name, .next = head, .linked = true};
    if (head != kNone) {
      entries_[head].previous = entry;
    }
    head = entry;
  }

  /// As if it had never been added; nothing when it has no name.
  void remove(std::uint32_t entry) {
    Entry& gone = entries_[entry];
    if (!gone.linked) {
      return;
    }
    (gone.previous != kNone ? entries_[gone.previous].next : bucket(gone.name)) = gone.next;
    if (gone.next != kNone) {
      entries_[gone.next].previous = gone.previous;
    }
    gone = {};
  }

  /// The newest that goes by `name` and for which `fits(entry)` holds, of the first few; or kNone.
  template <typename Fits>
  std::uint32_t find(Digest name, Fits fits) const {
    std::size_t looked = 0;
    for (std::uint32_t at = buckets_[place(name)]; at != kNone; at = entries_[at].next) {
      if (entries_[at].name == name) {
        if (fits(at)) {
          return at;
        }
        if (++looked == kLooksMax) {
          break;
        }
      }
    }
    return kNone;
  }

  static constexpr std::size_t kBytesAnEntry =
      32 + 4 * 3;  // with its share of the buckets, at most

 private:
  /// As many as a caller may have in flight at once under one name before they are told apart
  /// worse.
  static constexpr std::size_t kLooksMax = 64;

  struct Entry {
    Digest name = {};
    std::uint32_t next = kNone;
    std::uint32_t previous = kNone;
    bool linked = false;
  };
  static_assert(sizeof(Entry) <= 32);

  std::size_t place(Digest name) const { return name.high & (buckets_.size() - 1); }
  std::uint32_t& bucket(Digest name) { return buckets_[place(name)]; }

  std::vector<std::uint32_t> buckets_;
  std::vector<Entry> entries_;
};

}  // namespace purser
