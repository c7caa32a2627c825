// sessions/name_index.hpp — from a name to whatever goes by it; several may go by one.
// Why our own: an entry leaves in constant time however many share its name, and it takes no more
// memory than its entries need.
#pragma once

#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "base/invariant.hpp"

namespace purser {

/// Entries are numbers of the caller's, from 0; each has one name at a time, or none.
class NameIndex {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  void add(std::uint32_t entry, Digest name) {
    if (entry >= entries_.size()) {
      grow(entry);
    }
    INVARIANT(!entries_[entry].linked, "an entry has one name at a time");
    entries_[entry].name = name;
    link(entry);
  }

  /// As if it had never been added; nothing when it has no name.
  void remove(std::uint32_t entry) {
    if (entry >= entries_.size() || !entries_[entry].linked) {
      return;
    }
    Entry& gone = entries_[entry];
    (gone.previous != kNone ? entries_[gone.previous].next : bucket(gone.name)) = gone.next;
    if (gone.next != kNone) {
      entries_[gone.next].previous = gone.previous;
    }
    gone = {};
  }

  /// What an entry goes by; {} where it has no name.
  Digest name(std::uint32_t entry) const {
    return entry < entries_.size() && entries_[entry].linked ? entries_[entry].name : Digest{};
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

  static constexpr std::size_t kBytesAnEntry = 2 * (32 + 4);  // after growing, at most

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

  void link(std::uint32_t entry) {
    Entry& added = entries_[entry];
    std::uint32_t& head = bucket(added.name);
    added.next = head;
    added.previous = kNone;
    added.linked = true;
    if (head != kNone) {
      entries_[head].previous = entry;
    }
    head = entry;
  }

  /// Twice as large, at least: so that all growing together costs about two links an entry. Of the
  /// largest number of sessions the last time takes a few milliseconds.
  void grow(std::uint32_t entry) {
    const std::size_t size = std::bit_ceil(std::size_t{entry} + 1);
    entries_.resize(size);
    std::vector<std::uint32_t> chain;
    for (const std::uint32_t head : std::exchange(buckets_, std::vector(size, kNone))) {
      chain.clear();
      for (std::uint32_t at = head; at != kNone; at = entries_[at].next) {
        chain.push_back(at);
      }
      while (!chain.empty()) {  // the newest last, so that it is first again
        link(chain.back());
        chain.pop_back();
      }
    }
  }

  std::size_t place(Digest name) const { return name.high & (buckets_.size() - 1); }
  std::uint32_t& bucket(Digest name) { return buckets_[place(name)]; }

  std::vector<std::uint32_t> buckets_ = std::vector(1, kNone);
  std::vector<Entry> entries_;
};

}  // namespace purser
