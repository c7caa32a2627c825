// http/content_coding.cpp — three libraries, one step.
#include "http/content_coding.hpp"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace purser {
namespace {

/// 8 MB, the most a decoder need grant for zstd over HTTP (RFC 8878 §3.1.1.1.2, RFC 9659).
constexpr int kZstdWindowLog = 23;

/// gzip (RFC 1952, perhaps of several members) and deflate, which most take for zlib's format (RFC
/// 1950) as HTTP says, and some for the bare one (RFC 1951).
class Inflater final : public Unpacker {
 public:
  Inflater(ContentCoding coding, Fault fault) : Unpacker(fault), coding_(coding) {}
  ~Inflater() override { inflateEnd(&stream_); }  // does nothing where nothing was begun
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

 private:
  static constexpr int kGzipWindow = 15 + 16;
  static constexpr int kZlibWindow = 15;
  static constexpr int kBareWindow = -15;
  static constexpr std::size_t kInflateMax = std::size_t{1} << 30;  // zlib counts in 32 bits

  /// zlib's header is a multiple of 31 and names method 8.
  int window(std::string_view packed) const {
    if (coding_ == ContentCoding::gzip) {
      return kGzipWindow;
    }
    const auto first = static_cast<std::uint8_t>(packed[0]);
    const bool zlib = (first & 0x0F) == 8 && (first >> 4) <= 7;
    return zlib ? kZlibWindow : kBareWindow;
  }

  std::optional<Progress> unpack(std::string_view packed, char* out, std::size_t room) override {
    if (packed.empty() && !begun_) {
      return Progress{};
    }
    if (!std::exchange(begun_, true)) {
      if (inflateInit2(&stream_, window(packed)) != Z_OK) {
        return std::nullopt;
      }
    } else if (member_ended_ && !packed.empty()) {
      if (coding_ != ContentCoding::gzip || inflateReset(&stream_) != Z_OK) {
        return std::nullopt;
      }
    }
    packed = packed.substr(0, kInflateMax);
    // zlib's interface knows no const; it does not write there.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(room);
    const int state = inflate(&stream_, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) {
      return std::nullopt;
    }
    member_ended_ = state == Z_STREAM_END || (member_ended_ && packed.empty());
    return Progress{.taken = packed.size() - stream_.avail_in,
                    .given = room - stream_.avail_out,
                    .finished = member_ended_};
  }

  ContentCoding coding_;
  z_stream stream_{};
  bool begun_ = false;
  bool member_ended_ = false;
};

class BrotliUnpacker final : public Unpacker {
 public:
  explicit BrotliUnpacker(Fault fault)
      : Unpacker(fault), state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {}
  ~BrotliUnpacker() override { BrotliDecoderDestroyInstance(state_); }
  BrotliUnpacker(const BrotliUnpacker&) = delete;
  BrotliUnpacker& operator=(const BrotliUnpacker&) = delete;

 private:
  std::optional<Progress> unpack(std::string_view packed, char* out, std::size_t room) override {
    std::size_t in_left = packed.size();
    std::size_t out_left = room;
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
    auto* next_out = reinterpret_cast<std::uint8_t*>(out);
    const auto state =
        BrotliDecoderDecompressStream(state_, &in_left, &next_in, &out_left, &next_out, nullptr);
    if (state == BROTLI_DECODER_RESULT_ERROR) {
      return std::nullopt;
    }
    return Progress{.taken = packed.size() - in_left,
                    .given = room - out_left,
                    .finished = state == BROTLI_DECODER_RESULT_SUCCESS};
  }

  BrotliDecoderState* state_;
};

class ZstdUnpacker final : public Unpacker {
 public:
  explicit ZstdUnpacker(Fault fault) : Unpacker(fault), stream_(ZSTD_createDStream()) {
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, kZstdWindowLog);
  }
  ~ZstdUnpacker() override { ZSTD_freeDStream(stream_); }
  ZstdUnpacker(const ZstdUnpacker&) = delete;
  ZstdUnpacker& operator=(const ZstdUnpacker&) = delete;

 private:
  std::optional<Progress> unpack(std::string_view packed, char* out, std::size_t room) override {
    if (packed.empty() && between_frames_) {
      return Progress{.taken = 0, .given = 0, .finished = seen_};
    }
    ZSTD_inBuffer from{.src = packed.data(), .size = packed.size(), .pos = 0};
    ZSTD_outBuffer into{.dst = out, .size = room, .pos = 0};
    const std::size_t left = ZSTD_decompressStream(stream_, &into, &from);
    if (ZSTD_isError(left) != 0) {
      return std::nullopt;
    }
    seen_ = true;
    between_frames_ = left == 0;
    return Progress{.taken = from.pos, .given = into.pos, .finished = between_frames_};
  }

  ZSTD_DStream* stream_;
  bool between_frames_ = true;
  bool seen_ = false;
};

struct CodingName {
  std::string_view name;
  ContentCoding coding;
};
constexpr std::array kCodingNames{
    CodingName{"gzip", ContentCoding::gzip},       CodingName{"x-gzip", ContentCoding::gzip},
    CodingName{"deflate", ContentCoding::deflate}, CodingName{"br", ContentCoding::br},
    CodingName{"zstd", ContentCoding::zstd},       CodingName{"identity", ContentCoding::identity},
};

}  // namespace

std::optional<ContentCoding> content_coding(const std::vector<Field>& fields) {
  std::optional<ContentCoding> coding = ContentCoding::identity;
  for (const Field& field : fields) {
    if (field.known != FieldName::content_encoding || field.value.empty()) {
      continue;
    }
    const auto* const known = std::ranges::find_if(
        kCodingNames, [&](const CodingName& each) { return same_name(field.value, each.name); });
    if (known == kCodingNames.end() || coding != ContentCoding::identity) {
      return std::nullopt;
    }
    coding = known->coding;
  }
  return coding;
}

void forget_content_coding(std::vector<Field>& fields) {
  std::erase_if(fields,
                [](const Field& field) { return field.known == FieldName::content_encoding; });
}

Result<void> Unpacker::step(std::string_view& packed, std::string& out) {
  const std::size_t before = out.size();
  out.resize(before + kStepMax);
  const auto progress = unpack(packed, out.data() + before, kStepMax);
  out.resize(before + (progress ? progress->given : 0));
  if (!progress) {
    return fail(fault_, "the body is not what its Content-Encoding says");
  }
  packed.remove_prefix(progress->taken);
  finished_ = progress->finished;
  full_ = progress->given == kStepMax;
  if (progress->taken == 0 && progress->given == 0 && !packed.empty()) {
    return fail(fault_, "there is something behind the end of the packed body");
  }
  return {};
}

std::unique_ptr<Unpacker> make_unpacker(ContentCoding coding, Fault fault) {
  switch (coding) {
    case ContentCoding::identity:
      return nullptr;
    case ContentCoding::gzip:
    case ContentCoding::deflate:
      return std::make_unique<Inflater>(coding, fault);
    case ContentCoding::br:
      return std::make_unique<BrotliUnpacker>(fault);
    case ContentCoding::zstd:
      return std::make_unique<ZstdUnpacker>(fault);
  }
  return nullptr;
}

Result<std::optional<std::string>> unpack_whole(ContentCoding coding, std::string_view packed,
                                                std::size_t bytes_max) {
  if (coding == ContentCoding::identity || packed.empty()) {
    return std::optional(std::string(packed));
  }
  const auto unpacker = make_unpacker(coding, Fault::client);
  std::string out;
  while (!packed.empty() || unpacker->has_more()) {
    if (auto step = unpacker->step(packed, out); !step) {
      return std::unexpected(std::move(step.error()));
    }
    if (out.size() > bytes_max) {
      return std::optional<std::string>{};
    }
  }
  if (!unpacker->finished()) {
    return fail(Fault::client, "the packed body was cut");
  }
  return std::optional(std::move(out));
}

}  // namespace purser
