// sessions/places.hpp — a bounded number of things, the one that was used longest ago first to go.
#pragma once

#include <cstdint>
#include <deque>

#include "base/invariant.hpp"

namespace purser {

/// Names one thing for ever: after it went, the same place has another generation.
struct PlaceRef {
  std::uint32_t at = 0;
  std::uint32_t generation = 0;  // 0: nothing
  friend bool operator==(PlaceRef, PlaceRef) = default;
};

/// Grows to `max` places and then reuses them; places do not move.
template <typename Thing>
class Places {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  explicit Places(std::uint32_t max) : max_(max) { INVARIANT(max > 0, "a pool holds something"); }

  bool full() const { return size_ == max_; }
  std::uint32_t size() const { return size_; }
  /// The one used longest ago, or kNone.
  std::uint32_t oldest() const { return oldest_; }

  /// A new thing, used just now. Not when full: the caller lets the oldest go first.
  std::uint32_t add() {
    INVARIANT(!full(), "the oldest goes before a new one comes");
    std::uint32_t at = free_;
    if (at != kNone) {
      free_ = places_[at].newer;
    } else {
      at = static_cast<std::uint32_t>(places_.size());
      places_.emplace_back();
    }
    Place& place = places_[at];
    place.thing = {};
    place.generation += 1;
    place.used = true;
    ++size_;
    link(at);
    return at;
  }

  void remove(std::uint32_t at) {
    INVARIANT(places_[at].used, "what goes was there");
    unlink(at);
    places_[at].used = false;
    places_[at].newer = free_;
    free_ = at;
    --size_;
  }

  /// It was used just now.
  void touch(std::uint32_t at) {
    unlink(at);
    link(at);
  }

  Thing& operator[](std::uint32_t at) { return places_[at].thing; }
  const Thing& operator[](std::uint32_t at) const { return places_[at].thing; }
  PlaceRef ref(std::uint32_t at) const { return {.at = at, .generation = places_[at].generation}; }
  bool has(PlaceRef ref) const {
    return ref.generation != 0 && ref.at < places_.size() && places_[ref.at].used &&
           places_[ref.at].generation == ref.generation;
  }

  /// The first of the `looked_max` newest that `fits`; kNone: none of them.
  template <typename Fits>
  std::uint32_t newest_of(std::size_t looked_max, Fits fits) const {
    std::uint32_t at = newest_;
    for (std::size_t looked = 0; at != kNone; at = places_[at].older) {
      if (looked++ == looked_max) {
        return kNone;
      }
      if (fits(places_[at].thing)) {
        return at;
      }
    }
    return at;
  }
  /// The newest first.
  template <typename Each>
  void each(Each each) const {
    for (std::uint32_t at = newest_; at != kNone; at = places_[at].older) {
      each(at);
    }
  }

 private:
  struct Place {
    Thing thing;
    std::uint32_t generation = 0;
    std::uint32_t newer = kNone;
    std::uint32_t older = kNone;
    bool used = false;
  };

 public:
  static constexpr std::size_t kBytesAPlace = sizeof(Place);

 private:
  void link(std::uint32_t at) {
    places_[at].newer = kNone;
    places_[at].older = newest_;
    (newest_ != kNone ? places_[newest_].newer : oldest_) = at;
    newest_ = at;
  }
  void unlink(std::uint32_t at) {
    const Place& place = places_[at];
    (place.newer != kNone ? places_[place.newer].older : newest_) = place.older;
    (place.older != kNone ? places_[place.older].newer : oldest_) = place.newer;
  }

  std::uint32_t max_;
  std::deque<Place> places_;
  std::uint32_t size_ = 0;
  std::uint32_t newest_ = kNone;
  std::uint32_t oldest_ = kNone;
  std::uint32_t free_ = kNone;
};

}  // namespace purser
