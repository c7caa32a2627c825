// base/glob.hpp — names with holes: '*' stands for any text, '?' for one byte.
#pragma once

#include <string_view>

namespace purser {

/// Whether `text` is what `pattern` describes, from its first byte to its last. Linear memory,
/// and time at most the product of both lengths, whatever the pattern.
constexpr bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t seen = 0;
  std::size_t star = std::string_view::npos;  // the last '*' passed
  std::size_t star_seen = 0;                  // how much of the text came before what it stands for
  while (seen < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      star_seen = seen;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[seen])) {
      ++at;
      ++seen;
    } else if (star != std::string_view::npos) {  // it stands for one byte more
      at = star + 1;
      seen = ++star_seen;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

}  // namespace purser
