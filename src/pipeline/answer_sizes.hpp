// pipeline/answer_sizes.hpp — how large the conversations behind stored answers are: a request that
// continues one is billed for all of it, and none of it stands in its body.
#pragma once

#include <deque>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "base/hash.hpp"
#include "base/strong.hpp"
#include "money/usage.hpp"

namespace purser {

/// Any thread.
class AnswerSizes {
 public:
  /// So many answers are known, the latest: some 5 MB. What continues an older one is taken to fill
  /// the largest context there is.
  static constexpr std::size_t kAnswersMax = 65'536;

  void note(std::string_view answer_id, const Usage& usage);
  /// What continues it is billed for so many tokens beside its own.
  Tokens behind(std::string_view answer_id) const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<Digest, Tokens> sizes_;
  std::deque<Digest> in_order_;
};

}  // namespace purser
