// base/strong.hpp — an integer that means one thing.
// Why: tokens, calls and ids are all int64; only the type keeps one from being added to another.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/invariant.hpp"

namespace purser {

template <typename Tag, typename Number = std::int64_t>
class Strong {
 public:
  constexpr Strong() = default;
  explicit constexpr Strong(Number number) : number_(number) {}
  constexpr Number count() const { return number_; }
  friend constexpr auto operator<=>(Strong, Strong) = default;

  friend constexpr Strong operator+(Strong a, Strong b) {
    Number sum = 0;
    const bool fits = !__builtin_add_overflow(a.number_, b.number_, &sum);
    INVARIANT(fits, "counts are bounded where they enter, so sums cannot overflow");
    return Strong(sum);
  }
  friend constexpr Strong operator-(Strong a, Strong b) {
    Number difference = 0;
    const bool fits = !__builtin_sub_overflow(a.number_, b.number_, &difference);
    INVARIANT(fits, "counts are bounded where they enter, so differences cannot overflow");
    return Strong(difference);
  }
  constexpr Strong& operator+=(Strong other) { return *this = *this + other; }
  constexpr Strong& operator-=(Strong other) { return *this = *this - other; }

 private:
  Number number_ = 0;
};

/// A number of tokens, as providers count them. Never negative where it is kept.
using Tokens = Strong<struct TokensTag>;

/// Which call: unique for ever in one ledger; larger means admitted later.
using CallId = Strong<struct CallIdTag>;

}  // namespace purser

template <typename Tag, typename Number>
struct std::hash<purser::Strong<Tag, Number>> {
  std::size_t operator()(purser::Strong<Tag, Number> value) const noexcept {
    return std::hash<Number>{}(value.count());
  }
};
