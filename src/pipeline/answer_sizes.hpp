// pipeline/answer_sizes.hpp — stored answers, by their ids: whose they are, and how large the
// conversation behind each is. A request that continues one is billed for all of it, and none of it
// stands in its body.
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
  /// So many answers are known, the latest: some 7 MB. What continues an older one is taken to fill
  /// the largest context there is.
  static constexpr std::size_t kAnswersMax = 65'536;

  /// An answer has begun.
  void begin(std::string_view answer_id, std::string_view key);
  /// It is over.
  void end(std::string_view answer_id, std::string_view key, const Usage& usage);
  /// What continues it is billed for so many tokens beside its own.
  Tokens behind(std::string_view answer_id) const;
  /// Whether it is known to be another key's: nobody reads or continues what somebody else asked.
  enum class Owner { theirs_or_unknown, another };
  Owner owner(std::string_view answer_id, std::string_view key) const;

 private:
  struct Known {
    Digest key;
    Tokens size;
  };
  void keep(std::string_view answer_id, Known known);

  mutable std::mutex mutex_;
  std::unordered_map<Digest, Known> answers_;
  std::deque<Digest> in_order_;
};

}  // namespace purser
