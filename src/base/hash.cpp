// base/hash.cpp — the one place that knows which hash we use.
#include "base/hash.hpp"

#include <array>

#define XXH_INLINE_ALL
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#include <xxhash.h>
#pragma clang diagnostic pop

namespace purser {

Digest digest(std::string_view bytes, std::uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {.high = hash.high64, .low = hash.low64};
}

Digest chained(Digest before, Digest next) {
  constexpr std::uint64_t kSeed = 0x636861696E;  // "chain": no text's name is a sequence's
  const std::array<Digest, 2> both{before, next};
  return digest({reinterpret_cast<const char*>(both.data()), sizeof(both)}, kSeed);
}

}  // namespace purser
