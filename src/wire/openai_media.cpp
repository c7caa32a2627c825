// wire/openai_media.cpp — what media may come to in tokens, where nobody opens them.
#include "wire/openai_media.hpp"

#include <array>

namespace purser {
namespace {

constexpr std::array kMediumMembers{
    RequestScan::Member<Medium>{"url", read_medium_text},
    RequestScan::Member<Medium>{"data", read_medium_text},
    RequestScan::Member<Medium>{"file_data", read_medium_text},
    RequestScan::Member<Medium>{"image_url", read_medium_text},
    RequestScan::Member<Medium>{"file_id", read_medium_id},
};

}  // namespace

void read_medium_text(RequestScan& scan, Medium& medium) {
  std::string_view text;
  scan.text("url", text);
  const bool remote = text.starts_with("http://") || text.starts_with("https://");
  medium.by_reference = medium.by_reference || remote;
  medium.inline_bytes += remote ? 0 : static_cast<std::int64_t>(text.size());
}

void read_medium_id(RequestScan& scan, Medium& medium) {
  scan.skip();
  medium.by_reference = true;
}

void read_medium(RequestScan& scan, Medium& medium) {
  switch (scan.kind()) {
    case JsonKind::text:
      return read_medium_text(scan, medium);
    case JsonKind::object:
      return scan.members("image_url", kMediumMembers, medium);
    default:
      scan.skip();
      return;
  }
}

Media speech(const Medium& medium) {
  // At most 32 tokens a second, and no codec speaks below 6 kbit/s: 31 base64 characters each.
  return {.tokens_max = medium.by_reference ? kContextTokensMax : medium.inline_bytes / 16 + 64,
          .inline_bytes = medium.inline_bytes};
}

Media document(const Medium& medium) {
  return {.tokens_max = kContextTokensMax, .inline_bytes = medium.inline_bytes};
}

std::int64_t image_tokens_max(std::string_view model) {
  // The largest picture: 10 000 patches of 32×32 at 1.2 tokens ("detail":"original").
  constexpr std::int64_t kPatches = 12'000;
  // gpt-4o-mini counts 2 833 + 5 667 a tile, of which there are at most eight.
  constexpr std::int64_t kTiles = 48'169;
  return model.find("4o-mini") != std::string_view::npos ? kTiles : kPatches;
}

}  // namespace purser
