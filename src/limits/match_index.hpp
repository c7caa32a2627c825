// limits/match_index.hpp — many matches, asked at once: which of them does this call meet?
//
// Every condition is turned around when the index is made: for each label, which matches does a
// value let through? A call then looks its labels up and cuts the answers, a bit for each match;
// what is left it meets, however many there are.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "limits/match.hpp"

namespace purser {

inline constexpr std::size_t kMatchesMax = 256;  // each costs every call a bit

/// A bit for each match.
class Mask {
 public:
  void set(std::size_t number) { words_[number / 64] |= std::uint64_t{1} << (number % 64); }
  Mask& operator&=(const Mask& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words_[i] &= other.words_[i];
    }
    return *this;
  }
  Mask& operator|=(const Mask& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words_[i] |= other.words_[i];
    }
    return *this;
  }
  friend Mask operator&(Mask a, const Mask& b) { return a &= b; }
  friend Mask operator|(Mask a, const Mask& b) { return a |= b; }

  /// Calls `each` with every number in it, ascending.
  template <typename Each>
  void for_each(Each each) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t left = words_[i]; left != 0; left &= left - 1) {
        each(i * 64 + static_cast<std::size_t>(std::countr_zero(left)));
      }
    }
  }

 private:
  std::array<std::uint64_t, kMatchesMax / 64> words_{};
};

class MatchIndex {
 public:
  /// All conditions about one label.
  struct Condition {
    struct TextHash {
      using is_transparent = void;
      std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
      }
    };
    Label label;
    std::string tag;  // its name, when it is one
    Mask others;      // matches that let every value through
    std::unordered_map<std::string, Mask, TextHash, std::equal_to<>> values;
    /// What lets a family of values through, and whom to: only where a match asked for one.
    std::vector<std::pair<std::string, std::size_t>> patterns;

    bool is_about(const OneOf& asked) const { return label == asked.label && tag == asked.tag; }
    void admit(std::size_t number, const std::vector<std::string>& only);
    /// The matches that let `value` through.
    Mask of(std::string_view value) const;
    /// Those that let some family of values through: any value may be of it.
    Mask families() const;
  };

  /// Its number is how many there were before it. INVARIANT: fewer than kMatchesMax.
  void add(const Match& match);

  /// Calls `each` with the number of every match the call meets, ascending. Allocates nothing.
  template <typename Each>
  void for_each(const Facts& facts, Each each) const {
    Mask met = all_;
    for (const Condition& condition : conditions_) {
      met &= condition.of(value_of(condition.label, condition.tag, facts));
    }
    met.for_each([&](std::size_t number) {
      if (matches_[number].simple() || meets(matches_[number], facts)) {
        each(number);
      }
    });
  }

  const Mask& all() const { return all_; }
  const std::vector<Condition>& conditions() const { return conditions_; }

 private:
  void know(const OneOf& asked);

  std::vector<Match> matches_;
  Mask all_;
  std::vector<Condition> conditions_;  // one a label that any match asks about
};

}  // namespace purser
