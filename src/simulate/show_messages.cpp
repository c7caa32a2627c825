// simulate/show_messages.cpp — messages, whole and as events.
#include <fmt/format.h>

#include <algorithm>

#include "base/json_text.hpp"
#include "simulate/members.hpp"
#include "simulate/show.hpp"

namespace purser::simulate {
namespace {

std::string_view stop_word(const Choice& choice) {
  switch (choice.finish) {
    case Finish::length:
      return "max_tokens";
    case Finish::tool:
      return "tool_use";
    case Finish::refusal:
      return "refusal";
    case Finish::stop_sequence:
      return "stop_sequence";
    case Finish::done:
      break;
  }
  return "end_turn";
}

/// `"stop_reason":…,"stop_sequence":…`; a warming call has no choice and says it met its cap of 0.
std::string stop_members(const Answer& answer) {
  if (answer.choices.empty()) {
    return R"("stop_reason":"max_tokens","stop_sequence":null)";
  }
  const Choice& choice = answer.choices.front();
  std::string sequence = "null";
  if (choice.finish == Finish::stop_sequence) {
    sequence.clear();
    append_json_string(sequence, choice.stop);
  }
  return fmt::format(R"("stop_reason":"{}","stop_sequence":{})", stop_word(choice), sequence);
}

/// The start of a stream knows the input, says 1 of the output, and alone tells tier, speed, place.
std::string opening_usage(const Scene& scene, std::int64_t input, std::int64_t output) {
  const Usage usage = scene.reported();
  const Terms& terms = scene.answer.terms;
  return fmt::format(
      R"({{"input_tokens":{},"cache_creation_input_tokens":{},"cache_read_input_tokens":{},)"
      R"("cache_creation":{{"ephemeral_5m_input_tokens":{},"ephemeral_1h_input_tokens":{}}},)"
      R"("output_tokens":{},"service_tier":"standard","speed":"{}","inference_geo":"{}")",
      input, usage.cache_write_short + usage.cache_write_long, usage.cache_read,
      usage.cache_write_short, usage.cache_write_long, output, terms.fast ? "fast" : "standard",
      terms.us_only ? "us" : "global");
}

/// What is only known at the end.
std::string closing_usage(const Usage& usage) {
  std::string out;
  if (usage.reasoning > 0) {
    out += fmt::format(R"(,"output_tokens_details":{{"thinking_tokens":{}}})", usage.reasoning);
  }
  if (usage.searches > 0) {
    out += fmt::format(R"(,"server_tool_use":{{"web_search_requests":{},"web_fetch_requests":0}})",
                       usage.searches);
  }
  return out;
}

bool has_thinking(const Scene& scene) {
  return scene.answer.usage.reasoning > 0;
}

std::string thinking_block(const Scene& scene, bool signed_already) {
  return fmt::format(R"({{"type":"thinking","thinking":"","signature":"{}"}})",
                     signed_already ? scene.id : "");
}

std::string search_call(const Scene& scene, std::int64_t index) {
  return fmt::format(
      R"({{"type":"server_tool_use","id":"srvtoolu_{}{}","name":"web_search","input":{{}}}})",
      scene.id, index);
}

std::string search_result(const Scene& scene, std::int64_t index) {
  return fmt::format(
      R"({{"type":"web_search_tool_result","tool_use_id":"srvtoolu_{}{}","content":[]}})", scene.id,
      index);
}

std::string tool_block(const Scene& scene, const Choice& choice, std::string_view input) {
  std::string out;
  JsonObject(out)
      .text("type", "tool_use")
      .text("id", fmt::format("toolu_{}", scene.id))
      .text("name", choice.tool)
      .raw("input", input)
      .finish();
  return out;
}

/// Does the answer say anything? A refusal before any output does not.
bool speaks(const Scene& scene) {
  return !scene.answer.choices.empty() && !scene.answer.free;
}

std::string content_json(const Scene& scene) {
  std::vector<std::string> blocks;
  if (has_thinking(scene)) {
    blocks.push_back(thinking_block(scene, true));
  }
  for (std::int64_t i = 0; i < scene.answer.usage.searches; ++i) {
    blocks.push_back(search_call(scene, i));
    blocks.push_back(search_result(scene, i));
  }
  if (speaks(scene)) {
    const Choice& choice = scene.answer.choices.front();
    if (!choice.tool.empty()) {
      const bool whole = choice.finish == Finish::tool;
      blocks.push_back(tool_block(scene, choice, whole ? choice.arguments : "{}"));
    } else if (!choice.text.empty()) {
      std::string block;
      JsonObject(block).text("type", "text").text("text", choice.text).finish();
      blocks.push_back(std::move(block));
    }
  }
  return fmt::format("[{}]", fmt::join(blocks, ","));
}

/// Writes events: their name stands twice, as the SDKs expect.
class Events {
 public:
  explicit Events(const Scene& scene) : scene_(scene) {}

  template <typename... Values>
  void event(std::string_view name, fmt::format_string<Values...> members, Values&&... values) {
    fmt::format_to(std::back_inserter(reel_.bytes), "event: {}\ndata: {{\"type\":\"{}\"", name,
                   name);
    fmt::format_to(std::back_inserter(reel_.bytes), members, std::forward<Values>(values)...);
    reel_.bytes += "}\n\n";
    reel_.mark(generated);
  }

  /// One block that arrives whole.
  void block(std::string_view json) {
    event("content_block_start", R"(,"index":{},"content_block":{})", index, json);
    stop();
  }
  void stop() { event("content_block_stop", R"(,"index":{})", index++); }
  bool fails() const { return generated >= scene_.fails_at(); }
  void line(std::string_view name, std::string_view data) {
    fmt::format_to(std::back_inserter(reel_.bytes), "event: {}\ndata: {}\n\n", name, data);
    reel_.mark(generated);
  }
  Reel take() { return std::move(reel_); }

  std::int64_t generated = 0;
  std::int64_t index = 0;  // of the content block

 private:
  const Scene& scene_;
  Reel reel_;
};

void start(const Scene& scene, Events& events) {
  const Usage usage = scene.reported();
  const std::int64_t input = std::max<std::int64_t>(usage.input - scene.answer.input_grown, 0);
  std::string said;
  if (!scene.script.no_usage) {
    said =
        R"(,"usage":)" + opening_usage(scene, input, std::min<std::int64_t>(usage.output, 1)) + "}";
  }
  events.event("message_start",
               R"(,"message":{{"id":"msg_{}","type":"message","role":"assistant","model":"{}",)"
               R"("content":[],"stop_reason":null,"stop_sequence":null{}}})",
               scene.id, scene.asked.model->answers_as, said);
}

void think(const Scene& scene, Events& events) {
  if (!has_thinking(scene)) {
    return;
  }
  events.event("content_block_start", R"(,"index":{},"content_block":{})", events.index,
               thinking_block(scene, false));
  events.generated += scene.answer.usage.reasoning;
  events.event("content_block_delta",
               R"(,"index":{},"delta":{{"type":"signature_delta","signature":"{}"}})", events.index,
               scene.id);
  events.stop();
}

void say(const Scene& scene, Events& events) {
  const Choice& choice = scene.answer.choices.front();
  const bool calls = !choice.tool.empty();
  if (!calls && choice.text.empty()) {
    return;
  }
  events.event("content_block_start", R"(,"index":{},"content_block":{})", events.index,
               calls ? tool_block(scene, choice, "{}") : R"({"type":"text","text":""})");
  const std::int64_t end = events.generated + choice.tokens;
  std::string_view left = calls ? choice.arguments : choice.text;
  while (!left.empty() && !events.fails()) {
    const std::string_view piece = take_piece(left, scene.tokens_per_event);
    events.generated = std::min(end, events.generated + tokens_of(piece));
    std::string delta;
    JsonObject(delta)
        .text("type", calls ? "input_json_delta" : "text_delta")
        .text(calls ? "partial_json" : "text", piece)
        .finish();
    events.event("content_block_delta", R"(,"index":{},"delta":{})", events.index, delta);
  }
  if (!events.fails()) {
    events.generated = end;
    events.stop();
  }
}

void end(const Scene& scene, Events& events) {
  const Usage usage = scene.reported();
  std::string said;
  if (!scene.script.no_usage) {
    said = fmt::format(R"(,"usage":{{"input_tokens":{},"cache_creation_input_tokens":{},)"
                       R"("cache_read_input_tokens":{},"output_tokens":{}{}}})",
                       usage.input, usage.cache_write_short + usage.cache_write_long,
                       usage.cache_read, usage.output, closing_usage(usage));
  }
  events.event("message_delta", R"(,"delta":{{{}}}{})", stop_members(scene.answer), said);
  events.event("message_stop", "");
}

}  // namespace

Reel show_messages(const Scene& scene) {
  Reel reel;
  std::string said;
  if (!scene.script.no_usage) {
    const Usage usage = scene.reported();
    said = R"(,"usage":)" + opening_usage(scene, usage.input, usage.output) + closing_usage(usage) +
           "}";
  }
  reel.bytes = fmt::format(
      R"({{"id":"msg_{}","type":"message","role":"assistant","model":"{}","content":{},{}{}}})",
      scene.id, scene.asked.model->answers_as, content_json(scene), stop_members(scene.answer),
      said);
  reel.mark(scene.answer.usage.output);
  return reel;
}

Reel show_messages_stream(const Scene& scene) {
  Events events(scene);
  start(scene, events);
  events.event("ping", "");
  think(scene, events);
  for (std::int64_t i = 0; i < scene.answer.usage.searches; ++i) {
    events.block(search_call(scene, i));
    events.block(search_result(scene, i));
  }
  if (speaks(scene)) {
    say(scene, events);
  }
  if (events.fails()) {
    const Failure& failure = failure_of(529);
    events.line("error",
                failure_body(Dialect::messages, failure, failure.message, "", "", scene.id));
    return events.take();
  }
  events.generated = scene.answer.usage.output;
  end(scene, events);
  return events.take();
}

}  // namespace purser::simulate
