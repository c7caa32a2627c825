// call/token_table.hpp — a tokenizer's vocabulary as it lies in the binary: bytes to rank, and
// back. Why a table made at build time: to read 200,000 lines at every start would take longer than
// all else a start does. The blob is read where it is linked; only pages that text touches become
// resident. Written by tools/make_ranks, read by call/tokenizer: both know it from this page alone.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace purser {

/// A token's number; for byte-pair merging also its priority: lower merges first.
using Rank = std::uint32_t;
inline constexpr Rank kNoRank = UINT32_MAX;

/// One entry of an open-addressing table, in one word. Zero is empty: no token has no bytes.
struct TokenSlot {
  static constexpr int kRankBits = 18;
  static constexpr int kStartBits = 21;
  static constexpr int kLengthBits = 8;

  std::uint64_t rank : kRankBits = 0;
  std::uint64_t start : kStartBits = 0;  // of the token's bytes, in the blob's byte section
  std::uint64_t length : kLengthBits = 0;
  std::uint64_t tag : 64 - kRankBits - kStartBits - kLengthBits = 0;  // of the hash: most misses
};
static_assert(sizeof(TokenSlot) == 8);
static_assert(std::endian::native == std::endian::little, "the blob is read as it was written");

/// What the blob begins with. Behind it: `slots` TokenSlots, `tokens` + 1 starts (u32) by rank, and
/// all tokens' bytes, in the order of their ranks.
struct TokenBlob {
  std::uint32_t tokens = 0;
  std::uint32_t slots = 0;  // a power of two
  std::uint32_t bytes = 0;
  std::uint32_t length_max = 0;
};

inline std::uint64_t token_bytes(const char* at, std::size_t length) {
  std::uint64_t low = 0;
  if (length >= 8) {
    std::memcpy(&low, at, 8);
    return low;
  }
  if (length >= 4) {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, at, 4);
    std::memcpy(&last, at + length - 4, 4);
    return std::uint64_t{last} << 32 | first;
  }
  const auto byte = [at](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(at[i])};
  };
  return length == 0 ? 0 : byte(0) | byte(length / 2) << 8 | byte(length - 1) << 16;
}

/// Any good mixing will do: a hit is compared byte by byte.
inline std::uint64_t token_hash(const char* at, std::size_t length) {
  std::uint64_t hash = length * 0x9E3779B97F4A7C15;
  for (; length > 8; at += 8, length -= 8) {
    hash = (hash ^ token_bytes(at, 8)) * 0xBF58476D1CE4E5B9;
    hash ^= hash >> 29;
  }
  hash = (hash ^ token_bytes(at, length)) * 0x94D049BB133111EB;
  return hash ^ hash >> 32;
}

/// The tag is of bits that do not choose the slot.
inline std::uint32_t token_tag(std::uint64_t hash) {
  return static_cast<std::uint32_t>(
      hash >> (TokenSlot::kRankBits + TokenSlot::kStartBits + TokenSlot::kLengthBits));
}

/// The blob, seen. Immutable, and as cheap to copy as it looks.
class TokenTable {
 public:
  explicit TokenTable(const char* blob) {
    std::memcpy(&head_, blob, sizeof head_);
    slots_ = reinterpret_cast<const TokenSlot*>(blob + sizeof head_);
    starts_ = reinterpret_cast<const std::uint32_t*>(slots_ + head_.slots);
    bytes_ = reinterpret_cast<const char*>(starts_ + head_.tokens + 1);
  }

  /// The rank of the token that is exactly these bytes, or kNoRank.
  Rank find(const char* at, std::size_t length) const {
    if (length == 0 || length > head_.length_max) {
      return kNoRank;
    }
    const std::uint64_t hash = token_hash(at, length);
    const std::uint32_t tag = token_tag(hash);
    for (std::uint64_t i = hash;; ++i) {
      const TokenSlot slot = slots_[i & (head_.slots - 1)];
      if (slot.length == 0) {
        return kNoRank;
      }
      if (slot.tag == tag && slot.length == length &&
          std::memcmp(bytes_ + slot.start, at, length) == 0) {
        return static_cast<Rank>(slot.rank);
      }
    }
  }
  Rank find(std::string_view bytes) const { return find(bytes.data(), bytes.size()); }

  std::size_t size() const { return head_.tokens; }
  /// The bytes of a token; empty for a rank that is none.
  std::string_view bytes(Rank rank) const {
    if (rank >= head_.tokens) {
      return {};
    }
    return {bytes_ + starts_[rank], starts_[rank + 1] - starts_[rank]};
  }

 private:
  TokenBlob head_;
  const TokenSlot* slots_;
  const std::uint32_t* starts_;
  const char* bytes_;
};

/// What a code point is to the rules that cut text into pieces.
enum class CharKind : std::uint8_t { symbol, upper, lower, letter, mark, number, space };

/// The code points in two steps: 4,352 bytes that name a block, and blocks of 256 kinds.
struct CharTable {
  static constexpr std::size_t kBlock = 256;
  static constexpr std::size_t kBlocks = 0x110000 / kBlock;

  const unsigned char* blob;
  CharKind operator[](std::uint32_t point) const {
    const std::size_t block = blob[point / kBlock];
    return static_cast<CharKind>(blob[kBlocks + block * kBlock + point % kBlock]);
  }
};

}  // namespace purser
