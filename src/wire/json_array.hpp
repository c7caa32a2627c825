// wire/json_array.hpp — cuts a byte stream that is one JSON array into its elements, wherever it is
// split on the way. Nothing is judged but brackets and quotes: whoever reads an element does that.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace purser {

/// Where in the array the next byte stands. An object without an array around it is an element.
class ArrayWalk {
 public:
  enum class Place : std::uint8_t { before, opened, inside, behind_element, behind_comma, closed };

  Place place() const { return place_; }
  bool inside() const { return place_ == Place::inside; }
  void take(char c);

 private:
  void take_inside(char c);
  void take_outside(char c);

  Place place_ = Place::before;
  std::int64_t depth_ = 0;  // of brackets inside the element
  bool in_text_ = false;
  bool escaped_ = false;
  bool bare_ = false;  // no array around it
};

class ArrayCutter {
 public:
  /// An element above `element_max` bytes is passed over.
  explicit ArrayCutter(std::size_t element_max) : element_max_(element_max) {}

  ArrayWalk::Place place() const { return walk_.place(); }

  /// Calls each(std::string_view) for every element that is complete.
  template <std::invocable<std::string_view> Each>
  void feed(std::string_view bytes, Each each) {
    std::size_t begin = 0;  // of the element that is under way, in `bytes`
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const bool was_inside = walk_.inside();
      walk_.take(bytes[at]);
      if (!was_inside) {
        begin = at;
      } else if (!walk_.inside()) {
        end_element(bytes.substr(begin, at + 1 - begin), each);
      }
    }
    if (walk_.inside()) {
      keep(bytes.substr(begin));
    }
  }

 private:
  void keep(std::string_view piece) {
    oversized_ = oversized_ || kept_.size() + piece.size() > element_max_;
    if (oversized_) {
      kept_.clear();
    } else {
      kept_ += piece;
    }
  }
  template <typename Each>
  void end_element(std::string_view rest, Each each) {
    if (kept_.empty() && !oversized_ && rest.size() <= element_max_) {
      each(rest);
    } else {
      keep(rest);
      if (!oversized_) {
        each(std::string_view(kept_));
      }
    }
    kept_.clear();
    oversized_ = false;
  }

  ArrayWalk walk_;
  std::size_t element_max_;
  std::string kept_;
  bool oversized_ = false;
};

}  // namespace purser
