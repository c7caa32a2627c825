// translate/gemini_answer.cpp — a generateContent answer, read and written.
#include "translate/dialects.hpp"
#include "translate/gemini.hpp"
#include "translate/parts.hpp"
#include "translate/settings.hpp"

namespace purser::translate {
namespace {

bool calls_a_tool(const std::vector<Part>& parts) {
  return std::ranges::any_of(
      parts, [](const Part& part) { return std::holds_alternative<ToolCall>(part.what); });
}

/// Some servers give the enum's number.
Stop finish_of(Members& candidate) {
  constexpr Stop kNumbered[] = {Stop::unsaid,  Stop::end,     Stop::length,
                                Stop::refusal, Stop::refusal, Stop::other};
  const json::value* const reason = candidate.take("finishReason");
  if (reason != nullptr && reason->is_int64()) {
    const std::int64_t number = reason->get_int64();
    return number >= 0 && number < std::ssize(kNumbered) ? kNumbered[number] : Stop::other;
  }
  return reason == nullptr ? Stop::unsaid : gemini_stop(text_of(*reason));
}

AnswerChoice read_candidate(const json::value& value, const std::string& path, CallIds& ids,
                            Reading& reading) {
  Members candidate(value, path, reading);
  AnswerChoice choice;
  if (const json::value* const inside = candidate.take("content")) {
    Members content(*inside, candidate.path("content"), reading);
    content.ignore("role");
    const json::array* const parts = content.list("parts");
    for (std::size_t i = 0; parts != nullptr && i < parts->size(); ++i) {
      read_gemini_part((*parts)[i], at(content.path("parts"), i), reading, ids, choice.parts);
    }
  }
  choice.stop = finish_of(candidate);
  if (choice.stop == Stop::end && calls_a_tool(choice.parts)) {
    choice.stop = Stop::tool_call;
  }
  for (const std::string_view name :
       {"index", "avgLogprobs", "tokenCount", "finishMessage", "safetyRatings"}) {
    candidate.ignore(name);
  }
  candidate.drop("logprobsResult", Concern::delivery,
                 "the probabilities of tokens are not translated");
  for (const std::string_view name :
       {"citationMetadata", "groundingMetadata", "urlContextMetadata"}) {
    candidate.drop(name, Concern::delivery, "where the text came from");
  }
  return choice;
}

}  // namespace

Answer read_gemini_answer(const json::value& value, const Named& named, Reading& reading) {
  CallIds ids{std::string(named.id)};
  return read_gemini_chunk(value, ids, reading);
}

Answer read_gemini_chunk(const json::value& value, CallIds& ids, Reading& reading) {
  Answer answer{.from = Wire::gemini};
  Members body(value, "", reading);
  answer.id = body.text("responseId");
  answer.model = body.text("modelVersion");
  const json::array* const candidates = body.list("candidates");
  for (std::size_t i = 0; candidates != nullptr && i < candidates->size(); ++i) {
    answer.choices.push_back(read_candidate((*candidates)[i], at("candidates", i), ids, reading));
  }
  const json::value* const feedback = body.take("promptFeedback");
  if (feedback != nullptr && answer.choices.empty()) {
    answer.choices.push_back({.stop = Stop::refusal});
  }
  if (const json::value* const usage = body.take("usageMetadata")) {
    Members inside(*usage, "usageMetadata", reading);
    answer.usage = read_gemini_usage(inside);
    answer.tier = inside.text("serviceTier");
  }
  if (const json::value* const error = body.take("error")) {
    answer.problem = problem_in(*error, 500);
  } else if (candidates == nullptr && feedback == nullptr && !answer.usage) {
    reading.mistake("candidates", "a list");
  }
  for (const std::string_view name : {"createTime", "modelStatus", "sdkHttpResponse"}) {
    body.ignore(name);
  }
  return answer;
}

json::array gemini_parts(const std::vector<Part>& parts, Notes& notes) {
  json::array written;
  for (const Part& part : parts) {
    const std::string where = path_of(part, "answer");
    if (const auto* const text = std::get_if<Text>(&part.what)) {
      written.push_back(json::object{{"text", text->text}});
    } else if (const auto* const call = std::get_if<ToolCall>(&part.what)) {
      written.push_back(gemini_call(*call, where, notes));
    } else if (const auto* const thinking = std::get_if<Thinking>(&part.what)) {
      written.push_back(gemini_thought(*thinking));
    } else if (const auto* const media = std::get_if<Media>(&part.what);
               media != nullptr && !media->data.empty()) {
      written.push_back(inline_data(*media));
    } else {
      notes.drop(where, Concern::content, "no part of a Gemini answer");
    }
  }
  return written;
}

json::object write_gemini_answer(const Answer& answer, const Named& named, Notes& notes) {
  json::array candidates;
  for (const AnswerChoice& choice : answer.choices) {
    const auto index = static_cast<std::int64_t>(candidates.size());
    candidates.push_back(
        json::object{{"content", {{"role", "model"}, {"parts", gemini_parts(choice.parts, notes)}}},
                     {"finishReason", gemini_word(choice.stop)},
                     {"index", index}});
  }
  json::object body{{"candidates", std::move(candidates)},
                    {"modelVersion", answer.model},
                    {"responseId", answer.id.empty() ? named.id : std::string_view(answer.id)}};
  if (answer.usage) {
    body["usageMetadata"] = gemini_usage(*answer.usage);
  }
  return body;
}

}  // namespace purser::translate
