// translate/messages_read.cpp — a Messages request, read.
#include "translate/base64.hpp"
#include "translate/dialects.hpp"
#include "translate/parts.hpp"
#include "translate/settings.hpp"

namespace purser::translate {
namespace {

std::optional<CacheMark> cache_mark(Members& from) {
  const json::value* const value = from.take("cache_control");
  if (value == nullptr) {
    return {};
  }
  Members mark(*value, from.path("cache_control"), from.reading());
  mark.ignore("type");
  return CacheMark{.ttl = mark.text("ttl")};
}

/// The bytes of an image or a document; nothing when it is a list of other blocks.
std::optional<Media> read_media(Members& block, MediaKind kind) {
  const json::value* const value = block.take("source");
  const json::value nothing = json::object();
  Members source(value == nullptr ? nothing : *value, block.path("source"), block.reading());
  const std::string type = source.text("type");
  Media media{.kind = kind, .mime = source.text("media_type"), .name = block.text("title")};
  if (type == "base64") {
    media.data = source.text("data");
  } else if (type == "text") {
    media.mime = "text/plain";
    media.data = to_base64(source.text("data"));
  } else if (type == "url") {
    media.url = source.text("url");
  } else if (type == "file") {
    media.file = source.text("file_id");
  } else {
    source.ignore_rest();
    block.reading().drop(source.path(), Concern::content, "a source of kind \"" + type + "\"");
    return {};
  }
  block.drop("citations", Concern::delivery, "other dialects do not tell where text came from");
  block.drop("transformations", Concern::content, "images are sent on as they are");
  block.drop("context", Concern::content, "a document comes without words about it");
  return media;
}

void read_result_content(Members& block, ToolResult& result) {
  const json::value* const content = block.take("content");
  if (content == nullptr) {
    return;
  }
  if (content->is_string()) {
    result.content.emplace_back(Text{.text = std::string(text_of(*content))});
    return;
  }
  const json::array nothing;
  const json::array& items = content->is_array() ? content->get_array() : nothing;
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::optional<Sealed> none;
    auto part = read_block(items[i], at(block.path("content"), i), block.reading(), none);
    if (!part) {
      continue;
    }
    if (auto* const text = std::get_if<Text>(&part->what)) {
      result.content.emplace_back(std::move(*text));
    } else if (auto* const media = std::get_if<Media>(&part->what)) {
      result.content.emplace_back(std::move(*media));
    } else {
      block.reading().drop(part->path, Concern::content, "no part of what a tool may answer");
    }
  }
}

std::optional<Part> read_thinking(Members& block, std::optional<Sealed>& waiting) {
  Thinking thinking{.text = block.text("thinking")};
  const std::string signature = block.text("signature");
  if (!signature.empty()) {
    OpenedSeal opened = opened_seal(signature, Wire::messages);
    if (opened.of == SealOf::call) {
      waiting = std::move(opened.seal);
      return {};
    }
    thinking.seal = std::move(opened.seal);
  }
  return Part{.what = std::move(thinking), .path = block.path()};
}

std::string arguments_of(const json::value* input) {
  return input == nullptr ? std::string() : print(*input);
}

}  // namespace

std::optional<Part> read_block(const json::value& value, const std::string& path, Reading& reading,
                               std::optional<Sealed>& waiting) {
  Members block(value, path, reading);
  const std::string type = block.text("type");
  Part part{.what = Text{}, .cache = cache_mark(block), .path = path};
  if (type == "text") {
    part.what = Text{.text = block.text("text")};
    block.drop("citations", Concern::delivery, "other dialects do not tell where text came from");
  } else if (type == "image" || type == "document") {
    auto media = read_media(block, type == "image" ? MediaKind::image : MediaKind::document);
    if (!media) {
      block.ignore_rest();
      return {};
    }
    part.what = std::move(*media);
  } else if (type == "tool_use") {
    part.what = ToolCall{.id = loose_id(block.text("id")),
                         .name = block.text("name"),
                         .arguments = arguments_of(block.take("input")),
                         .seal = std::exchange(waiting, std::nullopt)};
    block.ignore("caller");
  } else if (type == "tool_result") {
    ToolResult result{.call_id = loose_id(block.text("tool_use_id"))};
    read_result_content(block, result);
    result.is_error = block.flag("is_error").value_or(false);
    part.what = std::move(result);
  } else if (type == "thinking") {
    return read_thinking(block, waiting);
  } else if (type == "redacted_thinking") {
    part.what =
        Thinking{.seal = opened_seal(block.text("data"), Wire::messages).seal, .hidden = true};
  } else {
    block.ignore_rest();
    reading.drop(path, Concern::content, "a block of kind \"" + type + "\"");
    return {};
  }
  return part;
}

namespace {

std::vector<Part> read_blocks(const json::value& content, const std::string& path,
                              Reading& reading) {
  std::vector<Part> parts;
  if (content.is_string()) {
    parts.push_back({.what = Text{.text = std::string(text_of(content))}, .path = path});
    return parts;
  }
  if (!content.is_array()) {
    reading.mistake(path, "a string or a list of blocks");
    return parts;
  }
  std::optional<Sealed> waiting;
  for (std::size_t i = 0; i < content.get_array().size(); ++i) {
    if (auto part = read_block(content.get_array()[i], at(path, i), reading, waiting)) {
      parts.push_back(std::move(*part));
    }
  }
  return parts;
}

void read_messages_list(Members& body, Conversation& conversation) {
  const json::array* const messages = body.list("messages");
  if (messages == nullptr) {
    body.reading().mistake("messages", "a list");
    return;
  }
  for (std::size_t i = 0; i < messages->size(); ++i) {
    Members message((*messages)[i], at("messages", i), body.reading());
    const std::string role = message.text("role");
    if (role != "user" && role != "assistant" && role != "system") {
      body.reading().mistake(message.path("role"), "user or assistant");
    }
    const json::value* const content = message.take("content");
    if (content == nullptr) {
      body.reading().mistake(message.path("content"), "a string or a list of blocks");
      return;
    }
    conversation.turns.push_back(
        {.role = role == "assistant" ? Role::assistant
                 : role == "system"  ? Role::system
                                     : Role::user,
         .parts = read_blocks(*content, message.path("content"), body.reading())});
  }
}

void read_tools(Members& body, Conversation& conversation) {
  const json::array* const tools = body.list("tools");
  for (std::size_t i = 0; tools != nullptr && i < tools->size(); ++i) {
    Members tool((*tools)[i], at("tools", i), body.reading());
    const std::string type = tool.text("type");
    if (!type.empty() && type != "custom") {
      tool.ignore_rest();
      body.reading().drop(tool.path(), Concern::hosted_tool, "a tool of kind \"" + type + "\"");
      continue;
    }
    Tool read{.name = tool.text("name"), .description = tool.text("description")};
    if (const json::value* const schema = tool.take("input_schema")) {
      read.schema = *schema;
    }
    read.strict = tool.flag("strict");
    read.cache = cache_mark(tool);
    read.path = tool.path();
    for (const std::string_view name :
         {"defer_loading", "input_examples", "eager_input_streaming", "allowed_callers"}) {
      tool.drop(name, Concern::tools, "other dialects know no such detail of a tool");
    }
    conversation.tools.push_back(std::move(read));
  }
}

void read_choice(Members& body, ToolChoice& read) {
  const json::value* const value = body.take("tool_choice");
  if (value == nullptr) {
    return;
  }
  Members choice(*value, "tool_choice", body.reading());
  const std::string type = choice.text("type");
  read.choice = type == "auto"   ? Choice::automatic
                : type == "any"  ? Choice::required
                : type == "none" ? Choice::none
                                 : Choice::unsaid;
  if (auto name = choice.text_if("name"); name && type == "tool") {
    read.choice = Choice::named;
    read.names = {std::move(*name)};
  }
  if (const auto disabled = choice.flag("disable_parallel_tool_use")) {
    read.parallel = !*disabled;
  }
}

void read_effort(Members& body, Settings& settings) {
  if (const json::value* const value = body.take("thinking")) {
    Members thinking(*value, "thinking", body.reading());
    const std::string type = thinking.text("type");
    const auto budget = thinking.whole("budget_tokens");
    settings.effort.adaptive = type == "adaptive" || type == "between_tools";
    settings.effort.budget = type == "disabled" ? std::optional<std::int64_t>(0) : budget;
    if (const auto display = thinking.text_if("display")) {
      settings.effort.show = *display != "omitted";
    }
  }
  for (const std::string_view name : {"output_config", "output_format"}) {
    const json::value* const value = body.take(name);
    if (value == nullptr) {
      continue;
    }
    Members config(*value, std::string(name), body.reading());
    const json::value* const format = name == "output_format" ? value : config.take("format");
    settings.effort.level = config.text("effort");
    config.drop("task_budget", Concern::output, "no other dialect tells a model what is left");
    if (format != nullptr) {
      if (name == "output_format") {
        config.ignore_rest();
      }
      Members inside(*format, config.path("format"), body.reading());
      inside.ignore("type");
      settings.format.shape = Shape::schema;
      read_schema_format(inside, settings.format);
    }
  }
}

void read_settings(Members& body, Settings& settings) {
  settings.output_max = body.whole("max_tokens");
  settings.temperature = body.number("temperature");
  settings.top_p = body.number("top_p");
  settings.top_k = body.whole("top_k");
  read_stop(body, "stop_sequences", settings);
  read_effort(body, settings);
  settings.stream = body.flag("stream").value_or(false);
  settings.cache_all = cache_mark(body);
  settings.tier = body.text("service_tier");
  if (settings.tier == "standard_only") {
    settings.tier = "default";
  }
  if (const json::value* const value = body.take("metadata")) {
    Members metadata(*value, "metadata", body.reading());
    settings.user = metadata.text("user_id");
  }
  constexpr std::string_view kKept = "what the other provider keeps is not there";
  body.drop("container", Concern::state, kKept);
  body.drop("thread", Concern::state, kKept);
  body.drop("mcp_servers", Concern::hosted_tool, "tools that the provider would call itself");
  constexpr std::string_view kOwn = "a service of Anthropic's own";
  for (const std::string_view name : {"context_management", "compaction", "fallbacks", "speed",
                                      "inference_geo", "diagnostics", "anthropic_version"}) {
    body.drop(name, Concern::delivery, kOwn);
  }
}

}  // namespace

Conversation read_messages(const json::value& value, Reading& reading) {
  Conversation conversation{.from = Wire::messages};
  Members body(value, "", reading);
  conversation.model = body.text("model");
  if (const json::value* const system = body.take("system")) {
    conversation.instructions = read_blocks(*system, "system", reading);
  }
  read_messages_list(body, conversation);
  read_tools(body, conversation);
  read_choice(body, conversation.tool_choice);
  read_settings(body, conversation.settings);
  return conversation;
}

}  // namespace purser::translate
