// money/json_tree.hpp — a JSON document with its numbers as they were written.
// Why: price catalogues write 2.5e-06; a parser that makes a double of it has changed the price.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace purser {

struct JsonTree {
  enum class Kind { nothing, flag, number, text, list, object };
  Kind kind = Kind::nothing;
  std::string text{};             // of a text or a flag; a number's digits
  std::vector<JsonTree> items{};  // of a list
  std::vector<std::pair<std::string, JsonTree>> members{};  // of an object, in their order

  /// The member of that name; null when there is none, or this is not an object.
  const JsonTree* find(std::string_view name) const;
  /// The text of the member of that name; empty when there is none, or it is not a text.
  std::string_view text_of(std::string_view name) const;
};

/// Error (config) when it is not a list or an object, or nests deeper than any catalogue does.
Result<JsonTree> read_json_tree(std::string_view json);

}  // namespace purser
