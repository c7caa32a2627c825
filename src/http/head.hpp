// http/head.hpp — the head of an HTTP/1.1 message: start line, fields, and where the body ends.
// Why our own: a general parser looks at every byte several times and copies each field; on a call
// through Purser that was a tenth of all work. What is read is only the strict core of RFC 9112:
// whatever two servers could read in two ways is refused, not repaired. A fuzz target holds it
// against Beast's parser, which has been attacked for years.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/fields.hpp"

namespace purser {

/// More fields or larger heads than this are a flood, not a client.
inline constexpr std::size_t kFieldsMax = 128;
inline constexpr std::size_t kHeadBytesMax = std::size_t{32} << 10;

/// How a message's body is delimited.
enum class Framing : std::uint8_t { none, length, chunked, until_close };

struct Head {
  std::string_view method;  // requests only
  std::string_view target;  // requests only
  int status = 0;           // responses only
  Framing framing = Framing::none;
  std::uint64_t length = 0;  // of the body, when framing says so
  bool keep_alive = true;
};

/// The length of the head that `bytes` begin with, its empty line included; 0 when more is needed.
/// `searched` starts at 0 and remembers how far earlier looks at the same bytes came.
std::size_t head_length(std::string_view bytes, std::size_t& searched);

/// Reads a whole head, as head_length() found it; views in `head` and `fields` point into it.
/// Error (client or upstream): not HTTP/1.x; a folded or malformed field; lengths that are no
/// number, doubled, or contradicted by a transfer coding; a coding other than chunked; too many
/// fields.
Result<Head> read_request_head(std::string_view bytes, std::vector<Field>& fields);
Result<Head> read_response_head(std::string_view bytes, std::vector<Field>& fields);

}  // namespace purser
