// http/content_coding_fuzz.cpp — whatever bytes come packed: no crash, no endless loop, no more out
// than was asked for, and the same at any split.
#include <cstdlib>

#include "http/content_coding.hpp"

namespace purser {
namespace {

constexpr std::size_t kMost = std::size_t{1} << 20;

/// Nothing: broken, cut or too large.
std::optional<std::string> by_pieces(ContentCoding coding, std::string_view packed,
                                     std::size_t size) {
  const auto unpacker = make_unpacker(coding, Fault::upstream);
  std::string out;
  while (!packed.empty()) {
    std::string_view piece = packed.substr(0, size);
    packed.remove_prefix(piece.size());
    while (!piece.empty() || unpacker->has_more()) {
      const std::size_t before = out.size();
      if (!unpacker->step(piece, out) || out.size() > kMost) {
        return std::nullopt;
      }
      if (out.size() - before > Unpacker::kStepMax) {
        std::abort();
      }
    }
  }
  return unpacker->finished() ? std::optional(out) : std::nullopt;
}

}  // namespace
}  // namespace purser

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace purser;
  if (size < 2) {
    return 0;
  }
  constexpr ContentCoding kCodings[] = {ContentCoding::gzip, ContentCoding::deflate,
                                        ContentCoding::br, ContentCoding::zstd};
  const ContentCoding coding = kCodings[data[0] % 4];
  const std::string_view packed(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = unpack_whole(coding, packed, kMost);
  const auto pieces = by_pieces(coding, packed, 1 + data[0] / 4);
  if (whole && *whole && pieces != **whole) {
    std::abort();
  }
  return 0;
}
