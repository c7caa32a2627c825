// money/amount.hpp — US dollars, exactly: a whole number of nanodollars.
// Why: 0.1 has no binary float, so books kept in doubles cannot prove that postings sum to zero.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/invariant.hpp"
#include "base/result.hpp"

namespace purser {

class Amount {
 public:
  constexpr Amount() = default;
  static constexpr Amount from_nanos(std::int64_t nanos) { return Amount(nanos); }
  static constexpr Amount from_dollars(std::int64_t dollars) {
    return Amount(dollars * 1'000'000'000);
  }
  constexpr std::int64_t nanos() const { return nanos_; }
  friend constexpr auto operator<=>(Amount, Amount) = default;

  friend constexpr Amount operator+(Amount a, Amount b) {
    std::int64_t sum = 0;
    const bool fits = !__builtin_add_overflow(a.nanos_, b.nanos_, &sum);
    INVARIANT(fits, "amounts are bounded where they enter, so sums cannot overflow");
    return Amount(sum);
  }
  friend constexpr Amount operator-(Amount a, Amount b) {
    std::int64_t difference = 0;
    const bool fits = !__builtin_sub_overflow(a.nanos_, b.nanos_, &difference);
    INVARIANT(fits, "amounts are bounded where they enter, so differences cannot overflow");
    return Amount(difference);
  }
  constexpr Amount& operator+=(Amount other) { return *this = *this + other; }
  constexpr Amount& operator-=(Amount other) { return *this = *this - other; }

 private:
  explicit constexpr Amount(std::int64_t nanos) : nanos_(nanos) {}
  std::int64_t nanos_ = 0;
};

/// "0.000123450" … all nine decimals, so that columns line up and nothing is hidden.
std::string to_exact_dollars(Amount amount);
void append_exact_dollars(std::string& out, Amount amount);

/// "$2.00", "$0.0123": at least two decimals, no more than needed. For people.
std::string to_dollars(Amount amount);

/// Reads "2", "2.00", "0.000000001", "$1.5". Error (config) on anything else, on more than nine
/// decimals and from ±9e9 dollars on: nothing is rounded on the way in.
Result<Amount> parse_dollars(std::string_view text);

}  // namespace purser
