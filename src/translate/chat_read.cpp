// translate/chat_read.cpp — a Chat Completions request, read.
#include "translate/dialects.hpp"
#include "translate/parts.hpp"
#include "translate/settings.hpp"

namespace purser::translate {
namespace {

/// OpenAI's own mark, or Anthropic's as routers pass it on.
std::optional<CacheMark> breakpoint(Members& part) {
  if (const json::value* const value = part.take("cache_control")) {
    Members mark(*value, part.path("cache_control"), part.reading());
    mark.ignore("type");
    return CacheMark{.ttl = mark.text("ttl")};
  }
  const json::value* const mark = part.take("prompt_cache_breakpoint");
  return mark == nullptr ? std::nullopt : std::optional(CacheMark{});
}

Media image(Members& part) {
  const json::value* const value = part.take("image_url");
  if (value == nullptr) {
    part.reading().mistake(part.path("image_url"), "an object");
    return {};
  }
  if (value->is_string()) {  // some clients shorten it
    return media_at(MediaKind::image, text_of(*value));
  }
  Members inside(*value, part.path("image_url"), part.reading());
  Media media = media_at(MediaKind::image, inside.text("url"));
  media.detail = inside.text("detail");
  return media;
}

Media audio(Members& part) {
  const json::value* const value = part.take("input_audio");
  const json::value nothing = json::object();
  Members inside(value == nullptr ? nothing : *value, part.path("input_audio"), part.reading());
  return {.kind = MediaKind::audio,
          .mime = "audio/" + inside.text("format"),
          .data = inside.text("data")};
}

Media file(Members& part) {
  const json::value* const value = part.take("file");
  const json::value nothing = json::object();
  Members inside(value == nullptr ? nothing : *value, part.path("file"), part.reading());
  Media media = media_at(MediaKind::document, inside.text("file_data"));
  media.name = inside.text("filename");
  media.file = inside.text("file_id");
  return media;
}

/// Appends what a message says. A part of an unknown kind is lost whole.
void read_content(const json::value& content, const std::string& path, Reading& reading,
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
    const json::value& item = content.get_array()[i];
    if (item.is_string()) {  // not documented, and sent
      parts.push_back({.what = Text{.text = std::string(text_of(item))}, .path = at(path, i)});
      continue;
    }
    Members part(item, at(path, i), reading);
    const std::string type = part.text("type");
    Part read{.what = Text{}, .path = part.path()};
    read.cache = breakpoint(part);
    if (type == "text") {
      read.what = Text{.text = part.text("text")};
    } else if (type == "refusal") {
      read.what = Text{.text = part.text("refusal"), .refusal = true};
    } else if (type == "image_url") {
      read.what = image(part);
    } else if (type == "input_audio") {
      read.what = audio(part);
    } else if (type == "thinking") {
      read.what = Thinking{.text = chat_thought(part)};
    } else if (type == "file") {
      read.what = file(part);
    } else {
      part.ignore_rest();
      reading.drop(part.path(), Concern::content, "a part of kind \"" + type + "\"");
      continue;
    }
    parts.push_back(std::move(read));
  }
}

ToolCall read_function(const json::value& value, const std::string& path, Reading& reading) {
  Members function(value, path, reading);
  return {.id = {}, .name = function.text("name"), .arguments = function.text("arguments")};
}

std::optional<Sealed> google_seal(Members& call) {
  const json::value* const extra = call.take("extra_content");
  if (extra == nullptr || !extra->is_object()) {
    return {};
  }
  Members content(*extra, call.path("extra_content"), call.reading());
  const json::value* const google = content.take("google");
  if (google == nullptr) {
    return {};
  }
  Members inside(*google, content.path("google"), call.reading());
  const auto signature = inside.text_if("thought_signature");
  return signature ? std::optional(Sealed{Wire::gemini, *signature}) : std::nullopt;
}

}  // namespace

void read_chat_calls(Members& message, std::vector<Part>& parts) {
  const json::array* const calls = message.list("tool_calls");
  for (std::size_t i = 0; calls != nullptr && i < calls->size(); ++i) {
    Members call((*calls)[i], at(message.path("tool_calls"), i), message.reading());
    const std::string type = call.text("type");
    const json::value* const function = call.take("function");
    if (function == nullptr) {
      call.ignore_rest();
      message.reading().drop(call.path(), Concern::content,
                             "a call of a tool of kind \"" + type + "\"");
      continue;
    }
    ToolCall read = read_function(*function, call.path("function"), message.reading());
    read.id = call.text("id");
    read.seal = google_seal(call);
    call.ignore("index");
    parts.push_back({.what = std::move(read), .path = call.path()});
  }
  if (const json::value* const function = message.take("function_call")) {
    ToolCall read = read_function(*function, message.path("function_call"), message.reading());
    read.id = "function_" + read.name;
    parts.push_back({.what = std::move(read), .path = message.path("function_call")});
  }
}

std::string chat_thought(Members& part) {
  std::string text;
  const json::array* const pieces = part.list("thinking");
  for (std::size_t i = 0; pieces != nullptr && i < pieces->size(); ++i) {
    Members piece((*pieces)[i], at(part.path("thinking"), i), part.reading());
    piece.ignore("type");
    text += piece.text("text");
  }
  part.ignore("closed");
  return text;
}

/// What models that think say beside their answer; not of the official dialect, and widespread.
void read_chat_thoughts(Members& message, std::vector<Part>& parts) {
  for (const std::string_view name : {"reasoning_content", "reasoning"}) {
    const auto thought = message.text_if(name);
    if (thought && !thought->empty() && parts.empty()) {
      parts.push_back({.what = Thinking{.text = *thought}, .path = message.path(name)});
    }
  }
}

namespace {

void read_result(Members& message, Turn& turn) {
  ToolResult result{.call_id = message.text("tool_call_id"), .name = message.text("name")};
  if (result.call_id.empty()) {
    result.call_id = "function_" + result.name;
  }
  std::vector<Part> parts;
  if (const json::value* const content = message.take("content")) {
    read_content(*content, message.path("content"), message.reading(), parts);
  }
  for (Part& part : parts) {
    if (auto* const text = std::get_if<Text>(&part.what)) {
      result.content.emplace_back(std::move(*text));
    } else if (auto* const media = std::get_if<Media>(&part.what)) {
      result.content.emplace_back(std::move(*media));
    }
  }
  turn.parts.push_back({.what = std::move(result), .path = message.path()});
}

void read_message(const json::value& value, std::size_t index, Reading& reading,
                  Conversation& conversation) {
  Members message(value, at("messages", index), reading);
  const std::string role = message.text("role");
  if (role == "tool" || role == "function") {
    return read_result(message, open_turn(conversation.turns, Role::user));
  }
  std::vector<Part> parts;
  read_chat_thoughts(message, parts);
  if (const json::value* const content = message.take("content")) {
    const bool empty_beside_calls = content->is_string() && text_of(*content).empty();
    if (role != "assistant" || !empty_beside_calls) {
      read_content(*content, message.path("content"), reading, parts);
    }
  }
  message.drop("name", Concern::identity, "other dialects do not name who speaks");
  if (role == "system" || role == "developer") {
    std::vector<Part>& into = conversation.turns.empty()
                                  ? conversation.instructions
                                  : open_turn(conversation.turns, Role::system).parts;
    std::ranges::move(parts, std::back_inserter(into));
    return;
  }
  if (role == "assistant") {
    if (const auto refusal = message.text_if("refusal")) {
      parts.push_back({.what = Text{.text = *refusal, .refusal = true}, .path = message.path()});
    }
    message.drop("audio", Concern::content, "audio that the provider keeps");
    message.drop("annotations", Concern::content, "where the text came from");
    read_chat_calls(message, parts);
  } else if (role != "user") {
    reading.mistake(message.path("role"), "system, developer, user, assistant or tool");
  }
  conversation.turns.push_back(
      {.role = role == "user" ? Role::user : Role::assistant, .parts = std::move(parts)});
}

void read_tool(const json::value& value, const std::string& path, Reading& reading,
               Conversation& conversation) {
  Members function(value, path, reading);
  Tool tool{.name = function.text("name"), .description = function.text("description")};
  if (const json::value* const schema = function.take("parameters")) {
    tool.schema = *schema;
  }
  tool.strict = function.flag("strict");
  tool.path = path;
  conversation.tools.push_back(std::move(tool));
}

void read_tools(Members& body, Conversation& conversation) {
  const json::array* const tools = body.list("tools");
  for (std::size_t i = 0; tools != nullptr && i < tools->size(); ++i) {
    Members tool((*tools)[i], at("tools", i), body.reading());
    const std::string type = tool.text("type");
    if (const json::value* const function = tool.take("function")) {
      read_tool(*function, tool.path("function"), body.reading(), conversation);
      continue;
    }
    tool.ignore_rest();
    body.reading().drop(tool.path(), Concern::hosted_tool, "a tool of kind \"" + type + "\"");
  }
  const json::array* const functions = body.list("functions");
  for (std::size_t i = 0; functions != nullptr && i < functions->size(); ++i) {
    read_tool((*functions)[i], at("functions", i), body.reading(), conversation);
  }
}

Choice choice_of(std::string_view word) {
  if (word == "auto") {
    return Choice::automatic;
  }
  if (word == "none") {
    return Choice::none;
  }
  return word == "required" || word == "any" ? Choice::required : Choice::unsaid;
}

void read_allowed(Members& choice, ToolChoice& read) {
  const json::value* const value = choice.take("allowed_tools");
  const json::value nothing = json::object();
  Members allowed(value == nullptr ? nothing : *value, choice.path("allowed_tools"),
                  choice.reading());
  read.choice = choice_of(allowed.text("mode"));
  const json::array* const tools = allowed.list("tools");
  for (std::size_t i = 0; tools != nullptr && i < tools->size(); ++i) {
    Members tool((*tools)[i], at(allowed.path("tools"), i), choice.reading());
    tool.ignore("type");
    if (const json::value* const function = tool.take("function")) {
      read.names.push_back(
          Members(*function, tool.path("function"), choice.reading()).text("name"));
    }
  }
}

void read_choice(Members& body, ToolChoice& read) {
  for (const std::string_view name : {"tool_choice", "function_call"}) {
    const json::value* const value = body.take(name);
    if (value == nullptr) {
      continue;
    }
    if (value->is_string()) {
      read.choice = choice_of(text_of(*value));
      continue;
    }
    Members choice(*value, body.path(name), body.reading());
    const std::string type = choice.text("type");
    if (type == "allowed_tools") {
      read_allowed(choice, read);
    } else if (const json::value* const function = choice.take("function")) {
      read.choice = Choice::named;
      read.names = {Members(*function, choice.path("function"), body.reading()).text("name")};
    } else if (auto named = choice.text_if("name"); named && type.empty()) {
      read.choice = Choice::named;
      read.names = {*named};
    } else {
      choice.ignore_rest();
      body.reading().drop(choice.path(), Concern::hosted_tool, "a choice of kind \"" + type + "\"");
    }
  }
  read.parallel = body.flag("parallel_tool_calls");
}

void read_format(Members& body, Format& format) {
  const json::value* const value = body.take("response_format");
  if (value == nullptr) {
    return;
  }
  Members response(*value, "response_format", body.reading());
  const std::string type = response.text("type");
  if (type == "json_object") {
    format.shape = Shape::json;
  } else if (type == "json_schema") {
    format.shape = Shape::schema;
    const json::value* const inside = response.take("json_schema");
    const json::value nothing = json::object();
    Members schema(inside == nullptr ? nothing : *inside, response.path("json_schema"),
                   body.reading());
    read_schema_format(schema, format);
  }
}

void read_settings(Members& body, Settings& settings) {
  settings.output_max = body.whole("max_completion_tokens");
  const auto older = body.whole("max_tokens");
  settings.output_max = settings.output_max ? settings.output_max : older;
  settings.temperature = body.number("temperature");
  settings.top_p = body.number("top_p");
  settings.top_k = body.whole("top_k");  // of servers that speak this dialect beside OpenAI
  settings.frequency_penalty = body.number("frequency_penalty");
  settings.presence_penalty = body.number("presence_penalty");
  settings.seed = body.whole("seed");
  settings.choices = body.whole("n");
  read_stop(body, "stop", settings);
  settings.effort.level = body.text("reasoning_effort");
  read_format(body, settings.format);
  settings.verbosity = body.text("verbosity");
  settings.tier = body.text("service_tier");
  settings.stream = body.flag("stream").value_or(false);
  if (const json::value* const options = body.take("stream_options")) {
    Members inside(*options, "stream_options", body.reading());
    settings.stream_usage = inside.flag("include_usage").value_or(false);
    inside.ignore("include_obfuscation");
  }
  read_openai_settings(body, settings);
  body.drop("logprobs", Concern::delivery, "the probabilities of tokens are not translated");
  body.drop("top_logprobs", Concern::delivery, "the probabilities of tokens are not translated");
  body.drop("logit_bias", Concern::sampling, "its numbers mean tokens of another model");
  body.drop("prediction", Concern::delivery, "no other dialect takes a draft of the answer");
  body.drop("modalities", Concern::output, "answers are translated as text");
  body.drop("audio", Concern::output, "answers are translated as text");
  body.drop("web_search_options", Concern::hosted_tool, "a search that the provider runs");
}

}  // namespace

Conversation read_chat(const json::value& value, Reading& reading) {
  Conversation conversation{.from = Wire::chat};
  Members body(value, "", reading);
  conversation.model = body.text("model");
  const json::array* const messages = body.list("messages");
  if (messages == nullptr) {
    reading.mistake("messages", "a list");
    return conversation;
  }
  for (std::size_t i = 0; i < messages->size(); ++i) {
    read_message((*messages)[i], i, reading, conversation);
  }
  read_tools(body, conversation);
  read_choice(body, conversation.tool_choice);
  read_settings(body, conversation.settings);
  return conversation;
}

}  // namespace purser::translate
