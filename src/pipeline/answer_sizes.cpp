// pipeline/answer_sizes.cpp — the prompt and the answer of each are the beginning of the next.
#include "pipeline/answer_sizes.hpp"

namespace purser {
namespace {

/// No model that is sold reads more.
constexpr Tokens kContextMax{std::int64_t{1} << 20};

}  // namespace

void AnswerSizes::note(std::string_view answer_id, const Usage& usage) {
  const Digest name = digest(answer_id);
  const std::lock_guard lock(mutex_);
  if (sizes_.insert_or_assign(name, usage.prompt_total() + usage.output).second) {
    in_order_.push_back(name);
  }
  if (in_order_.size() > kAnswersMax) {
    sizes_.erase(in_order_.front());
    in_order_.pop_front();
  }
}

Tokens AnswerSizes::behind(std::string_view answer_id) const {
  const std::lock_guard lock(mutex_);
  const auto known = sizes_.find(digest(answer_id));
  return known == sizes_.end() ? kContextMax : std::min(known->second, kContextMax);
}

}  // namespace purser
