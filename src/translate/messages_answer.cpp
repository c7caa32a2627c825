// translate/messages_answer.cpp — a Messages answer, read and written.
#include "translate/dialects.hpp"
#include "translate/parts.hpp"

namespace purser::translate {
namespace {

json::array content_of(const AnswerChoice& choice, Notes& notes) {
  json::array content;
  for (const Part& part : choice.parts) {
    const std::string where = path_of(part, "answer");
    if (const auto* const text = std::get_if<Text>(&part.what)) {
      content.push_back(
          json::object{{"type", "text"}, {"text", text->text}, {"citations", nullptr}});
    } else if (const auto* const call = std::get_if<ToolCall>(&part.what)) {
      if (call->seal) {
        content.push_back(call_seal_block(*call->seal));
      }
      content.push_back(call_block(*call, where, notes));
    } else if (const auto* const thinking = std::get_if<Thinking>(&part.what)) {
      content.push_back(thinking_block(*thinking));
    } else {
      notes.drop(where, Concern::content, "Messages answers with text");
    }
  }
  return content;
}

}  // namespace

Answer read_messages_answer(const json::value& value, const Named&, Reading& reading) {
  Answer answer{.from = Wire::messages};
  Members body(value, "", reading);
  answer.id = body.text("id");
  answer.model = body.text("model");
  AnswerChoice& choice = answer.choices.emplace_back();
  choice.stop = messages_stop(body.text("stop_reason"));
  choice.stop_sequence = body.text("stop_sequence");
  const json::array* const content = body.list("content");
  if (content == nullptr) {
    reading.mistake("content", "a list");
  }
  std::optional<Sealed> waiting;
  for (std::size_t i = 0; content != nullptr && i < content->size(); ++i) {
    if (auto part = read_block((*content)[i], at("content", i), reading, waiting)) {
      choice.parts.push_back(std::move(*part));
    }
  }
  if (const json::value* const usage = body.take("usage")) {
    Members inside(*usage, "usage", reading);
    answer.usage = read_messages_usage(inside);
    answer.tier = inside.text("service_tier");
  }
  for (const std::string_view name : {"type", "role", "stop_details", "container", "diagnostics"}) {
    body.ignore(name);
  }
  body.drop("context_management", Concern::delivery, "what the provider took out of its context");
  return answer;
}

json::object write_messages_answer(const Answer& answer, const Named& named, Notes& notes) {
  const AnswerChoice none;
  const AnswerChoice& choice = answer.choices.empty() ? none : answer.choices.front();
  if (answer.choices.size() > 1) {
    notes.drop("choices", Concern::output, "Messages has one answer a call");
  }
  json::object body{{"id", answer.id.empty() ? named.id : std::string_view(answer.id)},
                    {"type", "message"},
                    {"role", "assistant"},
                    {"model", answer.model},
                    {"content", content_of(choice, notes)},
                    {"stop_reason", messages_word(choice.stop)},
                    {"stop_sequence", nullptr},
                    {"usage", messages_usage(answer.usage.value_or(Usage{}))}};
  if (!choice.stop_sequence.empty()) {
    body["stop_sequence"] = choice.stop_sequence;
  }
  return body;
}

}  // namespace purser::translate
