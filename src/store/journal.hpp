// store/journal.hpp — the append-only segments in front of the database.
//
// A segment is a file journal-NNNNNN.log of records (codec.hpp), oldest first. Only the newest is
// written. A record counts from the moment it is whole with a good checksum; what stands behind the
// first bad one was never acknowledged as durable, and is cut off when the segment is read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace purser {

/// One segment, open for writing at its end.
class Segment {
 public:
  /// Makes a new, empty segment, durable as a name in its folder.
  static Result<Segment> create(const std::filesystem::path& folder, std::int64_t number);
  /// Opens an existing one to be written from `end` on; what stands behind is cut off.
  static Result<Segment> reopen(const std::filesystem::path& folder, std::int64_t number,
                                std::uint64_t end);
  Segment(Segment&& other) noexcept;
  Segment& operator=(Segment&& other) noexcept;
  ~Segment();

  std::int64_t number() const { return number_; }
  std::uint64_t size() const { return size_; }
  /// Appends all of `bytes` or, as far as size() knows, nothing: a failed write may be repeated and
  /// then overwrites whatever it left.
  Result<void> write(std::string_view bytes);
  /// Returns once everything written is on the disk.
  Result<void> sync();

 private:
  Segment(int file, std::int64_t number, std::uint64_t size, std::filesystem::path path);
  int file_ = -1;
  std::int64_t number_ = 0;
  std::uint64_t size_ = 0;
  std::filesystem::path path_;
};

/// The segments there are, oldest first.
Result<std::vector<std::int64_t>> list_segments(const std::filesystem::path& folder);
Result<std::string> read_segment(const std::filesystem::path& folder, std::int64_t number);
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
