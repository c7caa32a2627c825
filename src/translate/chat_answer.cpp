// translate/chat_answer.cpp — a Chat Completions answer, read and written.
#include "translate/dialects.hpp"
#include "translate/parts.hpp"
#include "translate/settings.hpp"

namespace purser::translate {
namespace {

void read_words(Members& message, std::vector<Part>& parts) {
  const json::value* const content = message.take("content");
  if (content == nullptr) {
    return;
  }
  if (content->is_string()) {
    if (!text_of(*content).empty()) {
      parts.push_back({.what = Text{.text = std::string(text_of(*content))}});
    }
    return;
  }
  if (!content->is_array()) {
    message.reading().mistake(message.path("content"), "a string");
    return;
  }
  for (std::size_t i = 0; i < content->get_array().size(); ++i) {  // Mistral's thinking models
    Members part(content->get_array()[i], at(message.path("content"), i), message.reading());
    const std::string type = part.text("type");
    if (type == "text") {
      parts.push_back({.what = Text{.text = part.text("text")}});
    } else if (type == "thinking") {
      parts.push_back({.what = Thinking{.text = chat_thought(part)}, .path = part.path()});
    } else {
      part.ignore_rest();
      message.reading().drop(part.path(), Concern::content, "a part of another kind than text");
    }
  }
}

AnswerChoice read_choice(const json::value& value, const std::string& path, Reading& reading) {
  Members choice(value, path, reading);
  choice.ignore("index");
  choice.ignore("native_finish_reason");
  choice.drop("logprobs", Concern::delivery, "the probabilities of tokens are not translated");
  AnswerChoice read{.stop = chat_stop(choice.text("finish_reason"))};
  const json::value* const value_of_message = choice.take("message");
  if (value_of_message == nullptr) {  // Azure, when its filter took everything
    return read;
  }
  Members message(*value_of_message, choice.path("message"), reading);
  message.ignore("role");
  read_chat_thoughts(message, read.parts);
  read_words(message, read.parts);
  if (const auto refusal = message.text_if("refusal")) {
    read.parts.push_back({.what = Text{.text = *refusal, .refusal = true}});
  }
  read_chat_calls(message, read.parts);
  message.drop("annotations", Concern::delivery, "where the text came from");
  message.drop("audio", Concern::content, "answers are translated as text");
  message.drop("reasoning_details", Concern::thinking, "thoughts in a form of their own");
  return read;
}

json::object write_message(const AnswerChoice& choice, Notes& notes) {
  json::object message{{"role", "assistant"}};
  std::string words;
  std::string refusal;
  std::string thoughts;
  json::array calls;
  for (const Part& part : choice.parts) {
    if (const auto* const text = std::get_if<Text>(&part.what)) {
      (text->refusal ? refusal : words) += text->text;
    } else if (const auto* const call = std::get_if<ToolCall>(&part.what)) {
      calls.push_back(chat_call(*call));
    } else if (const auto* const thinking = std::get_if<Thinking>(&part.what)) {
      thoughts += thinking->text;
      if (thinking->seal) {
        notes.drop(path_of(part, "thinking"), Concern::thinking,
                   "chat has no place for the seal of a thought");
      }
    } else {
      notes.drop(path_of(part, "answer"), Concern::content, "chat answers with text");
    }
  }
  message["content"] = words.empty() ? json::value(nullptr) : json::value(words);
  message["refusal"] = refusal.empty() ? json::value(nullptr) : json::value(refusal);
  put_text(message, "reasoning_content", thoughts);
  if (!calls.empty()) {
    message["tool_calls"] = std::move(calls);
  }
  return message;
}

}  // namespace

Answer read_chat_answer(const json::value& value, const Named&, Reading& reading) {
  Answer answer{.from = Wire::chat};
  Members body(value, "", reading);
  answer.id = body.text("id");
  answer.model = body.text("model");
  answer.created = body.whole("created").value_or(0);
  answer.tier = body.text("service_tier");
  const json::array* const choices = body.list("choices");
  if (const json::value* const error = body.take("error")) {
    answer.problem = problem_in(*error, 500);
  } else if (choices == nullptr) {
    reading.mistake("choices", "a list");
  }
  for (std::size_t i = 0; choices != nullptr && i < choices->size(); ++i) {
    answer.choices.push_back(read_choice((*choices)[i], at("choices", i), reading));
  }
  if (const json::value* const usage = body.take("usage")) {
    Members inside(*usage, "usage", reading);
    answer.usage = read_chat_usage(inside);
  }
  body.ignore("object");
  body.ignore("system_fingerprint");
  return answer;
}

json::object write_chat_answer(const Answer& answer, const Named& named, Notes& notes) {
  json::array choices;
  for (const AnswerChoice& choice : answer.choices) {
    const auto index = static_cast<std::int64_t>(choices.size());
    choices.push_back(json::object{{"index", index},
                                   {"message", write_message(choice, notes)},
                                   {"logprobs", nullptr},
                                   {"finish_reason", chat_word(choice.stop)}});
  }
  json::object body{{"id", answer.id.empty() ? named.id : std::string_view(answer.id)},
                    {"object", "chat.completion"},
                    {"created", answer.created != 0 ? answer.created : named.now},
                    {"model", answer.model},
                    {"choices", std::move(choices)}};
  if (answer.usage) {
    body["usage"] = chat_usage(*answer.usage);
  }
  put_text(body, "service_tier", answer.tier == "standard" ? "default" : answer.tier);
  return body;
}

}  // namespace purser::translate
