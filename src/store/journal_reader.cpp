// store/journal_reader.cpp — whole records, one segment after the other.
#include "store/journal_reader.hpp"

#include <algorithm>

#include "store/codec.hpp"

namespace purser {
namespace {

/// Read at once: a thousand records or more, and always at least one. It stays in memory.
constexpr std::int64_t kPieceBytes = static_cast<std::int64_t>(kRecordBytesMax) * 5 / 4;
static_assert(kPieceBytes > static_cast<std::int64_t>(kRecordBytesMax + kRecordHead));

/// Where the next whole record begins; the end of `bytes` when there is none.
std::size_t next_record(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string_view rest = bytes.substr(at);
    if (take_payload(rest)) {
      return at;
    }
  }
  return bytes.size();
}

}  // namespace

/// False: there is no later segment before `until`.
Result<bool> JournalReader::next_segment(JournalMark until) {
  const auto segments = list_segments(folder_);
  if (!segments) {
    return std::unexpected(segments.error());
  }
  const auto next = std::upper_bound(segments->begin(), segments->end(), mark_.segment);
  if (next == segments->end() || *next > until.segment) {
    return false;
  }
  damaged_ += std::ssize(bytes_);  // only the newest segment may end in the middle of a record
  mark_ = {.segment = *next, .offset = 0};
  return true;
}

Result<std::vector<std::string_view>> JournalReader::read(JournalMark until) {
  std::vector<std::string_view> payloads;
  while (mark_ < until) {
    const bool last = mark_.segment == until.segment;
    const std::int64_t most =
        last ? std::min(kPieceBytes, until.offset - mark_.offset) : kPieceBytes;
    if (auto done = read_segment(folder_, mark_, static_cast<std::size_t>(most), bytes_); !done) {
      return std::unexpected(done.error());
    }
    std::string_view rest = bytes_;
    const std::size_t begin = next_record(rest);
    if (begin < rest.size()) {
      damaged_ += static_cast<std::int64_t>(begin);
      rest.remove_prefix(begin);
      while (const auto payload = take_payload(rest)) {
        payloads.push_back(*payload);
      }
      mark_.offset += static_cast<std::int64_t>(bytes_.size() - rest.size());
      return payloads;
    }
    const auto more = next_segment(until);
    if (!more) {
      return std::unexpected(more.error());
    }
    if (!*more) {
      return payloads;
    }
  }
  return payloads;
}

}  // namespace purser
