// store/replay.cpp — one pass over the segments, oldest first.
#include "store/replay.hpp"

#include <fmt/format.h>

#include "store/codec.hpp"
#include "store/journal.hpp"

namespace purser {
namespace {

void see_hold(Replayed& found, HoldEntry entry) {
  found.last = std::max(found.last, entry.call);
  found.open.insert_or_assign(entry.call, std::move(entry));
}

void see_settle(Replayed& found, SettleEntry entry, bool folded) {
  const auto held = found.open.find(entry.call);
  if (held == found.open.end()) {
    return;  // its hold stood in a segment that is gone because both were folded
  }
  if (!folded) {
    found.closed.push_back({.hold = std::move(held->second), .settle = std::move(entry)});
  }
  found.open.erase(held);
}

}  // namespace

Result<Replayed> replay_journal(const std::filesystem::path& folder, Folded folded) {
  Replayed found;
  const auto segments = list_segments(folder);
  if (!segments) {
    return std::unexpected(segments.error());
  }
  for (const std::int64_t number : *segments) {
    const auto bytes = read_segment(folder, number);
    if (!bytes) {
      return std::unexpected(bytes.error());
    }
    std::string_view rest = *bytes;
    while (const auto payload = take_payload(rest)) {
      auto record = decode_record(*payload);
      if (!record) {
        return fail(fmt::format("journal segment {}", number), record.error());
      }
      const auto end = static_cast<std::int64_t>(bytes->size() - rest.size());
      const bool in_database =
          number < folded.segment || (number == folded.segment && end <= folded.offset);
      if (auto* hold = std::get_if<HoldEntry>(&*record)) {
        see_hold(found, std::move(*hold));
      } else {
        see_settle(found, std::move(std::get<SettleEntry>(*record)), in_database);
      }
    }
    found.newest_segment = number;
    found.newest_end = bytes->size() - rest.size();
  }
  return found;
}

}  // namespace purser
