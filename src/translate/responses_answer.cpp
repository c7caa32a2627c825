// translate/responses_answer.cpp — a Responses answer, read and written.
#include "translate/dialects.hpp"
#include "translate/parts.hpp"
#include "translate/settings.hpp"

namespace purser::translate {
namespace {

bool calls_a_tool(const std::vector<Part>& parts) {
  return std::ranges::any_of(
      parts, [](const Part& part) { return std::holds_alternative<ToolCall>(part.what); });
}

Stop stop_of(Members& body, const std::vector<Part>& parts) {
  const std::string status = body.text("status");
  std::string reason;
  if (const json::value* const details = body.take("incomplete_details")) {
    Members inside(*details, "incomplete_details", body.reading());
    inside.ignore_rest();
    reason = inside.text("reason");
  }
  if (status == "incomplete") {
    return reason == "max_output_tokens" ? Stop::length
           : reason == "content_filter"  ? Stop::refusal
                                         : Stop::other;
  }
  return calls_a_tool(parts) ? Stop::tool_call : Stop::end;
}

/// What an answer repeats of its request, or says about itself only.
void ignore_echo(Members& body) {
  for (const std::string_view name : {"object",
                                      "instructions",
                                      "metadata",
                                      "parallel_tool_calls",
                                      "temperature",
                                      "tool_choice",
                                      "tools",
                                      "top_p",
                                      "background",
                                      "completed_at",
                                      "conversation",
                                      "max_output_tokens",
                                      "max_tool_calls",
                                      "moderation",
                                      "previous_response_id",
                                      "prompt",
                                      "prompt_cache_key",
                                      "prompt_cache_options",
                                      "prompt_cache_retention",
                                      "reasoning",
                                      "safety_identifier",
                                      "text",
                                      "top_logprobs",
                                      "truncation",
                                      "user",
                                      "store",
                                      "billing",
                                      "frequency_penalty",
                                      "presence_penalty",
                                      "output_text"}) {
    body.ignore(name);
  }
  body.drop("tool_usage", Concern::delivery, "what the provider's own tools used");
}

}  // namespace

Answer read_responses_answer(const json::value& value, const Named&, Reading& reading) {
  Answer answer{.from = Wire::responses};
  Members body(value, "", reading);
  answer.id = body.text("id");
  answer.model = body.text("model");
  answer.created = static_cast<std::int64_t>(body.number("created_at").value_or(0));
  answer.tier = body.text("service_tier");
  const json::array* const output = body.list("output");
  if (output == nullptr) {
    reading.mistake("output", "a list");
  }
  Conversation said;
  std::optional<Sealed> waiting;
  for (std::size_t i = 0; output != nullptr && i < output->size(); ++i) {
    read_item((*output)[i], at("output", i), reading, said, waiting);
  }
  AnswerChoice& choice = answer.choices.emplace_back();
  for (Turn& turn : said.turns) {
    std::ranges::move(turn.parts, std::back_inserter(choice.parts));
  }
  choice.stop = stop_of(body, choice.parts);
  if (const json::value* const error = body.take("error")) {
    answer.problem = problem_in(*error, 500);
  }
  if (const json::value* const usage = body.take("usage")) {
    Members inside(*usage, "usage", reading);
    answer.usage = read_responses_usage(inside);
  }
  ignore_echo(body);
  return answer;
}

json::object response_body(std::string_view id, std::string_view model, std::int64_t created,
                           Stop stop) {
  const bool length = stop == Stop::length || stop == Stop::context_full;
  const bool incomplete = length || stop == Stop::refusal;
  json::object body{{"id", id},
                    {"object", "response"},
                    {"created_at", created},
                    {"status", stop == Stop::unsaid ? "in_progress"
                               : incomplete         ? "incomplete"
                                                    : "completed"},
                    {"error", nullptr},
                    {"incomplete_details", nullptr},
                    {"instructions", nullptr},
                    {"metadata", json::object()},
                    {"model", model},
                    {"output", json::array()},
                    {"parallel_tool_calls", true},
                    {"temperature", nullptr},
                    {"tool_choice", "auto"},
                    {"tools", json::array()},
                    {"top_p", nullptr},
                    {"store", false},
                    {"usage", nullptr}};
  if (incomplete) {
    body["incomplete_details"] = {{"reason", length ? "max_output_tokens" : "content_filter"}};
  }
  return body;
}

std::string item_id(std::string_view kind, std::string_view answer, std::size_t index) {
  return std::string(kind) + "_" + std::string(answer) + "_" + std::to_string(index);
}

json::object message_item(const std::string& id, json::array content, std::string_view status) {
  return {{"type", "message"},
          {"id", id},
          {"role", "assistant"},
          {"status", status},
          {"content", std::move(content)}};
}

json::object output_text(std::string_view text) {
  return {{"type", "output_text"},
          {"text", text},
          {"annotations", json::array()},
          {"logprobs", json::array()}};
}

json::object write_responses_answer(const Answer& answer, const Named& named, Notes& notes) {
  const AnswerChoice none;
  const AnswerChoice& choice = answer.choices.empty() ? none : answer.choices.front();
  if (answer.choices.size() > 1) {
    notes.drop("choices", Concern::output, "Responses has one answer a call");
  }
  const std::string id = answer.id.empty() ? std::string(named.id) : answer.id;
  const Stop stop = choice.stop == Stop::unsaid ? Stop::end : choice.stop;
  json::object body =
      response_body(id, answer.model, answer.created != 0 ? answer.created : named.now, stop);
  json::array output;
  json::array content;
  const auto end_message = [&] {
    if (!content.empty()) {
      output.push_back(
          message_item(item_id("msg", id, output.size()), std::move(content), "completed"));
    }
    content = {};
  };
  for (const Part& part : choice.parts) {
    if (const auto* const text = std::get_if<Text>(&part.what)) {
      content.push_back(text->refusal ? json::object{{"type", "refusal"}, {"refusal", text->text}}
                                      : output_text(text->text));
      continue;
    }
    end_message();
    if (const auto* const call = std::get_if<ToolCall>(&part.what)) {
      if (call->seal) {
        output.push_back(call_seal_item(*call->seal, item_id("rs", id, output.size())));
      }
      json::object item = call_item(*call);
      item["id"] = item_id("fc", id, output.size());
      item["status"] = "completed";
      output.push_back(std::move(item));
    } else if (const auto* const thinking = std::get_if<Thinking>(&part.what)) {
      output.push_back(reasoning_item(*thinking, item_id("rs", id, output.size())));
    } else {
      notes.drop(path_of(part, "answer"), Concern::content, "Responses answers with text");
    }
  }
  end_message();
  body["output"] = std::move(output);
  if (answer.usage) {
    body["usage"] = responses_usage(*answer.usage);
  }
  put_text(body, "service_tier", answer.tier == "standard" ? "default" : answer.tier);
  return body;
}

}  // namespace purser::translate
