// wire/picture_tokens.hpp — how many tokens a picture may take to draw, by the words it is asked
// for in.
#pragma once

#include <optional>
#include <string_view>

#include "wire/request_scan.hpp"

namespace purser {

/// What is asked of an image model, by itself or as a tool of another model. Texts that are empty
/// were not said.
struct PictureAsk {
  std::string_view model;
  std::string_view size;
  std::string_view quality;
  std::optional<std::int64_t> pictures;
  std::optional<std::int64_t> partial;  // shown on the way, each at a price
  std::optional<std::int64_t> frames;   // of a moving one
};

/// Output tokens of one picture at most.
std::int64_t picture_tokens_max(const PictureAsk& ask);

}  // namespace purser
