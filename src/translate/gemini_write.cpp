// translate/gemini_write.cpp — a generateContent request, written.
#include "translate/dialects.hpp"
#include "translate/gemini.hpp"
#include "translate/parts.hpp"
#include "translate/schema.hpp"
#include "translate/settings.hpp"

namespace purser::translate {
namespace {

constexpr std::size_t kStopsMax = 5;  // Google refuses more

struct Ending {
  std::string_view ending;
  std::string_view mime;
};
constexpr Ending kEndings[] = {
    {".png", "image/png"},   {".jpg", "image/jpeg"},  {".jpeg", "image/jpeg"},
    {".webp", "image/webp"}, {".gif", "image/gif"},   {".pdf", "application/pdf"},
    {".txt", "text/plain"},  {".mp3", "audio/mpeg"},  {".wav", "audio/wav"},
    {".mp4", "video/mp4"},   {".webm", "video/webm"},
};
constexpr std::string_view kUsual[] = {"image/jpeg", "application/pdf", "audio/mpeg", "video/mp4"};

/// Google wants to be told what lies at a URL: by its ending, else what is usual of its kind.
std::string mime_at(const Media& media, const std::string& where, Notes& notes) {
  const std::string_view path =
      std::string_view(media.url).substr(0, media.url.find_first_of("?#"));
  for (const Ending& known : kEndings) {
    if (path.ends_with(known.ending) && kind_of(known.mime) == media.kind) {
      return std::string(known.mime);
    }
  }
  const std::string_view usual = kUsual[static_cast<std::size_t>(media.kind)];
  notes.approximate(where, Concern::content,
                    "what lies at this URL is not said: told as " + std::string(usual));
  return std::string(usual);
}

std::optional<json::object> media_part(const Media& media, const std::string& where, Wire from,
                                       Notes& notes) {
  if (!media.data.empty()) {
    return inline_data(media);
  }
  if (!media.file.empty() && from != Wire::gemini) {
    notes.drop(where, Concern::content, "a file that only the other provider has");
    return {};
  }
  json::object file{{"fileUri", media.file.empty() ? media.url : media.file}};
  file["mimeType"] = media.mime.empty() ? mime_at(media, where, notes) : media.mime;
  return json::object{{"fileData", std::move(file)}};
}

json::object result_part(const ToolResult& result, const std::string& where, Wire from,
                         Notes& notes) {
  json::array texts;
  json::array media;
  for (const auto& item : result.content) {
    if (const auto* const text = std::get_if<Text>(&item)) {
      texts.push_back(json::value(text->text));
      continue;
    }
    const auto& other = std::get<Media>(item);
    if (auto part = media_part(other, where, from, notes)) {
      media.push_back(std::move(*part));
    }
  }
  json::object response;
  if (texts.size() == 1) {
    response[result.is_error ? "error" : "output"] = texts.front();
  } else if (!texts.empty() || result.is_error) {
    response[result.is_error ? "error" : "output"] = std::move(texts);
  }
  json::object written{{"name", result.name}, {"response", std::move(response)}};
  if (!is_made_up(result.call_id)) {
    put_text(written, "id", result.call_id);
  }
  if (!media.empty()) {
    written["parts"] = std::move(media);
  }
  return {{"functionResponse", std::move(written)}};
}

std::optional<json::object> write_part(const Part& part, Wire from, Notes& notes) {
  const std::string where = path_of(part, "contents");
  if (part.cache) {
    notes.drop(where + ".cache_control", Concern::cache, "Gemini caches by itself");
  }
  if (const auto* const text = std::get_if<Text>(&part.what)) {
    if (text->refusal) {
      notes.approximate(where, Concern::content, "a refusal is told as the model's words");
    }
    return json::object{{"text", text->text}};
  }
  if (const auto* const media = std::get_if<Media>(&part.what)) {
    return media_part(*media, where, from, notes);
  }
  if (const auto* const call = std::get_if<ToolCall>(&part.what)) {
    return foreign_gemini_call(*call, where, notes);
  }
  if (const auto* const result = std::get_if<ToolResult>(&part.what)) {
    return result_part(*result, where, from, notes);
  }
  const auto& thinking = std::get<Thinking>(part.what);
  if (!thinking.seal || thinking.seal->by != Wire::gemini) {
    notes.drop(where, Concern::thinking, "thoughts that Gemini did not sign");
    return {};
  }
  return gemini_thought(thinking);
}

json::array write_parts(const std::vector<Part>& parts, Wire from, Notes& notes) {
  json::array written;
  for (const Part& part : parts) {
    if (auto one = write_part(part, from, notes)) {
      written.push_back(std::move(*one));
    }
  }
  return written;
}

void write_tools(const Conversation& conversation, json::object& body, Notes& notes) {
  json::array functions;
  for (const Tool& tool : conversation.tools) {
    json::object function{{"name", tool.name}};
    put_text(function, "description", tool.description);
    if (!tool.schema.is_null()) {
      function["parametersJsonSchema"] = for_gemini(tool.schema, tool.path, notes);
    }
    if (tool.strict.value_or(false)) {
      notes.drop(tool.path + ".strict", Concern::tools, "Gemini is not strict tool by tool");
    }
    if (tool.cache) {
      notes.drop(tool.path + ".cache_control", Concern::cache, "Gemini caches by itself");
    }
    functions.push_back(std::move(function));
  }
  if (!functions.empty()) {
    body["tools"] = json::array{json::object{{"functionDeclarations", std::move(functions)}}};
  }
}

std::string_view mode_of(const ToolChoice& choice) {
  switch (choice.choice) {
    case Choice::unsaid:
      return {};
    case Choice::automatic:
      return choice.names.empty() ? "AUTO" : "VALIDATED";  // AUTO takes no names
    case Choice::none:
      return "NONE";
    case Choice::required:
    case Choice::named:
      return "ANY";
  }
  return {};
}

void write_choice(const Conversation& conversation, json::object& body, Notes& notes) {
  const ToolChoice& choice = conversation.tool_choice;
  if (!choice.parallel.value_or(true)) {
    notes.drop(setting_path(conversation.from, "parallel"), Concern::tools,
               "Gemini may call several tools at once");
  }
  const std::string_view mode = mode_of(choice);
  if (mode.empty() || conversation.tools.empty()) {
    return;
  }
  json::object config{{"mode", mode}};
  if (!choice.names.empty() && choice.choice != Choice::none) {
    config["allowedFunctionNames"] = json::array(choice.names.begin(), choice.names.end());
  }
  body["toolConfig"] = {{"functionCallingConfig", std::move(config)}};
}

void write_thinking(const Conversation& conversation, json::object& config, Notes& notes) {
  const Effort& effort = conversation.settings.effort;
  json::object thinking;
  if (effort.level == "none" || effort.budget == 0) {
    thinking["thinkingBudget"] = 0;
  } else if (!effort.level.empty()) {
    const bool beyond = effort.level == "xhigh" || effort.level == "max";
    if (beyond) {
      notes.approximate(setting_path(conversation.from, "effort"), Concern::output,
                        "Gemini's hardest is high");
    }
    thinking["thinkingLevel"] = beyond                      ? "HIGH"
                                : effort.level == "minimal" ? "MINIMAL"
                                : effort.level == "low"     ? "LOW"
                                : effort.level == "medium"  ? "MEDIUM"
                                                            : "HIGH";
  } else if (effort.budget || effort.adaptive) {
    thinking["thinkingBudget"] = effort.budget.value_or(-1);
  }
  put(thinking, "includeThoughts", effort.show);
  if (!thinking.empty()) {
    config["thinkingConfig"] = std::move(thinking);
  }
}

void write_format(const Conversation& conversation, json::object& config, Notes& notes) {
  const Format& format = conversation.settings.format;
  if (format.shape == Shape::text) {
    return;
  }
  config["responseMimeType"] = "application/json";
  if (format.shape == Shape::schema) {
    config["responseJsonSchema"] = for_gemini(schema_or_empty(format.schema),
                                              setting_path(conversation.from, "format"), notes);
  }
}

void write_config(const Conversation& conversation, json::object& body, Notes& notes) {
  const Settings& settings = conversation.settings;
  json::object config;
  put(config, "maxOutputTokens", settings.output_max);
  put(config, "temperature", settings.temperature);
  put(config, "topP", settings.top_p);
  put(config, "topK", settings.top_k);
  put(config, "frequencyPenalty", settings.frequency_penalty);
  put(config, "presencePenalty", settings.presence_penalty);
  put(config, "seed", settings.seed);
  put(config, "candidateCount", choices_of(conversation, notes));
  if (!settings.stop.empty()) {
    const std::size_t kept = std::min(settings.stop.size(), kStopsMax);
    config["stopSequences"] = json::array(
        settings.stop.begin(), settings.stop.begin() + static_cast<std::ptrdiff_t>(kept));
    if (kept < settings.stop.size()) {
      notes.drop(setting_path(conversation.from, "stop"), Concern::sampling,
                 "Gemini takes five of them");
    }
  }
  write_thinking(conversation, config, notes);
  write_format(conversation, config, notes);
  if (!config.empty()) {
    body["generationConfig"] = std::move(config);
  }
  drop_settings(
      conversation,
      {"verbosity", "user", "safety_identifier", "metadata", "store", "cache_key", "cache"},
      "Gemini has no such setting", notes);
  if (settings.tier == "default") {
    body["serviceTier"] = "standard";
  } else if (settings.tier != "auto") {
    put_text(body, "serviceTier", settings.tier);
  }
}

}  // namespace

json::object write_gemini(const Conversation& conversation, Notes& notes) {
  json::object body;
  json::array system = write_parts(conversation.instructions, conversation.from, notes);
  if (!system.empty()) {
    body["systemInstruction"] = {{"parts", std::move(system)}};
  }
  json::array contents;
  for (const Turn& turn : strict_turns(conversation, notes)) {
    json::array parts = write_parts(turn.parts, conversation.from, notes);
    if (!parts.empty()) {
      contents.push_back(json::object{{"role", turn.role == Role::user ? "user" : "model"},
                                      {"parts", std::move(parts)}});
    }
  }
  body["contents"] = std::move(contents);
  write_tools(conversation, body, notes);
  write_choice(conversation, body, notes);
  write_config(conversation, body, notes);
  return body;
}

}  // namespace purser::translate
