// http/chunks.cpp — line, data, line, data, …, an empty chunk, trailers, an empty line.
#include "http/chunks.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace purser {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
/// A chunk of 2^60 bytes is nobody's, and sizes below it cannot overflow.
constexpr std::ptrdiff_t kSizeDigitsMax = 15;

}  // namespace

Result<void> Chunks::read_size(std::string_view line) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), left_, 16);
  const std::string_view rest = line.substr(static_cast<std::size_t>(end - line.data()));
  const bool hexadecimal = error == std::errc{} && end - line.data() <= kSizeDigitsMax;
  const bool extended = rest.starts_with(';') || rest.starts_with(' ') || rest.starts_with('\t');
  const bool bare = rest.find_first_of("\r\n") != std::string_view::npos;
  if (!hexadecimal || bare || !(rest.empty() || extended)) {
    return fail(sender_, "broken chunked body: a chunk must begin with its size");
  }
  return {};
}

Result<Chunks::Step> Chunks::decode(std::span<char> bytes) {
  std::size_t at = 0;
  std::size_t first = 0;  // the payload so far is [first, last)
  std::size_t last = 0;
  while (at < bytes.size() && state_ != State::finished) {
    const std::string_view rest(bytes.data() + at, bytes.size() - at);
    if (state_ == State::data) {
      const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
      if (last == 0) {
        first = last = at;
      }
      if (last != at) {
        std::memmove(bytes.data() + last, rest.data(), step);
      }
      last += step;
      at += step;
      left_ -= step;
      state_ = left_ == 0 ? State::data_end : State::data;
      continue;
    }
    const std::size_t end = rest.substr(0, kChunkLineMax).find(kLineEnd);
    if (end == std::string_view::npos) {
      if (rest.size() >= kChunkLineMax) {
        return fail(sender_, "broken chunked body: a chunk header does not end");
      }
      break;
    }
    const std::string_view line = rest.substr(0, end);
    at += end + kLineEnd.size();
    if (state_ == State::size) {
      if (auto size = read_size(line); !size) {
        return std::unexpected(size.error());
      }
      state_ = left_ == 0 ? State::trailer : State::data;
    } else if (state_ == State::trailer) {
      state_ = line.empty() ? State::finished : State::trailer;
    } else if (line.empty()) {
      state_ = State::size;
    } else {
      return fail(sender_, "broken chunked body: a chunk is longer than its size");
    }
  }
  return Step{.used = at, .payload = {bytes.data() + first, last - first}};
}

}  // namespace purser
