// http/chunks.hpp — a chunked body, decoded where it lies (RFC 9112 §7.1).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.hpp"

namespace purser {

class Chunks {
 public:
  /// Errors name `sender` (client or upstream).
  explicit Chunks(Fault sender) : sender_(sender) {}

  struct Step {
    std::size_t used = 0;           // bytes at the front that are done with
    std::string_view payload = {};  // what they carried, moved together within them
  };
  /// Decodes what `bytes` hold. A chunk's or trailer's line that is not whole yet stays unused.
  /// Error: the framing is broken, or such a line does not end within kChunkLineMax.
  Result<Step> decode(std::span<char> bytes);
  /// The last chunk and the trailers have been read; what follows is another message.
  bool finished() const { return state_ == State::finished; }

 private:
  enum class State : std::uint8_t { size, data, data_end, trailer, finished };
  Result<void> read_size(std::string_view line);

  Fault sender_;
  State state_ = State::size;
  std::uint64_t left_ = 0;  // of the current chunk's data
};

inline constexpr std::size_t kChunkLineMax = std::size_t{16} << 10;

}  // namespace purser
