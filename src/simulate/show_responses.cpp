// simulate/show_responses.cpp — a Response, whole, queued, and as typed events.
#include <fmt/format.h>

#include <algorithm>

#include "base/json_text.hpp"
#include "simulate/show.hpp"

namespace purser::simulate {
namespace {

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
  const std::string writes =
      scene.asked.model->bills_cache_writes
          ? fmt::format(R"(,"cache_write_tokens":{})", usage.cache_write_short)
          : std::string();
  return fmt::format(R"({{"input_tokens":{},"input_tokens_details":{{"cached_tokens":{}{}}},)"
                     R"("output_tokens":{},"output_tokens_details":{{"reasoning_tokens":{}}},)"
                     R"("total_tokens":{}}})",
                     usage.prompt(), usage.cache_read, writes, usage.output, usage.reasoning,
                     usage.prompt() + usage.output);
}

/// The items of the output, in order, and their ids.
class Items {
 public:
  explicit Items(const Scene& scene) : scene_(scene) {}

  std::string search(std::int64_t number) const {
    return fmt::format(R"({{"id":"ws_{}{}","type":"web_search_call","status":"completed",)"
                       R"("action":{{"type":"search","query":"the cat"}}}})",
                       scene_.id, number);
  }
  std::string file_search(std::int64_t number) const {
    return fmt::format(R"({{"id":"fs_{}{}","type":"file_search_call","status":"completed",)"
                       R"("queries":["the cat"],"results":null}})",
                       scene_.id, number);
  }
  std::string reasoning() const {
    return fmt::format(R"({{"id":"rs_{}","type":"reasoning","summary":[]}})", scene_.id);
  }
  /// The message or the tool call, with as much of its words as is given.
  std::string words(std::string_view status, std::string_view said) const {
    const Choice& choice = scene_.answer.choices.front();
    std::string out;
    JsonObject item(out);
    item.text("id", words_id()).text("type", calls() ? "function_call" : "message");
    item.text("status", status);
    if (calls()) {
      item.text("arguments", said).text("call_id", "call_" + std::string(scene_.id));
      item.text("name", choice.tool);
    } else {
      item.text("role", "assistant").raw("content", said.empty() ? "[]" : '[' + part(said) + ']');
    }
    item.finish();
    return out;
  }
  std::string part(std::string_view said) const {
    std::string out;
    JsonObject object(out);
    if (refuses()) {
      object.text("type", "refusal").text("refusal", said).finish();
    } else {
      object.text("type", "output_text").raw("annotations", "[]").raw("logprobs", "[]");
      object.text("text", said).finish();
    }
    return out;
  }
  std::string words_id() const { return (calls() ? "fc_" : "msg_") + std::string(scene_.id); }
  bool calls() const { return !scene_.answer.choices.front().tool.empty(); }
  bool refuses() const { return scene_.script.refusal; }
  std::string_view all_words() const {
    const Choice& choice = scene_.answer.choices.front();
    return calls() ? std::string_view(choice.arguments) : std::string_view(choice.text);
  }

 private:
  const Scene& scene_;
};

bool is_cut(const Scene& scene) {
  return scene.answer.choices.front().finish == Finish::length;
}

std::vector<std::string> items_of(const Scene& scene) {
  const Items items(scene);
  std::vector<std::string> all;
  for (std::int64_t i = 0; i < scene.answer.usage.searches; ++i) {
    all.push_back(items.search(i));
  }
  for (std::int64_t i = 0; i < scene.answer.usage.file_searches; ++i) {
    all.push_back(items.file_search(i));
  }
  if (scene.answer.usage.reasoning > 0) {
    all.push_back(items.reasoning());
  }
  all.push_back(items.words(is_cut(scene) ? "incomplete" : "completed", items.all_words()));
  return all;
}

std::string response_json(const Scene& scene, std::string_view status, std::string_view output,
                          bool ended) {
  std::string out;
  JsonObject response(out);
  response.text("id", "resp_" + std::string(scene.id))
      .text("object", "response")
      .number("created_at", scene.created)
      .text("status", status)
      .boolean("background", scene.asked.background)
      .raw("error", "null")
      .raw("incomplete_details",
           status == "incomplete" ? R"({"reason":"max_output_tokens"})" : "null")
      .raw("instructions", "null")
      .raw("metadata", "{}")
      .text("model", scene.asked.model->answers_as)
      .raw("output", fmt::format("[{}]", output))
      .boolean("parallel_tool_calls", true)
      .raw("temperature", "1.0")
      .text("tool_choice", "auto")
      .raw("tools", "[]")
      .raw("top_p", "1.0")
      .text("service_tier", ended ? tier_word(scene.answer.terms.tier) : "auto");
  const bool tells = ended && !scene.script.no_usage;
  response.raw("usage", tells ? usage_json(scene) : "null");
  if (tells && scene.asked.searches_max > 0) {
    response.raw("tool_usage", fmt::format(R"({{"web_search":{{"num_requests":{}}}}})",
                                           scene.reported().searches));
  }
  response.finish();
  return out;
}

std::string_view end_word(const Scene& scene) {
  return is_cut(scene) ? "incomplete" : "completed";
}

/// Writes events, numbered.
class Events {
 public:
  explicit Events(std::int64_t generated) : generated(generated) {}

  template <typename Fill>
  void add(std::string_view type, Fill fill) {
    reel_.bytes += fmt::format("event: {}\ndata: ", type);
    JsonObject event(reel_.bytes);
    event.text("type", type).number("sequence_number", sequence_++);
    fill(event);
    event.finish();
    reel_.bytes += "\n\n";
    reel_.mark(generated);
  }
  Reel take() { return std::move(reel_); }
  std::int64_t generated;

 private:
  Reel reel_;
  std::int64_t sequence_ = 0;
};

enum class Told : std::uint8_t { all, broken_off };

/// The deltas of the message or of the call's arguments.
Told tell_words(const Scene& scene, const Items& items, std::int64_t index, Events& events) {
  const std::string_view type = items.calls()     ? "response.function_call_arguments.delta"
                                : items.refuses() ? "response.refusal.delta"
                                                  : "response.output_text.delta";
  const std::int64_t end = scene.answer.usage.output;
  std::string_view left = items.all_words();
  while (!left.empty()) {
    if (events.generated >= scene.fails_at()) {
      return Told::broken_off;
    }
    const std::string_view piece = take_piece(left, scene.tokens_per_event);
    events.generated = std::min(end, events.generated + tokens_of(piece));
    events.add(type, [&](JsonObject& event) {
      event.text("item_id", items.words_id()).number("output_index", index);
      if (!items.calls()) {
        event.number("content_index", 0);
      }
      event.text("delta", piece);
    });
  }
  events.generated = end;
  return events.generated >= scene.fails_at() ? Told::broken_off : Told::all;
}

void end_words(const Items& items, std::int64_t index, Events& events) {
  const auto place = [&](JsonObject& event) -> JsonObject& {
    return event.text("item_id", items.words_id()).number("output_index", index);
  };
  if (items.calls()) {
    events.add("response.function_call_arguments.done",
               [&](JsonObject& event) { place(event).text("arguments", items.all_words()); });
    return;
  }
  events.add(items.refuses() ? "response.refusal.done" : "response.output_text.done",
             [&](JsonObject& event) {
               place(event).number("content_index", 0);
               event.text(items.refuses() ? "refusal" : "text", items.all_words());
             });
  events.add("response.content_part.done", [&](JsonObject& event) {
    place(event).number("content_index", 0).raw("part", items.part(items.all_words()));
  });
}

Told tell_last_item(const Scene& scene, const Items& items, std::int64_t index, Events& events) {
  events.add("response.output_item.added", [&](JsonObject& event) {
    event.number("output_index", index).raw("item", items.words("in_progress", ""));
  });
  if (!items.calls()) {
    events.add("response.content_part.added", [&](JsonObject& event) {
      event.text("item_id", items.words_id()).number("output_index", index);
      event.number("content_index", 0).raw("part", items.part(""));
    });
  }
  if (tell_words(scene, items, index, events) == Told::broken_off) {
    return Told::broken_off;
  }
  end_words(items, index, events);
  return Told::all;
}

}  // namespace

Reel show_responses(const Scene& scene) {
  Reel reel;
  reel.bytes = response_json(scene, end_word(scene),
                             fmt::format("{}", fmt::join(items_of(scene), ",")), true);
  reel.mark(scene.answer.usage.output);
  return reel;
}

std::string show_responses_status(const Scene& scene, std::string_view status) {
  return response_json(scene, status, "", false);
}

Reel show_responses_stream(const Scene& scene) {
  const Items items(scene);
  const std::vector<std::string> all = items_of(scene);
  Events events(scene.answer.usage.reasoning);
  const std::string began = response_json(scene, "in_progress", "", false);
  for (const std::string_view type : {"response.created", "response.in_progress"}) {
    events.add(type, [&](JsonObject& event) { event.raw("response", began); });
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    if (i + 1 < all.size()) {
      events.add("response.output_item.added", [&](JsonObject& event) {
        event.number("output_index", index).raw("item", all[i]);
      });
    } else if (tell_last_item(scene, items, index, events) == Told::broken_off) {
      const Failure& failure = failure_of(500);
      events.add("error", [&](JsonObject& event) {
        event.text("code", "server_error").text("message", failure.message).raw("param", "null");
      });
      return events.take();
    }
    events.add("response.output_item.done",
               [&](JsonObject& event) { event.number("output_index", index).raw("item", all[i]); });
  }
  const std::string ended =
      response_json(scene, end_word(scene), fmt::format("{}", fmt::join(all, ",")), true);
  events.add(fmt::format("response.{}", end_word(scene)),
             [&](JsonObject& event) { event.raw("response", ended); });
  return events.take();
}

}  // namespace purser::simulate
