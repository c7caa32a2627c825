// store/codec.hpp — ledger entries as journal records: compact, and exact both ways.
//
//   record  = length:u32 checksum:u32 payload[length]   (little endian; checksum: xxh3 of payload)
//   payload = kind:u8 call fields…                      (numbers: zigzag varints; texts: counted)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "ledger/entry.hpp"

namespace purser {

/// Appends one whole record.
void append_record(std::string& out, const HoldEntry& entry);
void append_record(std::string& out, const SettleEntry& entry);

/// Takes the next record's payload off the front of `bytes`. Nothing when there is no whole record
/// with a good checksum.
std::optional<std::string_view> take_payload(std::string_view& bytes);

enum class RecordKind : std::uint8_t { hold = 1, settle = 2 };
struct RecordHead {
  RecordKind kind;
  CallId call;
};
/// What a payload is about, without reading the rest of it. Nothing: no kind we know.
std::optional<RecordHead> peek(std::string_view payload);

/// Reads a whole payload over what `into` held before, whose memory is used again. Error (store)
/// when it is not of this kind, or ends too early or too late; `into` is then half written.
Result<void> decode(std::string_view payload, HoldEntry& into);
Result<void> decode(std::string_view payload, SettleEntry& into);

/// Why a hold was released that the disk refused: its call never left, and nobody was told of it.
inline constexpr std::string_view kNeverSent = "never_sent";

inline constexpr std::size_t kRecordHead = 8;
/// No entry comes near this: a larger length is garbage.
inline constexpr std::size_t kRecordBytesMax = std::size_t{1} << 20;
/// Longer texts are cut. Ours are bounded where they enter; those that come from a provider must
/// not be able to fill the books.
inline constexpr std::size_t kTextBytesMax = 1024;

}  // namespace purser
