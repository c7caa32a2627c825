// store/codec.hpp — ledger entries as journal records: compact, versioned by kind, exact both ways.
//
//   record = length:u32 checksum:u32 payload[length]      (little endian; checksum = xxh3 of
//   payload) payload = kind:u8 fields…                             (numbers as zigzag varints,
//   texts counted)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "ledger/entry.hpp"

namespace purser {

/// Appends one whole record.
void append_record(std::string& out, const HoldEntry& entry);
void append_record(std::string& out, const SettleEntry& entry);

using Record = std::variant<HoldEntry, SettleEntry>;
/// Error (store) when the payload is of no known kind or ends too early.
Result<Record> decode_record(std::string_view payload);

/// Takes the next record's payload off the front of `bytes`. Nothing when there is no whole record
/// with a good checksum: the journal ends there.
std::optional<std::string_view> take_payload(std::string_view& bytes);

inline constexpr std::size_t kRecordHead = 8;
/// No entry comes near this: a larger length is garbage.
inline constexpr std::size_t kRecordBytesMax = std::size_t{1} << 20;

}  // namespace purser
