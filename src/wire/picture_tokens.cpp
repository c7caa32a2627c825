// wire/picture_tokens.cpp — OpenAI's table of image tokens, and a bound for what is not in it.
#include "wire/picture_tokens.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace purser {
namespace {

/// The dearest of the three documented sizes (1024×1024, 1024×1536, 1536×1024) at each quality.
struct QualityRow {
  std::string_view name;
  std::int64_t tokens;
};
constexpr std::int64_t kHigh = 6'240;
constexpr std::array kQualities{
    QualityRow{"low", 408},        QualityRow{"medium", 1'584}, QualityRow{"high", kHigh},
    QualityRow{"standard", kHigh}, QualityRow{"hd", kHigh},
};
/// Of qualities above "high" no table is published, and "auto" may choose them.
constexpr std::int64_t kBestOfAll = 4 * kHigh;
/// The larger of the documented sizes, which the table is for.
constexpr std::int64_t kPixels = std::int64_t{1024} * 1536;
constexpr std::int64_t kEdgeMax = 16'384;
/// Each picture that is shown before it is done (documented as 100).
constexpr std::int64_t kPartialTokens = 100;

std::int64_t at_quality(std::string_view quality) {
  const auto row = std::ranges::find(kQualities, quality, &QualityRow::name);
  return row == kQualities.end() ? kBestOfAll : row->tokens;
}

/// "1024x1536" in documented sizes, rounded up; "auto" chooses one of those.
std::int64_t in_sizes(std::string_view size) {
  std::int64_t width = 0;
  std::int64_t height = 0;
  const char* const end = size.data() + size.size();
  const auto [at, wrong] = std::from_chars(size.data(), end, width);
  if (wrong != std::errc() || at == end || *at != 'x' ||
      std::from_chars(at + 1, end, height).ec != std::errc()) {
    return 1;
  }
  width = std::clamp<std::int64_t>(width, 0, kEdgeMax);
  height = std::clamp<std::int64_t>(height, 0, kEdgeMax);
  return std::max<std::int64_t>(1, (width * height + kPixels - 1) / kPixels);
}

}  // namespace

std::int64_t picture_tokens_max(const PictureAsk& ask) {
  const std::int64_t drawn = at_quality(ask.quality) * in_sizes(ask.size);
  return drawn * std::max<std::int64_t>(1, ask.frames.value_or(1)) +
         ask.partial.value_or(0) * kPartialTokens;
}

}  // namespace purser
