// pipeline/answer_sizes.cpp — the prompt and the answer of each are the beginning of the next.
#include "pipeline/answer_sizes.hpp"

namespace purser {
namespace {

/// No model that is sold reads more.
constexpr Tokens kContextMax{std::int64_t{1} << 20};

}  // namespace

void AnswerSizes::keep(std::string_view answer_id, Known known) {
  const Digest name = digest(answer_id);
  const std::lock_guard lock(mutex_);
  if (answers_.insert_or_assign(name, known).second) {
    in_order_.push_back(name);
  }
  if (in_order_.size() > kAnswersMax) {
    answers_.erase(in_order_.front());
    in_order_.pop_front();
  }
}

void AnswerSizes::begin(std::string_view answer_id, std::string_view key) {
  keep(answer_id, {.key = digest(key), .size = kContextMax});
}

void AnswerSizes::end(std::string_view answer_id, std::string_view key, const Usage& usage) {
  const Tokens size = std::min(usage.prompt_total() + usage.output, kContextMax);
  keep(answer_id, {.key = digest(key), .size = size});
}

Tokens AnswerSizes::behind(std::string_view answer_id) const {
  const std::lock_guard lock(mutex_);
  const auto known = answers_.find(digest(answer_id));
  return known == answers_.end() ? kContextMax : known->second.size;
}

AnswerSizes::Owner AnswerSizes::owner(std::string_view answer_id, std::string_view key) const {
  const std::lock_guard lock(mutex_);
  const auto known = answers_.find(digest(answer_id));
  return known == answers_.end() || known->second.key == digest(key) ? Owner::theirs_or_unknown
                                                                     : Owner::another;
}

}  // namespace purser
