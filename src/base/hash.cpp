// base/hash.cpp — the one place that knows which hash we use.
#include "base/hash.hpp"

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

}  // namespace purser
