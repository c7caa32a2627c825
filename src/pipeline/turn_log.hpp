// pipeline/turn_log.hpp — one JSON line a turn, written in batches off the hot path.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.hpp"

namespace purser {

class TurnLog {
 public:
  enum class Target { off, standard_output, file };
  /// Error (config) when the file cannot be opened for appending.
  static Result<std::unique_ptr<TurnLog>> open(Target target, const std::string& path);
  ~TurnLog();
  TurnLog(const TurnLog&) = delete;
  TurnLog& operator=(const TurnLog&) = delete;

  bool on() const { return descriptor_ >= 0; }
  /// Appends a line (its newline included). Any thread. A reader slower than kBacklogMax loses
  /// lines, never calls.
  void append(std::string_view line);
  std::int64_t lost() const;

 private:
  explicit TurnLog(int descriptor, bool owned);
  void run();

  static constexpr std::size_t kBacklogMax = std::size_t{64} << 20;
  int descriptor_;
  bool owned_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::string pending_;
  std::int64_t lost_ = 0;
  bool stopping_ = false;
  std::thread writer_;
};

}  // namespace purser
