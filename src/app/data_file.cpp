// app/data_file.cpp — read whole, written whole.
#include "app/data_file.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <fstream>
#include <iterator>
#include <memory>

namespace purser {
namespace {

constexpr std::size_t kUnpackedBytesMax = std::size_t{2} << 30;  // a bomb, not a recording

Result<std::string> unpack(const std::string& packed) {
  constexpr std::string_view kMagic = "\x28\xB5\x2F\xFD";
  if (!packed.starts_with(kMagic)) {
    return packed;
  }
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(),
                                                                          &ZSTD_freeDStream);
  std::string out;
  ZSTD_inBuffer in{.src = packed.data(), .size = packed.size(), .pos = 0};
  std::size_t left = 1;
  while (in.pos < in.size) {
    const std::size_t filled = out.size();
    if (filled > kUnpackedBytesMax) {
      return fail(Fault::config, "larger than any file of ours");
    }
    out.resize(filled + ZSTD_DStreamOutSize());
    ZSTD_outBuffer room{.dst = out.data() + filled, .size = out.size() - filled, .pos = 0};
    left = ZSTD_decompressStream(stream.get(), &room, &in);
    out.resize(filled + room.pos);
    if (ZSTD_isError(left) != 0) {
      return fail(Fault::config, ZSTD_getErrorName(left));
    }
  }
  if (left != 0) {
    return fail(Fault::config, "the compressed file ends too early");
  }
  return out;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in.good() && !in.eof()) {
    return fail(Fault::config, fmt::format("{}: cannot be read", file.string()));
  }
  return bytes;
}

Result<std::string> read_data_file(const std::filesystem::path& file) {
  const auto packed = read_file(file);
  if (!packed) {
    return packed;
  }
  auto text = unpack(*packed);
  if (!text) {
    return fail(file.string(), text.error());
  }
  return text;
}

Result<void> replace_file(const std::filesystem::path& file, std::string_view text) {
  std::error_code error;
  if (file.has_parent_path()) {
    std::filesystem::create_directories(file.parent_path(), error);
  }
  std::filesystem::path fresh = file;
  fresh += ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (out) {
    std::filesystem::rename(fresh, file, error);
  }
  if (!out || error) {
    return fail(Fault::config, fmt::format("{}: cannot be written{}", file.string(),
                                           error ? ": " + error.message() : std::string()));
  }
  return {};
}

}  // namespace purser
