// translate/turns.cpp — a history in the order that the strict dialects ask for.
// Messages and Gemini answer 400 to a call without its result right behind it, and to a result
// without its call; chat and Responses bear more. What is bent for that is noted.
#include <algorithm>

#include "translate/parts.hpp"

namespace purser::translate {
namespace {

constexpr std::string_view kNoResult = "(no result was recorded)";
constexpr std::string_view kBegin = "Go on.";

std::vector<const ToolCall*> calls_of(const Turn& turn) {
  std::vector<const ToolCall*> calls;
  for (const Part& part : turn.parts) {
    if (const auto* const call = std::get_if<ToolCall>(&part.what)) {
      calls.push_back(call);
    }
  }
  return calls;
}

/// A result nobody asked for, as words.
Part told(const Part& part, const ToolResult& result, Notes& notes) {
  notes.approximate(path_of(part, "tool result"), Concern::tools,
                    "no call stands in front of this result: told as text");
  std::string text = "Result of " + (result.name.empty() ? result.call_id : result.name) + ":";
  for (const auto& item : result.content) {
    const auto* const words = std::get_if<Text>(&item);
    text += "\n" + (words != nullptr ? words->text : std::string("(media)"));
  }
  return {.what = Text{.text = std::move(text)}, .cache = part.cache, .path = part.path};
}

/// The results in the order of their calls, then whatever else the user said.
std::vector<Part> answered(const std::vector<const ToolCall*>& calls, std::vector<Part> parts,
                           Notes& notes) {
  std::vector<Part> ordered;
  for (const ToolCall* const call : calls) {
    const auto found = std::ranges::find_if(parts, [&](const Part& part) {
      const auto* const result = std::get_if<ToolResult>(&part.what);
      return result != nullptr && result->call_id == call->id;
    });
    if (found == parts.end()) {
      notes.approximate("tool call " + call->id, Concern::tools,
                        "it has no result: one that says so was put in");
      ordered.push_back({.what = ToolResult{.call_id = call->id,
                                            .name = call->name,
                                            .content = {Text{.text = std::string(kNoResult)}},
                                            .is_error = true}});
      continue;
    }
    std::get<ToolResult>(found->what).name = call->name;
    ordered.push_back(std::move(*found));
    parts.erase(found);
  }
  for (Part& part : parts) {
    const auto* const result = std::get_if<ToolResult>(&part.what);
    ordered.push_back(result != nullptr ? told(part, *result, notes) : std::move(part));
  }
  return ordered;
}

/// One turn a change of role; what the system says in between becomes the user's words.
std::vector<Turn> alternating(const Conversation& conversation, Notes& notes) {
  std::vector<Turn> turns;
  for (const Turn& turn : conversation.turns) {
    const Role role = turn.role == Role::system ? Role::user : turn.role;
    for (const Part& part : turn.parts) {
      if (turn.role == Role::system) {
        notes.approximate(path_of(part, "instructions"), Concern::content,
                          "instructions inside the conversation are told as the user's words");
      }
      open_turn(turns, role).parts.push_back(part);
    }
  }
  return turns;
}

}  // namespace

std::vector<Turn> strict_turns(const Conversation& conversation, Notes& notes) {
  std::vector<Turn> turns = alternating(conversation, notes);
  if (turns.empty() || turns.front().role != Role::user) {
    notes.approximate("", Concern::content, "the user must speak first: \"Go on.\" was put in");
    turns.insert(turns.begin(), Turn{.parts = {{.what = Text{.text = std::string(kBegin)}}}});
  }
  std::vector<const ToolCall*> calls;
  for (Turn& turn : turns) {
    if (turn.role == Role::user) {
      turn.parts = answered(calls, std::move(turn.parts), notes);
    }
    calls = calls_of(turn);
  }
  return turns;
}

}  // namespace purser::translate
