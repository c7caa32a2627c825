// app/config_watch.hpp — notices that purser.yaml has changed; the old one stays until a good one
// is there.
// Why looking and not inotify: editors replace files, mounted config maps swap links; a look a
// second at the name finds all of that the same way.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>

#include "app/config.hpp"

namespace purser {

class ConfigWatch {
 public:
  /// From now on, changes of `file`. Make it before the file is first read: what changes between
  /// the two is then found, not lost.
  /// `data`: the folder of the books, where the command line names one.
  explicit ConfigWatch(std::filesystem::path file, std::filesystem::path data = {});

  /// Nothing when the file is as it was. Else the new configuration, or the reason why it is
  /// refused: said once a change, not once a look. A change is read at the second look that finds
  /// it the same: whoever writes may have emptied the file first, and an empty one has no limits.
  std::optional<Result<Config>> look();
  /// SIGHUP: the file is read again whether it changed or not.
  Result<Config> reread();

 private:
  /// What differs when a file was written or replaced.
  struct Stamp {
    ino_t inode = 0;
    std::int64_t size = -1;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  Stamp stamp_now() const;

  std::filesystem::path file_;
  std::filesystem::path data_;
  Stamp read_;  // what was last read
  Stamp seen_;  // what the last look found
};

}  // namespace purser
