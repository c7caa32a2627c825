// sessions/steps.cpp — from messages to steps: which result belongs to which call.
#include "sessions/steps.hpp"

#include <algorithm>

namespace purser {
namespace {

constexpr std::int64_t kBytesMax = (std::int64_t{1} << 29) - 1;

std::uint32_t bounded(std::int64_t bytes) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(bytes, 0, kBytesMax));
}

/// Never 0, which means that nothing came back.
std::uint64_t short_name(Digest digest) {
  return digest.low != 0 ? digest.low : 1;
}

/// Results follow their calls until the next answer.
std::size_t end_of_results(const Outline& outline, std::size_t message) {
  std::size_t end = message + 1;
  while (end < outline.messages.size() && outline.messages[end].role != Outline::Role::assistant) {
    ++end;
  }
  return end;
}

}  // namespace

std::uint64_t tool_name(std::string_view name) {
  return short_name(digest(name));
}

void Tail::add(const Step& step) {
  steps_[next_] = step;
  next_ = (next_ + 1) % kSteps;
  size_ = std::min<std::uint32_t>(size_ + 1, kSteps);
}

void Tail::add(const Outline& outline, std::size_t from) {
  std::size_t call = 0;
  std::size_t result = 0;
  for (std::size_t at = 0; at < outline.messages.size(); ++at) {
    const Outline::Message& message = outline.messages[at];
    if (at >= from) {
      const bool answered = at > 0 && outline.messages[at - 1].role == Outline::Role::assistant &&
                            outline.messages[at - 1].calls == 0;
      if (message.role == Outline::Role::assistant) {
        ++turns_;
        add_answer(outline, at, call, result);
      } else if (message.results == 0 && !answered) {
        add({.result = short_name(message.digest),
             .gist = short_name(message.digest),
             .turn = turns_,
             .kind = Step::Kind::heard});
      }
    }
    call += message.calls;
    result += message.results;
  }
}

void Tail::add_answer(const Outline& outline, std::size_t message, std::size_t call,
                      std::size_t result) {
  const Outline::Message& answer = outline.messages[message];
  const std::size_t end = end_of_results(outline, message);
  if (answer.calls == 0) {
    Step step{.action = short_name(answer.digest), .turn = turns_, .kind = Step::Kind::said};
    if (end > message + 1) {
      step.result = step.gist = short_name(outline.messages[message + 1].digest);
    }
    return add(step);
  }
  std::size_t results_end = result + answer.results;
  for (std::size_t at = message + 1; at < end; ++at) {
    results_end += outline.messages[at].results;
  }
  for (std::size_t i = 0; i < answer.calls; ++i) {
    const Outline::Call& made = outline.calls[call + i];
    Step step{.action = short_name(made.action),
              .tool = tool_name(made.name),
              .turn = turns_,
              .kind = Step::Kind::called};
    for (std::size_t j = result; j < results_end; ++j) {
      const Outline::Result& came = outline.results[j];
      if (came.call_id == made.id) {
        step.result = short_name(came.digest);
        step.gist = short_name(came.gist);
        step.bytes = bounded(came.bytes);
        step.error = came.error ? 1 : 0;
        break;
      }
    }
    add(step);
  }
}

}  // namespace purser
