// base/seed.hpp — chance, handed in.
// Why: anything random in Purser can be replayed from the seed it started with.
#pragma once

#include <cstdint>

#include "base/invariant.hpp"

namespace purser {

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, passes BigCrush. Not for secrets.
class Seed {
 public:
  explicit constexpr Seed(std::uint64_t state) : state_(state) {}

  constexpr std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, bound).
  constexpr std::uint64_t below(std::uint64_t bound) {
    INVARIANT(bound > 0, "a choice needs at least one outcome");
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
  }

  /// Uniform in [0, 1).
  constexpr double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  std::uint64_t state_;
};

}  // namespace purser
