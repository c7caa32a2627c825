// simulate/show_plain.cpp — vectors, and completions without a conversation, whole and as chunks.
#include <fmt/format.h>

#include <algorithm>

#include "base/json_text.hpp"
#include "simulate/show.hpp"

namespace purser::simulate {
namespace {

/// Eight numbers, all zero: nobody reads them.
constexpr std::string_view kNumbers = "[0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0]";
constexpr std::string_view kBase64 = R"("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")";

std::string completions_usage(const Scene& scene) {
  const Usage usage = scene.reported();
  return fmt::format(R"("usage":{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}})",
                     usage.prompt(), usage.output, usage.prompt() + usage.output);
}

std::string opening(const Scene& scene) {
  return fmt::format(R"({{"id":"cmpl-{}","object":"text_completion","created":{},"model":"{}",)",
                     scene.id, scene.created, scene.asked.model->answers_as);
}

std::string choice_json(std::size_t index, std::string_view text, std::string_view finish) {
  std::string out;
  JsonObject(out)
      .text("text", text)
      .number("index", static_cast<std::int64_t>(index))
      .raw("logprobs", "null")
      .raw("finish_reason", finish)
      .finish();
  return out;
}

std::string_view finish_word(const Choice& choice) {
  return choice.finish == Finish::length ? "\"length\"" : "\"stop\"";
}

}  // namespace

Reel show_embeddings(const Scene& scene) {
  Reel reel;
  reel.bytes = R"({"object":"list","data":[)";
  for (std::int64_t i = 0; i < scene.asked.vectors; ++i) {
    fmt::format_to(std::back_inserter(reel.bytes),
                   R"({}{{"object":"embedding","index":{},"embedding":{}}})", i == 0 ? "" : ",", i,
                   scene.asked.vectors_in_base64 ? kBase64 : kNumbers);
  }
  fmt::format_to(std::back_inserter(reel.bytes), R"(],"model":"{}")",
                 scene.asked.model->answers_as);
  if (!scene.script.no_usage) {
    const std::int64_t prompt = scene.reported().prompt();
    fmt::format_to(std::back_inserter(reel.bytes),
                   R"(,"usage":{{"prompt_tokens":{},"total_tokens":{}}})", prompt, prompt);
  }
  reel.bytes += '}';
  reel.mark(0);
  return reel;
}

Reel show_completions(const Scene& scene) {
  Reel reel{.bytes = opening(scene) + R"("choices":[)", .marks = {}};
  for (std::size_t i = 0; i < scene.answer.choices.size(); ++i) {
    const Choice& choice = scene.answer.choices[i];
    reel.bytes += i == 0 ? "" : ",";
    reel.bytes += choice_json(i, choice.text, finish_word(choice));
  }
  reel.bytes += ']';
  if (!scene.script.no_usage) {
    reel.bytes += ',' + completions_usage(scene);
  }
  reel.bytes += '}';
  reel.mark(scene.answer.usage.output);
  return reel;
}

Reel show_completions_stream(const Scene& scene) {
  Reel reel;
  const std::string begin = "data: " + opening(scene) + R"("choices":[)";
  std::int64_t generated = 0;
  const auto chunk = [&](std::string_view choices, std::string_view usage) {
    reel.bytes += begin;
    reel.bytes += choices;
    reel.bytes += ']';
    reel.bytes += usage;
    reel.bytes += "}\n\n";
    reel.mark(generated);
  };
  const bool tells = scene.asked.include_usage && !scene.script.no_usage;
  const std::string_view none = tells ? R"(,"usage":null)" : "";
  for (std::size_t i = 0; i < scene.answer.choices.size(); ++i) {
    const Choice& choice = scene.answer.choices[i];
    const std::int64_t end = generated + choice.tokens + choice.reasoning;
    std::string_view text = choice.text;
    while (!text.empty()) {
      if (generated >= scene.fails_at()) {
        const Failure& failure = failure_of(500);
        reel.bytes +=
            "data: " +
            failure_body(Dialect::completions, failure, failure.message, "", "", scene.id) + "\n\n";
        reel.mark(generated);
        return reel;
      }
      const std::string_view piece = take_piece(text, scene.tokens_per_event);
      generated = std::min(end, generated + tokens_of(piece));
      chunk(choice_json(i, piece, "null"), none);
    }
    generated = end;
    chunk(choice_json(i, "", finish_word(choice)), none);
  }
  if (tells) {
    chunk("", ',' + completions_usage(scene));
  }
  reel.bytes += "data: [DONE]\n\n";
  reel.mark(generated);
  return reel;
}

}  // namespace purser::simulate
