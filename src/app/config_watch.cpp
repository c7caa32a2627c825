// app/config_watch.cpp — one stat a look.
#include "app/config_watch.hpp"

#include <sys/stat.h>

#include <utility>

namespace purser {

ConfigWatch::ConfigWatch(std::filesystem::path file, std::filesystem::path data)
    : file_(std::move(file)), data_(std::move(data)), read_(stamp_now()), seen_(read_) {}

ConfigWatch::Stamp ConfigWatch::stamp_now() const {
  struct stat facts{};
  if (::stat(file_.c_str(), &facts) != 0) {
    return {};
  }
  return {.inode = facts.st_ino,
          .size = facts.st_size,
          .changed_ns = facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec};
}

std::optional<Result<Config>> ConfigWatch::look() {
  const Stamp before = std::exchange(seen_, stamp_now());
  if (seen_ == read_ || seen_ != before) {
    return std::nullopt;
  }
  return reread();
}

Result<Config> ConfigWatch::reread() {
  read_ = seen_ = stamp_now();  // before reading: a change during it is found at the next look
  return load_config(file_, data_);
}

}  // namespace purser
