// translate/gemini_parts.cpp — the parts of Gemini's contents, which questions and answers share.
#include "translate/dialects.hpp"
#include "translate/gemini.hpp"
#include "translate/parts.hpp"
#include "translate/settings.hpp"

namespace purser::translate {
namespace {

/// Google takes this for the signature of a call that none of its models made.
constexpr std::string_view kNoSignature = "skip_thought_signature_validator";

Media read_inline(const json::value& value, const std::string& path, Reading& reading) {
  Members blob(value, path, reading);
  Media media{
      .mime = blob.text("mimeType"), .data = blob.text("data"), .name = blob.text("displayName")};
  media.kind = kind_of(media.mime);
  return media;
}

Media read_file(const json::value& value, const std::string& path, Reading& reading) {
  Members file(value, path, reading);
  Media media{.mime = file.text("mimeType"), .name = file.text("displayName")};
  media.kind = kind_of(media.mime);
  std::string uri = file.text("fileUri");
  const bool own =
      uri.starts_with("gs://") || uri.starts_with("https://generativelanguage.googleapis.com/");
  (own ? media.file : media.url) = std::move(uri);
  return media;
}

std::vector<std::string> texts_of(const json::value& value) {
  std::vector<std::string> texts;
  if (const json::array* const list = value.if_array();
      list != nullptr && !list->empty() &&
      std::ranges::all_of(*list, [](const json::value& item) { return item.is_string(); })) {
    for (const json::value& item : *list) {
      texts.emplace_back(text_of(item));
    }
    return texts;
  }
  return {value.is_string() ? std::string(text_of(value)) : print(value)};
}

/// {"output": …} and {"error": …} are Google's names for what a tool said; any other object is told
/// as it is.
void read_response(const json::value& value, ToolResult& result) {
  const json::object* const object = value.if_object();
  const json::value* said = &value;
  if (object != nullptr && object->size() == 1) {
    for (const char* const name : {"output", "error", "result"}) {
      if (const json::value* const inside = object->if_contains(name)) {
        said = inside;
        result.is_error = std::string_view(name) == "error";
      }
    }
  }
  if (object != nullptr && object->empty()) {
    return;
  }
  for (std::string& text : texts_of(*said)) {
    result.content.emplace_back(Text{.text = std::move(text)});
  }
}

}  // namespace

std::string CallIds::called(std::string_view id, const std::string& name) {
  std::string known = id.empty() ? made_up_id(scope_, count_++) : std::string(id);
  waiting_.emplace_back(name, known);
  return known;
}

std::string CallIds::answered(std::string_view id, const std::string& name) {
  const auto found = std::ranges::find_if(waiting_, [&](const auto& call) {
    return id.empty() ? call.first == name : call.second == id;
  });
  std::string known = found == waiting_.end() ? std::string(id.empty() ? name : id) : found->second;
  if (found != waiting_.end()) {
    waiting_.erase(found);
  }
  return known;
}

namespace {

Part read_call(const json::value& value, Members& part, std::optional<Sealed> seal, CallIds& ids) {
  Members call(value, part.path("functionCall"), part.reading());
  ToolCall read{.name = call.text("name")};
  read.id = ids.called(call.text("id"), read.name);
  const json::value* const args = call.take("args");
  read.arguments = args == nullptr ? "" : print(*args);
  if (seal && seal->bytes != kNoSignature) {
    read.seal = std::move(seal);
  }
  return {.what = std::move(read)};
}

Part read_answered(const json::value& value, Members& part, CallIds& ids) {
  Members response(value, part.path("functionResponse"), part.reading());
  ToolResult result{.name = response.text("name")};
  result.call_id = ids.answered(response.text("id"), result.name);
  if (const json::value* const said = response.take("response")) {
    read_response(*said, result);
  }
  const json::array* const media = response.list("parts");
  for (std::size_t i = 0; media != nullptr && i < media->size(); ++i) {
    Members item((*media)[i], at(response.path("parts"), i), part.reading());
    if (const json::value* const file = item.take("fileData")) {
      result.content.emplace_back(read_file(*file, item.path("fileData"), part.reading()));
    } else if (const json::value* const blob = item.take("inlineData")) {
      result.content.emplace_back(read_inline(*blob, item.path("inlineData"), part.reading()));
    }
  }
  response.drop("scheduling", Concern::tools, "when the answer is to be used");
  response.drop("willContinue", Concern::tools, "other tools answer once");
  return {.what = std::move(result)};
}

std::optional<Part> read_kind(Members& part, std::optional<Sealed> seal, CallIds& ids) {
  if (const json::value* const call = part.take("functionCall")) {
    return read_call(*call, part, std::move(seal), ids);
  }
  if (const json::value* const response = part.take("functionResponse")) {
    return read_answered(*response, part, ids);
  }
  if (const json::value* const blob = part.take("inlineData")) {
    return Part{.what = read_inline(*blob, part.path("inlineData"), part.reading())};
  }
  if (const json::value* const file = part.take("fileData")) {
    return Part{.what = read_file(*file, part.path("fileData"), part.reading())};
  }
  return {};
}

}  // namespace

void read_gemini_part(const json::value& value, const std::string& path, Reading& reading,
                      CallIds& ids, std::vector<Part>& parts) {
  Members part(value, path, reading);
  const bool thought = part.flag("thought").value_or(false);
  const std::string signature = part.text("thoughtSignature");
  std::optional<Sealed> seal;
  if (!signature.empty()) {
    seal = opened_seal(signature, Wire::gemini).seal;
  }
  part.drop("videoMetadata", Concern::content, "which part of a video is meant");
  part.drop("mediaResolution", Concern::content, "how closely to look");
  part.drop("partMetadata", Concern::identity, "labels of a part");
  if (const auto text = part.text_if("text")) {
    if (thought) {
      parts.push_back(
          {.what = Thinking{.text = *text, .seal = seal, .hidden = text->empty()}, .path = path});
      return;
    }
    if (!text->empty() || !seal) {
      parts.push_back({.what = Text{.text = *text}, .path = path});
    }
    if (seal) {  // beside words: kept as a thought of its own, behind them
      parts.push_back({.what = Thinking{.seal = seal, .hidden = true}, .path = path});
    }
    return;
  }
  if (auto read = read_kind(part, std::move(seal), ids)) {
    read->path = path;
    parts.push_back(std::move(*read));
    return;
  }
  part.ignore_rest();
  reading.drop(path, Concern::content, "a part of a kind that only Gemini has");
}

json::object gemini_call(const ToolCall& call, const std::string& path, Notes& notes) {
  auto args =
      call.arguments.empty() ? std::optional<json::value>(json::object()) : parsed(call.arguments);
  if (!args || !args->is_object()) {
    notes.approximate(path, Concern::tools, "arguments that are no JSON object stand in one");
    args = json::object{{"arguments", call.arguments}};
  }
  json::object function{{"name", call.name}, {"args", std::move(*args)}};
  if (!is_made_up(call.id)) {
    put_text(function, "id", call.id);
  }
  json::object part{{"functionCall", std::move(function)}};
  if (call.seal && call.seal->by == Wire::gemini) {
    part["thoughtSignature"] = call.seal->bytes;
  }
  return part;
}

json::object foreign_gemini_call(const ToolCall& call, const std::string& path, Notes& notes) {
  json::object part = gemini_call(call, path, notes);
  if (!part.contains("thoughtSignature")) {
    notes.approximate(path, Concern::thinking,
                      "a call that Gemini did not sign: told as one to take unsigned");
    part["thoughtSignature"] = kNoSignature;
  }
  return part;
}

json::object gemini_thought(const Thinking& thinking) {
  json::object part{{"text", thinking.text}};
  if (!thinking.hidden) {
    part["thought"] = true;
  }
  if (thinking.seal) {
    part["thoughtSignature"] = seal_text(*thinking.seal, Wire::gemini, SealOf::thinking);
  }
  return part;
}

json::object inline_data(const Media& media) {
  json::object blob{{"mimeType", media.mime}, {"data", media.data}};
  return {{"inlineData", std::move(blob)}};
}

}  // namespace purser::translate
