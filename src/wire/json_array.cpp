// wire/json_array.cpp — brackets and quotes, byte by byte.
#include "wire/json_array.hpp"

namespace purser {

void ArrayWalk::take(char c) {
  if (place_ == Place::inside) {
    take_inside(c);
  } else if (place_ != Place::closed) {
    take_outside(c);
  }
}

void ArrayWalk::take_inside(char c) {
  if (in_text_) {
    const bool ends = c == '"' && !escaped_;
    escaped_ = c == '\\' && !escaped_;
    in_text_ = !ends;
    return;
  }
  in_text_ = c == '"';
  if (c == '{' || c == '[') {
    ++depth_;
  } else if (c == '}' || c == ']') {
    --depth_;
    if (depth_ == 0) {
      place_ = bare_ ? Place::closed : Place::behind_element;
    }
  }
}

void ArrayWalk::take_outside(char c) {
  if (place_ == Place::before && c == '[') {
    place_ = Place::opened;
  } else if (c == '{' || c == '[') {
    bare_ = place_ == Place::before;
    place_ = Place::inside;
    depth_ = 1;
  } else if (c == ',' && place_ == Place::behind_element) {
    place_ = Place::behind_comma;
  } else if (c == ']' && place_ != Place::before) {
    place_ = Place::closed;
  }
}

}  // namespace purser
