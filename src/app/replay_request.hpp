// app/replay_request.hpp — the history of a session as an agent would send it, turn by turn.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/replay.hpp"
#include "app/replay_recording.hpp"
#include "call/call.hpp"

namespace purser {

/// The model that `recorded` is played as: the operator's mappings first, then the built-in ones.
std::string played_model(std::string_view recorded, const std::vector<ModelMapping>& mappings);

/// claude-… is spoken to with messages, every other model with chat.
Dialect dialect_of_model(std::string_view model);

struct Manner {
  std::string model;
  Dialect dialect = Dialect::chat;
  bool stream = false;
  std::int64_t output_max = 0;
};

/// Grows by one message at a time and is re-sent whole, as agents do.
class History {
 public:
  History(const Recording& recording, Manner manner);

  /// Adds what was said.
  void add(const Said& said);
  /// The request that asks for the next answer.
  std::string request() const;
  /// Is there anything to ask about?
  bool empty() const { return messages_.empty(); }

 private:
  void add_chat(const Said& said);
  void add_message(const Said& said);
  void append_tools(std::string& out, const Recording& recording) const;

  Manner manner_;
  std::string tools_;     // JSON array, or empty
  std::string system_;    // messages: plain text
  std::string messages_;  // JSON objects, each with a comma in front of it but the first
};

}  // namespace purser
