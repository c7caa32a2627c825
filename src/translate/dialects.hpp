// translate/dialects.hpp — what each dialect brings: readers and writers over trees.
// New dialect = these functions, one row in the table of translate.cpp.
#pragma once

#include "translate/json.hpp"
#include "translate/translate.hpp"

namespace purser::translate {

Conversation read_chat(const json::value& body, Reading& reading);
Conversation read_messages(const json::value& body, Reading& reading);
Conversation read_responses(const json::value& body, Reading& reading);
Conversation read_gemini(const json::value& body, Reading& reading);

json::object write_chat(const Conversation& conversation, Notes& notes);
json::object write_messages(const Conversation& conversation, Notes& notes);
json::object write_responses(const Conversation& conversation, Notes& notes);
json::object write_gemini(const Conversation& conversation, Notes& notes);

Answer read_chat_answer(const json::value& body, const Named& named, Reading& reading);
Answer read_messages_answer(const json::value& body, const Named& named, Reading& reading);
Answer read_responses_answer(const json::value& body, const Named& named, Reading& reading);
Answer read_gemini_answer(const json::value& body, const Named& named, Reading& reading);

json::object write_chat_answer(const Answer& answer, const Named& named, Notes& notes);
json::object write_messages_answer(const Answer& answer, const Named& named, Notes& notes);
json::object write_responses_answer(const Answer& answer, const Named& named, Notes& notes);
json::object write_gemini_answer(const Answer& answer, const Named& named, Notes& notes);

/// Of a chat message, asked or answered: its tool calls, and what it says of its thoughts.
void read_chat_calls(Members& message, std::vector<Part>& parts);
void read_chat_thoughts(Members& message, std::vector<Part>& parts);
/// Of a part of kind "thinking", as Mistral has it.
std::string chat_thought(Members& part);
json::object chat_call(const ToolCall& call);
/// A block of Messages' content, asked or answered; nothing when it could not be kept. `waiting` is
/// the seal of the next tool call.
std::optional<Part> read_block(const json::value& value, const std::string& path, Reading& reading,
                               std::optional<Sealed>& waiting);
/// Thinking as Messages has it: with a signature, or hidden.
json::object thinking_block(const Thinking& thinking);
json::object call_block(const ToolCall& call, const std::string& path, Notes& notes);
json::object call_seal_block(const Sealed& seal);

/// An item of Responses, put where it belongs. `waiting` is the seal of the next tool call.
void read_item(const json::value& value, const std::string& path, Reading& reading,
               Conversation& conversation, std::optional<Sealed>& waiting);
json::object reasoning_item(const Thinking& thinking, const std::string& id);
json::object call_item(const ToolCall& call);
json::object call_seal_item(const Sealed& seal, const std::string& id);
json::object message_item(const std::string& id, json::array content, std::string_view status);
json::object output_text(std::string_view text);
/// The object Response without its output; in progress while `stop` is not said.
json::object response_body(std::string_view id, std::string_view model, std::int64_t created,
                           Stop stop);
std::string item_id(std::string_view kind, std::string_view answer, std::size_t index);

json::array gemini_parts(const std::vector<Part>& parts, Notes& notes);

/// Usage of each dialect, from and to the member it stands in.
Usage read_chat_usage(Members& usage);
Usage read_messages_usage(Members& usage);
Usage read_responses_usage(Members& usage);
Usage read_gemini_usage(Members& usage);
json::object chat_usage(const Usage& usage);
json::object messages_usage(const Usage& usage);
json::object responses_usage(const Usage& usage);
json::object gemini_usage(const Usage& usage);

/// The error in a body or in an event, and a problem as the body of one.
Problem problem_in(const json::value& body, int status);
json::object error_body(Wire wire, const Problem& problem);
std::string_view openai_code(const Problem& problem);

/// Why a model stopped, in each dialect's words.
Stop chat_stop(std::string_view reason);
Stop messages_stop(std::string_view reason);
Stop gemini_stop(std::string_view reason);
std::string_view chat_word(Stop stop);
std::string_view messages_word(Stop stop);
std::string_view gemini_word(Stop stop);

}  // namespace purser::translate
