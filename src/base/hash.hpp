// base/hash.hpp — 128-bit names for things that are looked up by content (xxh3, not for secrets).
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string_view>

namespace purser {

/// 128 bits: with a billion names the chance of any two being equal is below 2e-21.
struct Digest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend constexpr auto operator<=>(const Digest&, const Digest&) = default;
};

/// XXH3-128 of `bytes`, with `seed` so that two kinds of name never meet.
Digest digest(std::string_view bytes, std::uint64_t seed = 0);

/// The name of a sequence that continues `before` with `next`: order matters.
Digest chained(Digest before, Digest next);

}  // namespace purser

template <>
struct std::hash<purser::Digest> {
  std::size_t operator()(const purser::Digest& name) const noexcept { return name.low; }
};
