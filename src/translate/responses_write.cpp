// translate/responses_write.cpp — a Responses request, written.
#include "translate/dialects.hpp"
#include "translate/parts.hpp"
#include "translate/settings.hpp"

namespace purser::translate {
namespace {

class Writer {
 public:
  Writer(const Conversation& conversation, Notes& notes)
      : conversation_(conversation), settings_(conversation.settings), notes_(notes) {}

  json::object body() {
    json::object body{{"model", conversation_.model}};
    write_instructions(body);
    for (const Turn& turn : conversation_.turns) {
      write_turn(turn);
    }
    body["input"] = std::move(items_);
    write_tools(body);
    write_choice(body);
    write_output(body);
    write_settings(body);
    return body;
  }

 private:
  void note_cache(const std::optional<CacheMark>& cache, std::string_view where) {
    if (cache) {
      notes_.drop(std::string(where) + ".cache_control", Concern::cache, "OpenAI caches by itself");
    }
  }

  std::optional<json::object> media_part(const Media& media, const std::string& where) {
    const bool image = media.kind == MediaKind::image;
    if (!media.file.empty() && conversation_.from != Wire::chat) {
      notes_.drop(where, Concern::content, "a file that only the other provider has");
      return {};
    }
    if (!image && media.kind != MediaKind::document) {
      notes_.drop(where, Concern::content,
                  "Responses takes no " + std::string(to_string(media.kind)));
      return {};
    }
    json::object part{{"type", image ? "input_image" : "input_file"}};
    if (!media.file.empty()) {
      part["file_id"] = media.file;
    } else if (image) {
      part["image_url"] = data_url(media);
    } else {
      part[media.data.empty() ? "file_url" : "file_data"] = data_url(media);
    }
    if (!image && !media.data.empty()) {
      part["filename"] = media.name.empty() ? "document" : media.name;
    }
    put_text(part, "detail", media.detail);
    return part;
  }

  std::optional<json::object> content_part(const Part& part, Role role) {
    note_cache(part.cache, path_of(part, "content"));
    if (const auto* const text = std::get_if<Text>(&part.what)) {
      if (text->refusal) {
        return json::object{{"type", "refusal"}, {"refusal", text->text}};
      }
      return json::object{{"type", role == Role::assistant ? "output_text" : "input_text"},
                          {"text", text->text}};
    }
    const auto& media = std::get<Media>(part.what);
    if (role == Role::assistant) {
      notes_.drop(path_of(part, "content"), Concern::content, "an assistant's turn holds text");
      return {};
    }
    return media_part(media, path_of(part, "content"));
  }

  void end_message(Role role, json::array& content) {
    if (!content.empty()) {
      items_.push_back(json::object{{"type", "message"},
                                    {"role", role == Role::assistant ? "assistant"
                                             : role == Role::system  ? "developer"
                                                                     : "user"},
                                    {"content", std::move(content)}});
    }
    content = {};
  }

  void write_result(const Part& part) {
    const auto& result = std::get<ToolResult>(part.what);
    note_cache(part.cache, path_of(part, "tool result"));
    if (result.is_error) {
      notes_.approximate(path_of(part, "tool result") + ".is_error", Concern::tools,
                         "only the text says that the tool failed");
    }
    json::array output;
    for (const auto& item : result.content) {
      Part inside{.what = Text{}, .path = part.path};
      if (const auto* const text = std::get_if<Text>(&item)) {
        inside.what = *text;
      } else {
        inside.what = std::get<Media>(item);
      }
      if (auto written = content_part(inside, Role::user)) {
        output.push_back(std::move(*written));
      }
    }
    json::object item{{"type", "function_call_output"}, {"call_id", result.call_id}};
    const bool one_text = output.size() == 1 && output[0].get_object().contains("text");
    if (output.empty()) {
      item["output"] = "";
    } else if (one_text) {
      item["output"] = output[0].get_object()["text"];
    } else {
      item["output"] = std::move(output);
    }
    items_.push_back(std::move(item));
  }

  void write_thinking(const Part& part) {
    const auto& thinking = std::get<Thinking>(part.what);
    if (!thinking.seal || thinking.seal->by != Wire::responses) {
      notes_.drop(path_of(part, "thinking"), Concern::thinking,
                  "thoughts that OpenAI did not encrypt");
      return;
    }
    has_thoughts_ = true;
    items_.push_back(reasoning_item(thinking, "rs_" + std::to_string(items_.size())));
  }

  void write_turn(const Turn& turn) {
    json::array content;
    for (const Part& part : turn.parts) {
      if (std::holds_alternative<Text>(part.what) || std::holds_alternative<Media>(part.what)) {
        if (auto written = content_part(part, turn.role)) {
          content.push_back(std::move(*written));
        }
        continue;
      }
      end_message(turn.role, content);
      if (const auto* const call = std::get_if<ToolCall>(&part.what)) {
        note_cache(part.cache, path_of(part, "tool call"));
        if (call->seal) {
          notes_.drop(path_of(part, "tool call"), Concern::thinking,
                      "a signature of another provider's");
        }
        items_.push_back(call_item(*call));
      } else if (std::holds_alternative<ToolResult>(part.what)) {
        write_result(part);
      } else {
        write_thinking(part);
      }
    }
    end_message(turn.role, content);
  }

  void write_instructions(json::object& body) {
    const auto& parts = conversation_.instructions;
    if (parts.size() == 1 && std::holds_alternative<Text>(parts.front().what)) {
      note_cache(parts.front().cache, path_of(parts.front(), "instructions"));
      body["instructions"] = std::get<Text>(parts.front().what).text;
      return;
    }
    write_turn({.role = Role::system, .parts = parts});
  }

  void write_tools(json::object& body) {
    json::array tools;
    for (const Tool& tool : conversation_.tools) {
      json::object written{{"type", "function"}, {"name", tool.name}};
      put_text(written, "description", tool.description);
      written["parameters"] = schema_or_empty(tool.schema);
      // Unsaid, Responses would be strict, which no other dialect is unless told.
      written["strict"] = strict_of(tool.strict, tool.schema, tool.path, notes_).value_or(false);
      note_cache(tool.cache, tool.path);
      tools.push_back(std::move(written));
    }
    if (!tools.empty()) {
      body["tools"] = std::move(tools);
      put(body, "parallel_tool_calls", conversation_.tool_choice.parallel);
    }
  }

  void write_choice(json::object& body) {
    const ToolChoice& choice = conversation_.tool_choice;
    if (conversation_.tools.empty()) {
      return;
    }
    if (choice.choice == Choice::named) {
      body["tool_choice"] = {{"type", "function"},
                             {"name", choice.names.empty() ? "" : choice.names.front()}};
      return;
    }
    const std::string_view word = choice_word(choice.choice);
    if (choice.names.empty() || word.empty()) {
      put_text(body, "tool_choice", word);
      return;
    }
    json::array names;
    for (const std::string& name : choice.names) {
      names.push_back(json::object{{"type", "function"}, {"name", name}});
    }
    body["tool_choice"] = {{"type", "allowed_tools"}, {"mode", word}, {"tools", std::move(names)}};
  }

  void write_output(json::object& body) {
    json::object text;
    Format format = settings_.format;
    if (format.shape == Shape::json) {
      text["format"] = {{"type", "json_object"}};
    } else if (format.shape == Shape::schema) {
      format.strict = strict_of(format.strict, format.schema,
                                setting_path(conversation_.from, "format"), notes_);
      json::object schema = schema_format(format);
      schema["type"] = "json_schema";
      text["format"] = std::move(schema);
    }
    put_text(text, "verbosity", settings_.verbosity);
    if (!text.empty()) {
      body["text"] = std::move(text);
    }
    json::object reasoning;
    const std::string effort = effort_level(conversation_, notes_);
    put_text(reasoning, "effort", effort);
    if (settings_.effort.show.value_or(false)) {
      reasoning["summary"] = "auto";
    }
    const bool thinks = !reasoning.empty() && effort != "none";
    if (!reasoning.empty()) {
      body["reasoning"] = std::move(reasoning);
    }
    // Nothing is stored, so thoughts must travel with the call. Models that do not think refuse it.
    if (thinks || has_thoughts_) {
      body["include"] = json::array{"reasoning.encrypted_content"};
    }
  }

  void write_settings(json::object& body) {
    put(body, "max_output_tokens", settings_.output_max);
    put(body, "temperature", settings_.temperature);
    put(body, "top_p", settings_.top_p);
    body["store"] = settings_.store.value_or(false);
    if (settings_.stream) {
      body["stream"] = true;
    }
    drop_settings(conversation_,
                  {"top_k", "frequency_penalty", "presence_penalty", "seed", "n", "stop"},
                  "Responses has no such setting", notes_);
    write_openai_settings(conversation_, body, notes_);
  }

  const Conversation& conversation_;
  const Settings& settings_;
  Notes& notes_;
  json::array items_;
  bool has_thoughts_ = false;
};

}  // namespace

json::object write_responses(const Conversation& conversation, Notes& notes) {
  return Writer(conversation, notes).body();
}

}  // namespace purser::translate
