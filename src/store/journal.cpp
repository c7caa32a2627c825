// store/journal.cpp — files written at a known offset, synced, listed, locked.
#include "store/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

namespace purser {
namespace {

constexpr std::string_view kPrefix = "journal-";
constexpr std::string_view kSuffix = ".log";

std::filesystem::path path_of(const std::filesystem::path& folder, std::int64_t number) {
  return folder / fmt::format("{}{:06}{}", kPrefix, number, kSuffix);
}

std::unexpected<Error> failed(std::string_view doing, const std::filesystem::path& path) {
  return fail(Fault::store,
              fmt::format("cannot {} {}: {}", doing, path.string(), std::strerror(errno)));
}

/// A new or removed name is only there for good once its folder is synced.
Result<void> sync_folder(const std::filesystem::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  if (file >= 0) {
    ::close(file);
  }
  if (!synced) {
    return failed("sync", folder);
  }
  return {};
}

std::optional<std::int64_t> number_of(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) {
    return std::nullopt;
  }
  name.remove_prefix(kPrefix.size());
  name.remove_suffix(kSuffix.size());
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc{} && end == name.data() + name.size() ? std::optional(number)
                                                                  : std::nullopt;
}

}  // namespace

Segment::Segment(int file, std::int64_t number, std::filesystem::path path)
    : file_(file), number_(number), path_(std::move(path)) {}

Segment::Segment(Segment&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      number_(other.number_),
      size_(other.size_),
      path_(std::move(other.path_)) {}

Segment& Segment::operator=(Segment&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(number_, other.number_);
  std::swap(size_, other.size_);
  path_.swap(other.path_);
  return *this;
}

Segment::~Segment() {
  if (file_ >= 0) {
    ::close(file_);
  }
}

Result<Segment> Segment::create(const std::filesystem::path& folder, std::int64_t number) {
  const std::filesystem::path path = path_of(folder, number);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (file < 0) {
    return failed("make", path);
  }
  Segment segment(file, number, path);
  if (auto synced = sync_folder(folder); !synced) {
    return std::unexpected(synced.error());
  }
  return segment;
}

Result<void> Segment::write(std::string_view bytes) {
  std::int64_t at = size_;
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), at);
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return failed("write", path_);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
    at += written;
  }
  size_ = at;
  return {};
}

Result<void> Segment::sync() {
  if (::fdatasync(file_) != 0) {
    return failed("sync", path_);
  }
  return {};
}

Result<void> Segment::cut(std::int64_t offset) {
  if (::ftruncate(file_, offset) != 0) {
    return failed("cut", path_);
  }
  size_ = offset;
  return {};
}

Result<std::vector<std::int64_t>> list_segments(const std::filesystem::path& folder) {
  std::vector<std::int64_t> numbers;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (const auto number = number_of(entry.path().filename().string())) {
      numbers.push_back(*number);
    }
  }
  if (error) {
    return fail(Fault::store, "cannot list " + folder.string() + ": " + error.message());
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<void> read_segment(const std::filesystem::path& folder, JournalMark from,
                          std::size_t bytes_max, std::string& into) {
  into.clear();
  const std::filesystem::path path = path_of(folder, from.segment);
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return errno == ENOENT ? Result<void>() : failed("open", path);
  }
  ssize_t got = 0;
  into.resize_and_overwrite(bytes_max, [&](char* bytes, std::size_t) {
    std::size_t have = 0;
    do {
      got = ::pread(file, bytes + have, bytes_max - have, from.offset + static_cast<off_t>(have));
      have += got > 0 ? static_cast<std::size_t>(got) : 0;
    } while (got > 0 && have < bytes_max);
    return have;
  });
  auto read = got < 0 ? Result<void>(failed("read", path)) : Result<void>();
  ::close(file);
  return read;
}

Result<void> remove_segment(const std::filesystem::path& folder, std::int64_t number) {
  const std::filesystem::path path = path_of(folder, number);
  if (::unlink(path.c_str()) != 0) {
    return failed("remove", path);
  }
  return {};
}

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "purser.lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) {
    return failed("open", path);
  }
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    ::close(file);
    return fail(Fault::store, "another Purser keeps its books in " + folder.string() +
                                  ": one gateway a folder; stop it, or set another `data`");
  }
  return FolderLock(file);
}

FolderLock::~FolderLock() {
  if (file_ >= 0) {
    ::close(file_);
  }
}

}  // namespace purser
