// call/tokenizer_merge.hpp — one piece of text merged into tokens: always the pair of neighbours
// whose union has the lowest rank, the leftmost of equals, until no union is a token.
// Short pieces, nearly all there are, look through their pairs each time. Long ones keep a heap,
// and go by windows, so that a piece of a hundred megabytes needs no more memory than a window
// does. Why windows change nothing: a row of tokens is what merging gives if and only if every two
// neighbours are what merging those two gives. Each window begins with the last token kept from the
// one before; when it finds that same token first, all neighbours have been seen together.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "call/token_table.hpp"

namespace purser {

/// Longer pieces go through the heap: from here on it is the faster of the two.
inline constexpr std::size_t kShortPiece = 96;
/// Some 20 bytes of scratch each byte; two tokens of the longest kind fit many times.
inline constexpr std::size_t kMergeWindow = std::size_t{32} << 10;

/// Where each of the piece's tokens ends, appended. `window` is for tests, and at least 2.
void merge(const TokenTable& table, std::string_view piece, std::vector<std::size_t>& ends,
           std::size_t window = kMergeWindow);

}  // namespace purser
