// store/journal.hpp — the append-only segments in front of the database.
//
// A segment is a file journal-NNNNNN.log of records (codec.hpp), oldest first. Only the newest is
// written, by the process that holds the folder's lock. A record counts from the moment it is whole
// with a good checksum.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace purser {

/// A place in the journal: what stands before it is meant.
struct JournalMark {
  std::int64_t segment = 0;
  std::int64_t offset = 0;
  friend auto operator<=>(const JournalMark&, const JournalMark&) = default;
};

/// The newest segment, open for writing at its end.
class Segment {
 public:
  /// Makes a new, empty segment, durable as a name in its folder.
  static Result<Segment> create(const std::filesystem::path& folder, std::int64_t number);
  Segment(Segment&& other) noexcept;
  Segment& operator=(Segment&& other) noexcept;
  ~Segment();

  /// Behind the last byte written.
  JournalMark end() const { return {.segment = number_, .offset = size_}; }
  /// Appends all of `bytes` or, as far as end() knows, nothing: a failed write may be repeated and
  /// then overwrites whatever it left.
  Result<void> write(std::string_view bytes);
  /// Returns once everything written is on the disk.
  Result<void> sync();
  /// Cuts off what stands behind `offset`.
  Result<void> cut(std::int64_t offset);

 private:
  Segment(int file, std::int64_t number, std::filesystem::path path);
  int file_ = -1;
  std::int64_t number_ = 0;
  std::int64_t size_ = 0;
  std::filesystem::path path_;
};

/// The segments there are, oldest first.
Result<std::vector<std::int64_t>> list_segments(const std::filesystem::path& folder);
/// Up to `bytes_max` bytes from `from` on, over what `into` held before; fewer only at the end of
/// the file. A segment that is not there is empty.
Result<void> read_segment(const std::filesystem::path& folder, JournalMark from,
                          std::size_t bytes_max, std::string& into);
Result<void> remove_segment(const std::filesystem::path& folder, std::int64_t number);

/// Held by one gateway at a time; ends with the process, however it ends.
class FolderLock {
 public:
  /// Error (store) when another process has it.
  static Result<FolderLock> take(const std::filesystem::path& folder);
  FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int file) : file_(file) {}
  int file_;
};

}  // namespace purser
