// translate/gemini_read.cpp — a generateContent request, read.
#include "translate/dialects.hpp"
#include "translate/gemini.hpp"
#include "translate/parts.hpp"
#include "translate/schema.hpp"
#include "translate/settings.hpp"

namespace purser::translate {
namespace {

std::vector<Part> read_parts(Members& content, CallIds& ids) {
  std::vector<Part> parts;
  const json::value* const value = content.take("parts");
  if (value == nullptr) {
    return parts;
  }
  const json::array* const list = value->if_array();
  if (list == nullptr) {
    read_gemini_part(*value, content.path("parts"), content.reading(), ids, parts);
    return parts;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    read_gemini_part((*list)[i], at(content.path("parts"), i), content.reading(), ids, parts);
  }
  return parts;
}

void read_contents(Members& body, Conversation& conversation) {
  const json::value* const value = body.take("contents");
  const json::array one =
      value != nullptr && value->is_object() ? json::array{*value} : json::array();
  const json::array* const list = value == nullptr || value->is_object() ? &one : value->if_array();
  if (list == nullptr) {
    body.reading().mistake("contents", "a list");
    return;
  }
  CallIds ids("");
  for (std::size_t i = 0; i < list->size(); ++i) {
    Members content((*list)[i], at("contents", i), body.reading());
    const Role role = content.text("role") == "model" ? Role::assistant : Role::user;
    conversation.turns.push_back({.role = role, .parts = read_parts(content, ids)});
  }
}

void read_function(const json::value& value, const std::string& path, Reading& reading,
                   Conversation& conversation) {
  Members function(value, path, reading);
  Tool tool{.name = function.text("name"), .description = function.text("description")};
  if (const json::value* const schema = function.take("parametersJsonSchema")) {
    tool.schema = *schema;
  }
  if (const json::value* const schema = function.take("parameters")) {
    tool.schema = from_gemini_schema(*schema);
  }
  for (const std::string_view name : {"response", "responseJsonSchema", "behavior"}) {
    function.drop(name, Concern::tools, "other dialects know no such detail of a tool");
  }
  tool.path = path;
  conversation.tools.push_back(std::move(tool));
}

void read_tools(Members& body, Conversation& conversation) {
  const json::array* const tools = body.list("tools");
  for (std::size_t i = 0; tools != nullptr && i < tools->size(); ++i) {
    const json::object* const object = (*tools)[i].if_object();
    Members tool((*tools)[i], at("tools", i), body.reading());
    const json::array* const functions = tool.list("functionDeclarations");
    for (std::size_t k = 0; functions != nullptr && k < functions->size(); ++k) {
      read_function((*functions)[k], at(tool.path("functionDeclarations"), k), body.reading(),
                    conversation);
    }
    tool.ignore_rest();
    for (const auto& member : object == nullptr ? json::object() : *object) {
      const std::string name(member.key().data(), member.key().size());
      if (name != "functionDeclarations" && name != "function_declarations") {
        body.reading().drop(tool.path(name), Concern::hosted_tool, "a tool of Google's own");
      }
    }
  }
}

void read_choice(Members& body, ToolChoice& read) {
  const json::value* const value = body.take("toolConfig");
  if (value == nullptr) {
    return;
  }
  Members config(*value, "toolConfig", body.reading());
  config.drop("retrievalConfig", Concern::hosted_tool, "a tool of Google's own");
  config.drop("includeServerSideToolInvocations", Concern::delivery, "a tool of Google's own");
  const json::value* const inside = config.take("functionCallingConfig");
  if (inside == nullptr) {
    return;
  }
  Members calling(*inside, "toolConfig.functionCallingConfig", body.reading());
  const std::string mode = calling.text("mode");
  const json::array* const names = calling.list("allowedFunctionNames");
  for (std::size_t i = 0; names != nullptr && i < names->size(); ++i) {
    read.names.emplace_back(text_of((*names)[i]));
  }
  read.choice = mode == "NONE"                            ? Choice::none
                : mode == "ANY" && read.names.size() == 1 ? Choice::named
                : mode == "ANY"                           ? Choice::required
                : mode == "AUTO" || mode == "VALIDATED"   ? Choice::automatic
                                                          : Choice::unsaid;
  calling.drop("streamFunctionCallArguments", Concern::delivery, "arguments come as they come");
}

void read_thinking(Members& config, Effort& effort) {
  const json::value* const value = config.take("thinkingConfig");
  if (value == nullptr) {
    return;
  }
  Members thinking(*value, config.path("thinkingConfig"), config.reading());
  effort.show = thinking.flag("includeThoughts");
  effort.budget = thinking.whole("thinkingBudget");
  for (const char c : thinking.text("thinkingLevel")) {
    effort.level += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
}

void read_format(Members& config, Format& format) {
  const std::string mime = config.text("responseMimeType");
  const json::value* const own = config.take("responseSchema");
  const json::value* const schema = config.take("responseJsonSchema");
  if (schema != nullptr || own != nullptr) {
    format.shape = Shape::schema;
    format.schema = schema != nullptr ? *schema : from_gemini_schema(*own);
  } else if (mime == "application/json") {
    format.shape = Shape::json;
  } else if (!mime.empty() && mime != "text/plain") {
    config.reading().drop(config.path("responseMimeType"), Concern::output,
                          "other dialects answer with text or JSON");
  }
}

void read_config(Members& body, Settings& settings) {
  const json::value* const value = body.take("generationConfig");
  if (value == nullptr) {
    return;
  }
  Members config(*value, "generationConfig", body.reading());
  settings.output_max = config.whole("maxOutputTokens");
  settings.temperature = config.number("temperature");
  settings.top_p = config.number("topP");
  const auto top_k = config.number("topK");
  settings.top_k = top_k ? std::optional(static_cast<std::int64_t>(*top_k)) : std::nullopt;
  settings.frequency_penalty = config.number("frequencyPenalty");
  settings.presence_penalty = config.number("presencePenalty");
  settings.seed = config.whole("seed");
  settings.choices = config.whole("candidateCount");
  read_stop(config, "stopSequences", settings);
  read_thinking(config, settings.effort);
  read_format(config, settings.format);
  for (const std::string_view name : {"responseLogprobs", "logprobs"}) {
    config.drop(name, Concern::delivery, "the probabilities of tokens are not translated");
  }
  const json::array* const modalities = config.list("responseModalities");
  for (std::size_t i = 0; modalities != nullptr && i < modalities->size(); ++i) {
    if (text_of((*modalities)[i]) != "TEXT") {
      config.reading().drop(at(config.path("responseModalities"), i), Concern::output,
                            "answers are translated as text");
    }
  }
  for (const std::string_view name :
       {"speechConfig", "imageConfig", "mediaResolution", "audioTimestamp"}) {
    config.drop(name, Concern::output, "answers are translated as text");
  }
}

void read_rest(Members& body, Settings& settings) {
  settings.tier = body.text("serviceTier");
  settings.tier = settings.tier == "standard" ? "default" : settings.tier;
  read_labels(body, "labels", settings);
  settings.store = body.flag("store");
  body.drop("cachedContent", Concern::state, "what the other provider keeps is not there");
  body.drop("safetySettings", Concern::delivery, "other providers have filters of their own");
  body.drop("modelArmorConfig", Concern::delivery, "other providers have filters of their own");
}

}  // namespace

Conversation read_gemini(const json::value& value, Reading& reading) {
  Conversation conversation{.from = Wire::gemini};
  Members body(value, "", reading);
  conversation.model = body.text("model");
  if (conversation.model.starts_with("models/")) {
    conversation.model.erase(0, std::string_view("models/").size());
  }
  if (const json::value* const system = body.take("systemInstruction")) {
    CallIds none("");
    if (system->is_string()) {
      conversation.instructions.push_back(
          {.what = Text{.text = std::string(text_of(*system))}, .path = "systemInstruction"});
    } else {
      Members content(*system, "systemInstruction", reading);
      content.ignore("role");
      conversation.instructions = read_parts(content, none);
    }
  }
  read_contents(body, conversation);
  read_tools(body, conversation);
  read_choice(body, conversation.tool_choice);
  read_config(body, conversation.settings);
  read_rest(body, conversation.settings);
  return conversation;
}

}  // namespace purser::translate
