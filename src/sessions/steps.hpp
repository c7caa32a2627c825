// sessions/steps.hpp — what a conversation did last: a ring of steps, each an action and what came
// back, as names of 64 bits.
// Why 64: a step is compared with some thirty others, so chance makes two equal once in 10^16.
#pragma once

#include <array>
#include <cstdint>

#include "base/invariant.hpp"
#include "call/outline.hpp"

namespace purser {

struct Step {
  enum class Kind : std::uint8_t {
    called,  // the model called a tool
    said,    // it answered in words; what came back is the next message, if any
    heard,   // somebody spoke without being asked: the action is empty
  };
  std::uint64_t action = 0;  // tool and arguments, or the words
  std::uint64_t tool = 0;    // the tool alone; 0: no tool
  std::uint64_t result = 0;  // 0: nothing came back
  std::uint64_t gist = 0;    // the result without its digits: alike but for a clock or a counter
  std::uint32_t turn = 0;    // in which of the conversation's answers, from 1
  std::uint32_t bytes : 29 = 0;
  Kind kind : 2 = Kind::heard;
  std::uint32_t error : 1 = 0;
};

/// The last kSteps steps of one conversation. Memory is constant, whatever is added.
class Tail {
 public:
  static constexpr std::size_t kSteps = 32;  // five rounds of the longest cycle that is looked for

  /// Adds what `outline` has from its message `from` on. An answer whose results are not there yet
  /// is added without them.
  void add(const Outline& outline, std::size_t from);
  void add(const Step& step);

  std::size_t size() const { return size_; }
  /// The oldest first.
  const Step& operator[](std::size_t at) const {
    INVARIANT(at < size_, "a step is in the ring");
    return steps_[(next_ + kSteps - size_ + at) % kSteps];
  }
  /// How many answers were added so far.
  std::uint32_t turns() const { return turns_; }

 private:
  void add_answer(const Outline& outline, std::size_t message, std::size_t call,
                  std::size_t result);

  std::array<Step, kSteps> steps_{};
  std::uint32_t next_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t turns_ = 0;
};

/// The name of a tool as a Step has it.
std::uint64_t tool_name(std::string_view name);

}  // namespace purser
