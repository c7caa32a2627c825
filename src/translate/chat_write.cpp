// translate/chat_write.cpp — a Chat Completions request, written.
#include "translate/dialects.hpp"
#include "translate/parts.hpp"
#include "translate/settings.hpp"

namespace purser::translate {
namespace {

constexpr std::size_t kStopsMax = 4;  // OpenAI refuses more

std::optional<json::object> media_part(const Media& media, const std::string& path, Notes& notes) {
  if (!media.file.empty()) {
    notes.drop(path, Concern::content, "a file that only the other provider has");
    return {};
  }
  switch (media.kind) {
    case MediaKind::image: {
      json::object image{{"url", data_url(media)}};
      put_text(image, "detail", media.detail);
      return json::object{{"type", "image_url"}, {"image_url", std::move(image)}};
    }
    case MediaKind::audio:
      if (!media.data.empty() && media.mime.starts_with("audio/")) {
        const std::string format = media.mime == "audio/mpeg" ? "mp3" : media.mime.substr(6);
        return json::object{{"type", "input_audio"},
                            {"input_audio", {{"data", media.data}, {"format", format}}}};
      }
      break;
    case MediaKind::document:
      if (!media.data.empty()) {
        return json::object{{"type", "file"},
                            {"file",
                             {{"filename", media.name.empty() ? "document" : media.name},
                              {"file_data", data_url(media)}}}};
      }
      break;
    case MediaKind::video:
      break;
  }
  notes.drop(path, Concern::content,
             "chat takes no " + std::string(to_string(media.kind)) + " in this form");
  return {};
}

/// What stands in a message beside its tool calls. One text is written as a string.
json::value content_of(const std::vector<Part>& parts, Notes& notes) {
  json::array content;
  for (const Part& part : parts) {
    if (part.cache) {
      notes.drop(path_of(part, "content") + ".cache_control", Concern::cache,
                 "OpenAI caches by itself");
    }
    if (const auto* const text = std::get_if<Text>(&part.what)) {
      if (text->refusal) {
        content.push_back(json::object{{"type", "refusal"}, {"refusal", text->text}});
      } else {
        content.push_back(json::object{{"type", "text"}, {"text", text->text}});
      }
    } else if (const auto* const media = std::get_if<Media>(&part.what)) {
      if (auto written = media_part(*media, path_of(part, "content"), notes)) {
        content.push_back(std::move(*written));
      }
    }
  }
  const bool one_text = content.size() == 1 && content[0].get_object().contains("text");
  return one_text ? json::value(content[0].get_object()["text"]) : json::value(std::move(content));
}

/// A tool's message takes text only; what else it brought follows as the user's.
void write_result(const Part& part, json::array& messages, std::vector<Part>& rest, Notes& notes) {
  const auto& result = std::get<ToolResult>(part.what);
  std::vector<Part> texts;
  for (const auto& item : result.content) {
    if (const auto* const text = std::get_if<Text>(&item)) {
      texts.push_back({.what = *text, .path = part.path});
      continue;
    }
    notes.approximate(path_of(part, "tool result"), Concern::content,
                      "chat's tools answer with text: the rest follows as the user's");
    rest.push_back({.what = std::get<Media>(item), .path = part.path});
  }
  if (result.is_error) {
    notes.approximate(path_of(part, "tool result") + ".is_error", Concern::tools,
                      "only the text says that the tool failed");
  }
  if (part.cache) {
    notes.drop(path_of(part, "content") + ".cache_control", Concern::cache,
               "OpenAI caches by itself");
  }
  json::value content = content_of(texts, notes);
  if (content.is_array() && content.get_array().empty()) {
    content = "";
  }
  messages.push_back(json::object{
      {"role", "tool"}, {"tool_call_id", result.call_id}, {"content", std::move(content)}});
}

void write_user(const Turn& turn, json::array& messages, Notes& notes) {
  std::vector<Part> rest;
  for (const Part& part : turn.parts) {
    if (std::holds_alternative<ToolResult>(part.what)) {
      write_result(part, messages, rest, notes);
    }
  }
  std::ranges::copy_if(turn.parts, std::back_inserter(rest), [](const Part& part) {
    return !std::holds_alternative<ToolResult>(part.what);
  });
  json::value content = content_of(rest, notes);
  if (!content.is_array() || !content.get_array().empty()) {
    messages.push_back(json::object{{"role", turn.role == Role::system ? "system" : "user"},
                                    {"content", std::move(content)}});
  }
}

void write_assistant(const Turn& turn, json::array& messages, Notes& notes) {
  json::object message{{"role", "assistant"}};
  json::array calls;
  for (const Part& part : turn.parts) {
    if (const auto* const call = std::get_if<ToolCall>(&part.what)) {
      calls.push_back(chat_call(*call));
      if (part.cache) {
        notes.drop(path_of(part, "content") + ".cache_control", Concern::cache,
                   "OpenAI caches by itself");
      }
    } else if (std::holds_alternative<Thinking>(part.what)) {
      notes.drop(path_of(part, "thinking"), Concern::thinking, "chat takes no thoughts back");
    }
  }
  json::value content = content_of(turn.parts, notes);
  const bool empty = content.is_array() && content.get_array().empty();
  if (empty && calls.empty()) {
    return;
  }
  message["content"] = empty ? json::value(nullptr) : std::move(content);
  if (!calls.empty()) {
    message["tool_calls"] = std::move(calls);
  }
  messages.push_back(std::move(message));
}

void write_tools(const Conversation& conversation, json::object& body, Notes& notes) {
  json::array tools;
  for (const Tool& tool : conversation.tools) {
    json::object function{{"name", tool.name}};
    put_text(function, "description", tool.description);
    if (!tool.schema.is_null()) {
      function["parameters"] = tool.schema;
    }
    put(function, "strict", strict_of(tool.strict, tool.schema, tool.path, notes));
    if (tool.cache) {
      notes.drop(tool.path + ".cache_control", Concern::cache, "OpenAI caches by itself");
    }
    tools.push_back(json::object{{"type", "function"}, {"function", std::move(function)}});
  }
  if (!tools.empty()) {
    body["tools"] = std::move(tools);
    put(body, "parallel_tool_calls", conversation.tool_choice.parallel);
  }
}

json::object named_function(const std::string& name) {
  return {{"type", "function"}, {"function", {{"name", name}}}};
}

void write_choice(const Conversation& conversation, json::object& body) {
  const ToolChoice& choice = conversation.tool_choice;
  if (conversation.tools.empty()) {
    return;
  }
  if (choice.choice == Choice::named) {
    body["tool_choice"] = named_function(choice.names.empty() ? "" : choice.names.front());
    return;
  }
  const std::string_view word = choice_word(choice.choice);
  if (choice.names.empty() || word.empty()) {
    put_text(body, "tool_choice", word);
    return;
  }
  json::array names;
  for (const std::string& name : choice.names) {
    names.push_back(named_function(name));
  }
  body["tool_choice"] = {{"type", "allowed_tools"},
                         {"allowed_tools", {{"mode", word}, {"tools", std::move(names)}}}};
}

void write_format(const Conversation& conversation, json::object& body, Notes& notes) {
  Format format = conversation.settings.format;
  if (format.shape == Shape::json) {
    body["response_format"] = {{"type", "json_object"}};
  } else if (format.shape == Shape::schema) {
    format.strict =
        strict_of(format.strict, format.schema, setting_path(conversation.from, "format"), notes);
    body["response_format"] = {{"type", "json_schema"}, {"json_schema", schema_format(format)}};
  }
}

void write_settings(const Conversation& conversation, json::object& body, Notes& notes) {
  const Settings& settings = conversation.settings;
  put(body, "max_completion_tokens", settings.output_max);
  put(body, "temperature", settings.temperature);
  put(body, "top_p", settings.top_p);
  put(body, "frequency_penalty", settings.frequency_penalty);
  put(body, "presence_penalty", settings.presence_penalty);
  put(body, "seed", settings.seed);
  put(body, "n", choices_of(conversation, notes));
  put(body, "store", settings.store);
  put_text(body, "verbosity", settings.verbosity);
  put_text(body, "reasoning_effort", effort_level(conversation, notes));
  if (!settings.stop.empty()) {
    const std::size_t kept = std::min(settings.stop.size(), kStopsMax);
    body["stop"] = json::array(settings.stop.begin(),
                               settings.stop.begin() + static_cast<std::ptrdiff_t>(kept));
    if (kept < settings.stop.size()) {
      notes.drop(setting_path(conversation.from, "stop"), Concern::sampling,
                 "chat takes four of them");
    }
  }
  if (settings.stream) {
    body["stream"] = true;
    body["stream_options"] = {{"include_usage", true}};  // every other dialect tells it unasked
  }
  drop_settings(conversation, {"top_k"}, "OpenAI has no such setting", notes);
  write_openai_settings(conversation, body, notes);
}

}  // namespace

json::object chat_call(const ToolCall& call) {
  json::object written{
      {"id", call.id},
      {"type", "function"},
      {"function",
       {{"name", call.name}, {"arguments", call.arguments.empty() ? "{}" : call.arguments}}}};
  if (call.seal) {  // where Google's own chat endpoint has it; nobody else signs calls
    written["extra_content"] = {{"google", {{"thought_signature", call.seal->bytes}}}};
  }
  return written;
}

json::object write_chat(const Conversation& conversation, Notes& notes) {
  json::object body{{"model", conversation.model}};
  json::array messages;
  json::value instructions = content_of(conversation.instructions, notes);
  if (!instructions.is_array() || !instructions.get_array().empty()) {
    messages.push_back(json::object{{"role", "system"}, {"content", std::move(instructions)}});
  }
  for (const Turn& turn : conversation.turns) {
    if (turn.role == Role::assistant) {
      write_assistant(turn, messages, notes);
    } else {
      write_user(turn, messages, notes);
    }
  }
  body["messages"] = std::move(messages);
  write_tools(conversation, body, notes);
  write_choice(conversation, body);
  write_format(conversation, body, notes);
  write_settings(conversation, body, notes);
  return body;
}

}  // namespace purser::translate
