// translate/responses_items.cpp — the items of Responses, which its input and its output share.
#include "translate/dialects.hpp"
#include "translate/parts.hpp"
#include "translate/settings.hpp"

namespace purser::translate {
namespace {

Media read_file(Members& part, MediaKind kind, std::string_view url_name) {
  const std::string data = part.text("file_data");
  const std::string url = part.text(url_name);
  Media media = media_at(kind, data.empty() ? url : data);
  media.file = part.text("file_id");
  media.name = part.text("filename");
  media.detail = part.text("detail");
  return media;
}

std::optional<Part> read_part(const json::value& value, const std::string& path, Reading& reading) {
  Members part(value, path, reading);
  const std::string type = part.text("type");
  Part read{.what = Text{}, .path = path};
  if (part.take("prompt_cache_breakpoint") != nullptr) {
    read.cache = CacheMark{};
  }
  if (type == "input_text" || type == "output_text" || type == "text") {
    read.what = Text{.text = part.text("text")};
    part.ignore("logprobs");
    const json::array* const annotations = part.list("annotations");
    if (annotations != nullptr && !annotations->empty()) {
      reading.drop(part.path("annotations"), Concern::delivery, "where the text came from");
    }
  } else if (type == "refusal") {
    read.what = Text{.text = part.text("refusal"), .refusal = true};
  } else if (type == "input_image") {
    read.what = read_file(part, MediaKind::image, "image_url");
  } else if (type == "input_file") {
    read.what = read_file(part, MediaKind::document, "file_url");
  } else {
    part.ignore_rest();
    reading.drop(path, Concern::content, "a part of kind \"" + type + "\"");
    return {};
  }
  return read;
}

void read_parts(const json::value& content, const std::string& path, Reading& reading,
                std::vector<Part>& parts) {
  if (content.is_string()) {
    parts.push_back({.what = Text{.text = std::string(text_of(content))}, .path = path});
    return;
  }
  if (!content.is_array()) {
    reading.mistake(path, "a string or a list of parts");
    return;
  }
  for (std::size_t i = 0; i < content.get_array().size(); ++i) {
    if (auto part = read_part(content.get_array()[i], at(path, i), reading)) {
      parts.push_back(std::move(*part));
    }
  }
}

void read_message(Members& item, Conversation& conversation) {
  const std::string role = item.text("role");
  item.ignore("phase");
  std::vector<Part> parts;
  if (const json::value* const content = item.take("content")) {
    read_parts(*content, item.path("content"), item.reading(), parts);
  }
  std::vector<Part>* into = nullptr;
  if (role == "system" || role == "developer") {
    into = conversation.turns.empty() ? &conversation.instructions
                                      : &open_turn(conversation.turns, Role::system).parts;
  } else {
    if (role != "user" && role != "assistant") {
      item.reading().mistake(item.path("role"), "user, assistant, system or developer");
    }
    into = &open_turn(conversation.turns, role == "user" ? Role::user : Role::assistant).parts;
  }
  std::ranges::move(parts, std::back_inserter(*into));
}

void read_output(Members& item, Conversation& conversation) {
  ToolResult result{.call_id = item.text("call_id")};
  std::vector<Part> parts;
  if (const json::value* const output = item.take("output")) {
    read_parts(*output, item.path("output"), item.reading(), parts);
  }
  for (Part& part : parts) {
    if (auto* const text = std::get_if<Text>(&part.what)) {
      result.content.emplace_back(std::move(*text));
    } else if (auto* const media = std::get_if<Media>(&part.what)) {
      result.content.emplace_back(std::move(*media));
    }
  }
  open_turn(conversation.turns, Role::user)
      .parts.push_back({.what = std::move(result), .path = item.path()});
}

/// The texts of a list of {type, text}, a blank line between them.
std::string texts_of(Members& item, std::string_view name) {
  std::string text;
  const json::array* const list = item.list(name);
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    Members part((*list)[i], at(item.path(name), i), item.reading());
    part.ignore("type");
    text += (i == 0 ? "" : "\n\n") + part.text("text");
  }
  return text;
}

void read_reasoning(Members& item, Conversation& conversation, std::optional<Sealed>& waiting) {
  Thinking thinking{.text = texts_of(item, "summary")};
  const std::string whole = texts_of(item, "content");
  thinking.text = whole.empty() ? thinking.text : whole;
  const std::string id = item.text("id");
  if (const std::string sealed = item.text("encrypted_content"); !sealed.empty()) {
    OpenedSeal opened = opened_seal(sealed, Wire::responses);
    if (opened.of == SealOf::call) {
      waiting = std::move(opened.seal);
      return;
    }
    if (opened.seal.by == Wire::responses) {  // it comes back under its own id only
      opened.seal.bytes = id + ":" + opened.seal.bytes;
    }
    thinking.seal = std::move(opened.seal);
  }
  thinking.hidden = thinking.text.empty();
  open_turn(conversation.turns, Role::assistant)
      .parts.push_back({.what = std::move(thinking), .path = item.path()});
}

}  // namespace

void read_item(const json::value& value, const std::string& path, Reading& reading,
               Conversation& conversation, std::optional<Sealed>& waiting) {
  Members item(value, path, reading);
  const std::string type = item.text("type");
  item.ignore("status");
  if (type == "reasoning") {
    return read_reasoning(item, conversation, waiting);
  }
  item.ignore("id");
  if (type == "message" || (type.empty() && !item.peek("role").empty())) {
    return read_message(item, conversation);
  }
  if (type == "function_call") {
    ToolCall call{.id = item.text("call_id"),
                  .name = item.text("name"),
                  .arguments = item.text("arguments"),
                  .seal = std::exchange(waiting, std::nullopt)};
    open_turn(conversation.turns, Role::assistant)
        .parts.push_back({.what = std::move(call), .path = path});
    return;
  }
  if (type == "function_call_output") {
    return read_output(item, conversation);
  }
  item.ignore_rest();
  const bool kept = type == "item_reference" || type == "compaction";
  reading.drop(path, kept ? Concern::state : Concern::content, "an item of kind \"" + type + "\"");
}

json::object reasoning_item(const Thinking& thinking, const std::string& id) {
  json::array summary;
  if (!thinking.text.empty()) {
    summary.push_back(json::object{{"type", "summary_text"}, {"text", thinking.text}});
  }
  json::object item{{"type", "reasoning"}, {"id", id}, {"summary", std::move(summary)}};
  if (thinking.seal && thinking.seal->by == Wire::responses) {
    const std::string& bytes = thinking.seal->bytes;
    const std::size_t colon = bytes.find(':');
    const bool named = colon != std::string::npos && colon > 0;
    item["id"] = named ? bytes.substr(0, colon) : id;
    item["encrypted_content"] = colon == std::string::npos ? bytes : bytes.substr(colon + 1);
  } else if (thinking.seal) {
    item["encrypted_content"] = seal_text(*thinking.seal, Wire::responses, SealOf::thinking);
  }
  return item;
}

json::object call_item(const ToolCall& call) {
  return {{"type", "function_call"},
          {"call_id", call.id},
          {"name", call.name},
          {"arguments", call.arguments.empty() ? "{}" : call.arguments}};
}

json::object call_seal_item(const Sealed& seal, const std::string& id) {
  return {{"type", "reasoning"},
          {"id", id},
          {"summary", json::array()},
          {"encrypted_content", seal_text(seal, Wire::responses, SealOf::call)}};
}

}  // namespace purser::translate
