// simulate/show_gemini.cpp — Google's answers: whole, as events, as one array, and vectors.
#include <fmt/format.h>

#include <algorithm>

#include "base/json_text.hpp"
#include "simulate/show.hpp"

namespace purser::simulate {
namespace {

std::string_view finish_word(const Choice& choice) {
  switch (choice.finish) {
    case Finish::length:
      return "MAX_TOKENS";
    case Finish::refusal:
      return "SAFETY";
    case Finish::done:
    case Finish::tool:
    case Finish::stop_sequence:
      break;
  }
  return "STOP";
}

/// How much of the output exists: zero is not said.
struct Told {
  std::int64_t said = 0;
  std::int64_t thought = 0;
};

std::string usage_json(const Scene& scene, const Told& told) {
  const Usage usage = scene.reported();
  const std::int64_t tools = scene.answer.input_grown;
  std::string out;
  JsonObject object(out);
  const std::int64_t prompt = std::max<std::int64_t>(usage.prompt() - tools, 0);
  const auto count = [&](std::string_view name, std::int64_t tokens) {
    if (tokens > 0 && !scene.script.zero_usage) {
      object.number(name, tokens);
    }
  };
  count("promptTokenCount", prompt);
  count("cachedContentTokenCount", usage.cache_read);
  count("toolUsePromptTokenCount", tools);
  count("candidatesTokenCount", told.said);
  count("thoughtsTokenCount", told.thought);
  object.number("totalTokenCount",
                scene.script.zero_usage ? 0 : usage.prompt() + told.said + told.thought);
  object.text("serviceTier", scene.answer.terms.tier == Tier::flex ? "flex" : "standard");
  object.finish();
  return out;
}

std::string text_part(std::string_view text) {
  std::string out;
  JsonObject(out).text("text", text).finish();
  return out;
}

std::string grounding_json(const Scene& scene) {
  std::string queries;
  for (std::int64_t i = 0; i < scene.answer.usage.searches; ++i) {
    queries += fmt::format(R"({}"query {}")", i == 0 ? "" : ",", i);
  }
  return R"({"webSearchQueries":[)" + queries + "]}";
}

/// One candidate; without `finish` it goes on.
std::string candidate_json(const Scene& scene, std::size_t index, std::string_view part,
                           std::string_view finish) {
  std::string out;
  JsonObject object(out);
  object.raw("content", fmt::format(R"({{"parts":[{}],"role":"model"}})", part));
  if (!finish.empty()) {
    object.text("finishReason", finish);
    if (index == 0 && scene.answer.usage.searches > 0) {
      object.raw("groundingMetadata", grounding_json(scene));
    }
  }
  object.number("index", static_cast<std::int64_t>(index)).finish();
  return out;
}

std::string call_part(const Choice& choice) {
  if (choice.finish == Finish::length) {
    return text_part(choice.arguments);  // half a call is none
  }
  return fmt::format(R"({{"functionCall":{{"name":"{}","args":{}}}}})", choice.tool,
                     choice.arguments);
}

std::string answer_json(const Scene& scene, std::string_view candidates, const Told& told) {
  std::string out;
  JsonObject object(out);
  if (scene.script.refusal) {
    object.raw("promptFeedback", R"({"blockReason":"SAFETY"})");
  } else {
    object.raw("candidates", fmt::format("[{}]", candidates));
  }
  if (!scene.script.no_usage) {
    object.raw("usageMetadata", usage_json(scene, told));
  }
  object.text("modelVersion", scene.asked.model->answers_as)
      .text("responseId", fmt::format("gen_{}", scene.id))
      .finish();
  return out;
}

/// Three numbers stand for three thousand.
std::string vectors_json(const Scene& scene) {
  constexpr std::string_view kVector = R"({"values":[0.125,-0.5,0.25]})";
  std::string out;
  JsonObject object(out);
  if (scene.asked.one_text) {
    object.raw("embedding", kVector);
  } else {
    std::string all;
    for (std::size_t i = 0; i < scene.asked.texts; ++i) {
      all += i == 0 ? "" : ",";
      all += kVector;
    }
    object.raw("embeddings", "[" + all + "]");
  }
  if (scene.asked.model->tells_usage && !scene.script.no_usage) {
    object.raw("usageMetadata",
               fmt::format(R"({{"promptTokenCount":{}}})", scene.reported().prompt()));
  }
  object.finish();
  return out;
}

/// Writes chunks, in the framing that was asked for.
class Chunks {
 public:
  explicit Chunks(const Scene& scene) : scene_(scene) {}

  void line(std::string_view json) {
    if (scene_.asked.in_one_array) {
      reel_.bytes += reel_.bytes.empty() ? "[" : "\n,\r\n";
      reel_.bytes += json;
    } else {
      fmt::format_to(std::back_inserter(reel_.bytes), "data: {}\r\n\r\n", json);
    }
    reel_.mark(generated());
  }
  void chunk(std::size_t index, std::string_view part, std::string_view finish) {
    line(answer_json(scene_, candidate_json(scene_, index, part, finish), told));
  }
  Reel take() {
    if (scene_.asked.in_one_array) {
      reel_.bytes += "\n]\n";
      reel_.marks.back().end = reel_.bytes.size();
    }
    return std::move(reel_);
  }
  std::int64_t generated() const { return told.said + told.thought; }
  bool fails() const { return generated() >= scene_.fails_at(); }

  Told told;

 private:
  const Scene& scene_;
  Reel reel_;
};

enum class Ended : std::uint8_t { whole, broken_off };

Ended tell_choice(const Scene& scene, Chunks& chunks, std::size_t index) {
  const Choice& choice = scene.answer.choices[index];
  chunks.told.thought += choice.reasoning;
  if (!choice.tool.empty()) {
    chunks.told.said += choice.tokens;
    if (chunks.fails()) {
      return Ended::broken_off;
    }
    chunks.chunk(index, call_part(choice), finish_word(choice));
    return Ended::whole;
  }
  const std::int64_t end = chunks.told.said + choice.tokens;
  std::string_view text = choice.text;
  do {
    if (chunks.fails()) {
      return Ended::broken_off;
    }
    const std::string_view piece = take_piece(text, scene.tokens_per_event);
    const bool last = text.empty();
    chunks.told.said = last ? end : std::min(end, chunks.told.said + tokens_of(piece));
    chunks.chunk(index, text_part(piece), last ? finish_word(choice) : "");
  } while (!text.empty());
  return chunks.fails() ? Ended::broken_off : Ended::whole;
}

}  // namespace

Reel show_gemini(const Scene& scene) {
  Reel reel;
  if (scene.asked.model->embeds) {
    reel.bytes = vectors_json(scene);
  } else {
    Told told{.said = scene.answer.usage.output - scene.answer.usage.reasoning,
              .thought = scene.answer.usage.reasoning};
    std::string candidates;
    for (std::size_t i = 0; i < scene.answer.choices.size(); ++i) {
      const Choice& choice = scene.answer.choices[i];
      candidates += i == 0 ? "" : ",";
      candidates +=
          candidate_json(scene, i, choice.tool.empty() ? text_part(choice.text) : call_part(choice),
                         finish_word(choice));
    }
    reel.bytes = answer_json(scene, candidates, told);
  }
  reel.mark(scene.answer.usage.output);
  return reel;
}

Reel show_gemini_stream(const Scene& scene) {
  Chunks chunks(scene);
  if (scene.script.refusal) {
    chunks.line(answer_json(scene, "", {}));
    return chunks.take();
  }
  for (std::size_t i = 0; i < scene.answer.choices.size(); ++i) {
    if (tell_choice(scene, chunks, i) == Ended::broken_off) {
      const Failure& failure = failure_of(500);
      chunks.line(failure_body(Dialect::gemini, failure, failure.message, "", "", scene.id));
      return chunks.take();
    }
  }
  return chunks.take();
}

}  // namespace purser::simulate
