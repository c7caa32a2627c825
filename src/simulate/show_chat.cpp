// simulate/show_chat.cpp — chat completions, whole and as chunks.
#include <fmt/format.h>

#include <algorithm>

#include "base/json_text.hpp"
#include "simulate/show.hpp"

namespace purser::simulate {
namespace {

std::string_view finish_word(const Choice& choice) {
  switch (choice.finish) {
    case Finish::length:
      return "\"length\"";
    case Finish::tool:
      return "\"tool_calls\"";
    case Finish::refusal:
      return choice.text.empty() ? "\"content_filter\"" : "\"stop\"";
    case Finish::done:
    case Finish::stop_sequence:
      break;
  }
  return "\"stop\"";
}

std::string_view tier_word(Tier tier) {
  switch (tier) {
    case Tier::priority:
      return "priority";
    case Tier::flex:
      return "flex";
    case Tier::standard:
      break;
  }
  return "default";
}

std::string usage_json(const Scene& scene) {
  const Usage usage = scene.reported();
  const auto& model = *scene.asked.model;
  const std::string writes =
      model.bills_cache_writes ? fmt::format(R"(,"cache_write_tokens":{})", usage.cache_write_short)
                               : std::string();
  return fmt::format(R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},)"
                     R"("prompt_tokens_details":{{"cached_tokens":{}{},"audio_tokens":0}},)"
                     R"("completion_tokens_details":{{"reasoning_tokens":{},"audio_tokens":0,)"
                     R"("accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}})",
                     usage.prompt(), usage.output, usage.prompt() + usage.output, usage.cache_read,
                     writes, usage.reasoning);
}

/// `"id":…,"object":…,"created":…,"model":…`, which every object begins with.
std::string opening(const Scene& scene, std::string_view object) {
  return fmt::format(R"({{"id":"chatcmpl-{}","object":"{}","created":{},"model":"{}",)"
                     R"("service_tier":"{}","system_fingerprint":"fp_simulated")",
                     scene.id, object, scene.created, scene.asked.model->answers_as,
                     tier_word(scene.answer.terms.tier));
}

std::string call_id(const Scene& scene, std::size_t index) {
  return fmt::format("call_{}{}", scene.id, index);
}

std::string message_json(const Scene& scene, std::size_t index) {
  const Choice& choice = scene.answer.choices[index];
  std::string out;
  JsonObject message(out);
  message.text("role", "assistant");
  const bool refused = choice.finish == Finish::refusal && scene.script.refusal;
  if (refused || !choice.tool.empty()) {
    message.raw("content", "null");
  } else {
    message.text("content", choice.text);
  }
  if (refused) {
    message.text("refusal", choice.text);
  } else {
    message.raw("refusal", "null");
  }
  message.raw("annotations", "[]");
  if (!choice.tool.empty()) {
    std::string function;
    JsonObject(function).text("name", choice.tool).text("arguments", choice.arguments).finish();
    message.raw("tool_calls", fmt::format(R"([{{"id":"{}","type":"function","function":{}}}])",
                                          call_id(scene, index), function));
  }
  message.finish();
  return out;
}

/// Writes chunks; every one repeats who it is.
class Chunks {
 public:
  explicit Chunks(const Scene& scene)
      : scene_(scene), opening_(opening(scene, "chat.completion.chunk")) {}

  void chunk(std::size_t index, std::string_view delta, std::string_view finish = "null") {
    reel_.bytes += "data: ";
    reel_.bytes += opening_;
    fmt::format_to(std::back_inserter(reel_.bytes),
                   R"(,"choices":[{{"index":{},"delta":{},"logprobs":null,"finish_reason":{}}}])",
                   index, delta, finish);
    end(scene_.asked.include_usage && !scene_.script.no_usage ? R"(,"usage":null)" : "");
  }

  void usage() {
    reel_.bytes += "data: ";
    reel_.bytes += opening_;
    reel_.bytes += R"(,"choices":[])";
    end(R"(,"usage":)" + usage_json(scene_));
  }

  void line(std::string_view data) {
    fmt::format_to(std::back_inserter(reel_.bytes), "data: {}\n\n", data);
    reel_.mark(generated);
  }

  Reel take() { return std::move(reel_); }

  std::int64_t generated = 0;

 private:
  void end(std::string_view last_member) {
    reel_.bytes += last_member;
    reel_.bytes += "}\n\n";
    reel_.mark(generated);
  }

  const Scene& scene_;
  std::string opening_;
  Reel reel_;
};

enum class Told : std::uint8_t { all, broken_off };

/// The deltas that carry `text`; `wrap` makes a delta of one piece.
template <typename Wrap>
Told tell(const Scene& scene, Chunks& chunks, std::size_t index, std::string_view text,
          std::int64_t tokens, Wrap wrap) {
  const std::int64_t end = chunks.generated + tokens;
  while (!text.empty()) {
    if (chunks.generated >= scene.fails_at()) {
      return Told::broken_off;
    }
    const std::string_view piece = take_piece(text, scene.tokens_per_event);
    chunks.generated = std::min(end, chunks.generated + tokens_of(piece));
    chunks.chunk(index, wrap(piece));
  }
  chunks.generated = end;
  return chunks.generated >= scene.fails_at() ? Told::broken_off : Told::all;
}

std::string member_json(std::string_view name, std::string_view text) {
  std::string out;
  JsonObject(out).text(name, text).finish();
  return out;
}

Told tell_tool(const Scene& scene, Chunks& chunks, std::size_t index) {
  const Choice& choice = scene.answer.choices[index];
  std::string function;
  JsonObject(function).text("name", choice.tool).text("arguments", "").finish();
  const std::int64_t name_tokens = std::min(choice.tokens, tokens_of(choice.tool));
  chunks.generated += name_tokens;
  chunks.chunk(index, fmt::format(R"({{"role":"assistant","content":null,"tool_calls":[{{)"
                                  R"("index":0,"id":"{}","type":"function","function":{}}}],)"
                                  R"("refusal":null}})",
                                  call_id(scene, index), function));
  return tell(scene, chunks, index, choice.arguments, choice.tokens - name_tokens,
              [](std::string_view piece) {
                return fmt::format(R"({{"tool_calls":[{{"index":0,"function":{}}}]}})",
                                   member_json("arguments", piece));
              });
}

Told tell_choice(const Scene& scene, Chunks& chunks, std::size_t index) {
  const Choice& choice = scene.answer.choices[index];
  chunks.generated += choice.reasoning;
  Told told = Told::all;
  if (!choice.tool.empty()) {
    told = tell_tool(scene, chunks, index);
  } else {
    chunks.chunk(index, R"({"role":"assistant","content":"","refusal":null})");
    const std::string_view name = scene.script.refusal ? "refusal" : "content";
    told = tell(scene, chunks, index, choice.text, choice.tokens,
                [&](std::string_view piece) { return member_json(name, piece); });
  }
  if (told == Told::all) {
    chunks.chunk(index, "{}", finish_word(choice));
  }
  return told;
}

}  // namespace

Reel show_chat(const Scene& scene) {
  Reel reel{.bytes = opening(scene, "chat.completion"), .marks = {}};
  reel.bytes += R"(,"choices":[)";
  for (std::size_t i = 0; i < scene.answer.choices.size(); ++i) {
    fmt::format_to(std::back_inserter(reel.bytes),
                   R"({}{{"index":{},"message":{},"logprobs":null,"finish_reason":{}}})",
                   i == 0 ? "" : ",", i, message_json(scene, i),
                   finish_word(scene.answer.choices[i]));
  }
  reel.bytes += ']';
  if (!scene.script.no_usage) {
    reel.bytes += R"(,"usage":)" + usage_json(scene);
  }
  reel.bytes += '}';
  reel.mark(scene.answer.usage.output);
  return reel;
}

Reel show_chat_stream(const Scene& scene) {
  Chunks chunks(scene);
  for (std::size_t i = 0; i < scene.answer.choices.size(); ++i) {
    if (tell_choice(scene, chunks, i) == Told::broken_off) {
      const Failure& failure = failure_of(500);
      chunks.line(failure_body(Dialect::chat, failure, failure.message, "", "", scene.id));
      return chunks.take();
    }
  }
  if (scene.asked.include_usage && !scene.script.no_usage) {
    chunks.usage();
  }
  chunks.line("[DONE]");
  return chunks.take();
}

}  // namespace purser::simulate
