// translate/gemini.hpp — what Gemini's questions and answers share.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "translate/answer.hpp"
#include "translate/conversation.hpp"
#include "translate/json.hpp"

namespace purser::translate {

/// Names for calls that come without an id, and which call an answer without one belongs to: the
/// oldest of that tool's that is not answered.
class CallIds {
 public:
  explicit CallIds(std::string scope) : scope_(std::move(scope)) {}
  std::string called(std::string_view id, const std::string& name);
  std::string answered(std::string_view id, const std::string& name);

 private:
  std::string scope_;
  std::size_t count_ = 0;
  std::vector<std::pair<std::string, std::string>> waiting_;  // tool, id
};

void read_gemini_part(const json::value& value, const std::string& path, Reading& reading,
                      CallIds& ids, std::vector<Part>& parts);

/// A whole answer, or a piece of a stream.
Answer read_gemini_chunk(const json::value& value, CallIds& ids, Reading& reading);

/// A call as a model makes it, and one of a history, which must be signed or excused.
json::object gemini_call(const ToolCall& call, const std::string& path, Notes& notes);
json::object foreign_gemini_call(const ToolCall& call, const std::string& path, Notes& notes);
json::object gemini_thought(const Thinking& thinking);
json::object inline_data(const Media& media);

}  // namespace purser::translate
