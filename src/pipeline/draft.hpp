// pipeline/draft.hpp — texts that are made and dropped within a call, kept for the next call.
// Why: heads and answers are larger than what an allocator keeps at hand, so each would be cut out
// of its free memory and merged back again.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace purser {

/// The spare texts of one core. Not thread-safe: lives on its core.
class Drafts {
 public:
  std::string take() {
    if (spare_.empty()) {
      return {};
    }
    std::string text = std::move(spare_.back());
    spare_.pop_back();
    return text;
  }
  void keep(std::string text) {
    if (spare_.size() < kKept && text.capacity() <= kBytesKept) {
      text.clear();
      spare_.push_back(std::move(text));
    }
  }

 private:
  static constexpr std::size_t kKept = 16;
  static constexpr std::size_t kBytesKept = std::size_t{16} << 10;
  std::vector<std::string> spare_;
};

/// One of them, for as long as it lives.
class Draft {
 public:
  explicit Draft(Drafts& drafts) : drafts_(drafts), text_(drafts.take()) {}
  ~Draft() { drafts_.keep(std::move(text_)); }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  std::string& operator*() { return text_; }
  std::string* operator->() { return &text_; }

 private:
  Drafts& drafts_;
  std::string text_;
};

}  // namespace purser
