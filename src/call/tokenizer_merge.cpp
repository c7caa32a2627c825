// call/tokenizer_merge.cpp — byte-pair merging, short and long.
#include "call/tokenizer_merge.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "base/invariant.hpp"

namespace purser {
namespace {

/// A token in the making: where it begins, and the rank of its union with the next one.
struct Part {
  std::uint32_t begin;
  Rank union_rank;
};

void merge_short(const TokenTable& table, std::string_view piece, std::vector<std::size_t>& ends) {
  std::array<Part, kShortPiece + 1> parts;
  std::size_t count = piece.size();
  const auto rank_of = [&](std::size_t from, std::size_t behind) {
    const std::size_t begin = parts[from].begin;
    return behind > count ? kNoRank : table.find(piece.substr(begin, parts[behind].begin - begin));
  };
  for (std::size_t i = 0; i <= count; ++i) {
    parts[i].begin = static_cast<std::uint32_t>(i);
  }
  for (std::size_t i = 0; i < count; ++i) {
    parts[i].union_rank = rank_of(i, i + 2);
  }
  while (true) {
    const auto lowest =
        std::ranges::min_element(parts.begin(), parts.begin() + count, {}, &Part::union_rank);
    if (lowest->union_rank == kNoRank) {
      break;
    }
    std::copy(lowest + 2, parts.begin() + count + 1, lowest + 1);
    --count;
    const auto i = static_cast<std::size_t>(lowest - parts.begin());
    parts[i].union_rank = rank_of(i, i + 2);
    if (i > 0) {
      parts[i - 1].union_rank = rank_of(i - 1, i + 1);
    }
  }
  for (std::size_t i = 1; i <= count; ++i) {
    ends.push_back(parts[i].begin);
  }
}

/// The same with a heap of unions and a list of parts, so that n bytes take n log n steps.
class HeapMerge {
 public:
  HeapMerge(const TokenTable& table, std::string_view piece)
      : table_(table), piece_(piece), parts_(piece.size() + 1) {
    const auto count = static_cast<std::uint32_t>(piece.size());
    for (std::uint32_t i = 0; i <= count; ++i) {
      parts_[i] = {.previous = i - 1, .next = i + 1, .union_rank = kNoRank};
    }
    heap_.reserve(piece.size());
    for (std::uint32_t i = 0; i + 1 < count; ++i) {
      parts_[i].union_rank = table_.find(piece_.substr(i, 2));
      if (parts_[i].union_rank != kNoRank) {
        heap_.push_back(key(parts_[i].union_rank, i));
      }
    }
    std::ranges::make_heap(heap_, std::greater{});
  }

  /// Where the tokens end, `from` added.
  void run(std::size_t from, std::vector<std::size_t>& ends) {
    while (!heap_.empty()) {
      std::ranges::pop_heap(heap_, std::greater{});
      const std::uint64_t lowest = heap_.back();
      heap_.pop_back();
      const auto at = static_cast<std::uint32_t>(lowest);
      if (parts_[at].union_rank == static_cast<Rank>(lowest >> 32)) {  // else it changed since
        unite(at);
      }
    }
    for (std::uint32_t at = 0; at < piece_.size(); at = parts_[at].next) {
      ends.push_back(from + parts_[at].next);
    }
  }

 private:
  struct Link {
    std::uint32_t previous;
    std::uint32_t next;  // where the next part begins
    Rank union_rank;     // of this part and the next; kNoRank too when this part is no more
  };
  static std::uint64_t key(Rank rank, std::uint32_t at) { return std::uint64_t{rank} << 32 | at; }

  void unite(std::uint32_t at) {
    const std::uint32_t gone = parts_[at].next;
    const std::uint32_t next = parts_[gone].next;
    parts_[gone].union_rank = kNoRank;
    parts_[at].next = next;
    parts_[next].previous = at;
    price(at);
    if (at > 0) {
      price(parts_[at].previous);
    }
  }

  /// Looks up the union of the part at `at` with the next.
  void price(std::uint32_t at) {
    const std::uint32_t next = parts_[at].next;
    Rank rank = kNoRank;
    if (next < piece_.size()) {
      rank = table_.find(piece_.substr(at, parts_[next].next - at));
    }
    parts_[at].union_rank = rank;
    if (rank != kNoRank) {
      heap_.push_back(key(rank, at));
      std::ranges::push_heap(heap_, std::greater{});
    }
  }

  const TokenTable& table_;
  std::string_view piece_;
  std::vector<Link> parts_;
  std::vector<std::uint64_t> heap_;
};

enum class Windows { agree, differ };

/// Merges window by window. They differ when a token next to a seam depends on more than a window.
Windows merge_windows(const TokenTable& table, std::string_view piece, std::size_t window,
                      std::vector<std::size_t>& ends) {
  const std::size_t first = ends.size();
  std::size_t begin = 0;
  while (true) {
    const std::size_t seam = ends.size();  // the first end of this window
    const std::string_view part = piece.substr(begin, window);
    HeapMerge(table, part).run(begin, ends);
    if (seam > first) {
      // The token on both sides of the seam was kept, and must come out again.
      if (ends[seam] != ends[seam - 1]) {
        return Windows::differ;
      }
      ends.erase(ends.begin() + static_cast<std::ptrdiff_t>(seam));
    }
    if (begin + part.size() == piece.size()) {
      return Windows::agree;
    }
    // The last eighth is merged again with what follows it, and so is the token before it.
    const std::size_t sure = begin + window - window / 8;
    while (ends.size() > first && ends.back() > sure) {
      ends.pop_back();
    }
    if (ends.size() < first + 2 || ends[ends.size() - 2] <= begin) {
      return Windows::differ;
    }
    begin = ends[ends.size() - 2];
  }
}

}  // namespace

void merge(const TokenTable& table, std::string_view piece, std::vector<std::size_t>& ends,
           std::size_t window) {
  INVARIANT(window >= 2, "a window holds at least a pair");
  if (piece.size() <= kShortPiece) {
    return merge_short(table, piece, ends);
  }
  const std::size_t first = ends.size();
  while (merge_windows(table, piece, window, ends) == Windows::differ) {
    ends.resize(first);
    window *= 2;
  }
}

}  // namespace purser
