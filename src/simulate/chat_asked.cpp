// simulate/chat_asked.cpp — POST /v1/chat/completions, read as OpenAI reads it.
#include <fmt/format.h>

#include "simulate/members.hpp"

namespace purser::simulate {
namespace {

using Outcome = std::expected<void, Rejection>;
constexpr std::int64_t kImageTokens = 765;  // one 1024×1024 picture in tiles
constexpr std::int64_t kChoicesMax = 128;
constexpr std::size_t kStopsMax = 4;

void write_part(const json::value& part, Scribe& scribe) {
  const json::object* const object = part.if_object();
  if (object == nullptr) {
    scribe.value(part);
    return;
  }
  const std::string_view type = text_member(*object, "type");
  if (type == "text" || type == "refusal") {
    scribe.text(text_member(*object, type));
  } else if (type == "image_url") {
    scribe.media(part, kImageTokens);
  } else {
    scribe.value(part);
  }
}

Outcome write_message(const json::value& value, std::size_t index, Scribe& scribe) {
  const json::object* const message = value.if_object();
  if (message == nullptr || text_member(*message, "role").empty()) {
    return reject(fmt::format("Missing required parameter: 'messages[{}].role'.", index),
                  fmt::format("messages[{}].role", index), "missing_required_parameter");
  }
  scribe.frame(text_member(*message, "role").front());
  if (const json::value* const content = member(*message, "content")) {
    if (const json::array* const parts = content->if_array()) {
      for (const json::value& part : *parts) {
        write_part(part, scribe);
      }
    } else if (const json::string* const text = content->if_string()) {
      scribe.text(*text);
    } else {
      return reject(fmt::format("Invalid type for 'messages[{}].content'.", index),
                    fmt::format("messages[{}].content", index), "invalid_type");
    }
  }
  if (const json::value* const calls = member(*message, "tool_calls")) {
    scribe.value(*calls);
  }
  scribe.close(Block::Section::messages, Block::Kind::plain, Lifetime::none);
  return {};
}

Outcome read_tools(const json::object& body, Asked& asked, Scribe& scribe) {
  const json::array* const tools = array_member(body, "tools");
  if (tools == nullptr) {
    return {};
  }
  for (const json::value& value : *tools) {
    const json::object* const tool = value.if_object();
    const json::object* const function =
        tool == nullptr ? nullptr : object_member(*tool, "function");
    if (function == nullptr || text_member(*function, "name").empty()) {
      return reject("Missing required parameter: 'tools[].function.name'.", "tools",
                    "missing_required_parameter");
    }
    asked.tools.push_back(
        {.name = text_member(*function, "name"), .schema = object_member(*function, "parameters")});
    scribe.value(value);
    scribe.close(Block::Section::tools, Block::Kind::plain, Lifetime::none);
  }
  return {};
}

Outcome read_tool_choice(const json::object& body, Asked& asked) {
  const json::value* const choice = member(body, "tool_choice");
  if (choice == nullptr) {
    return {};
  }
  if (asked.tools.empty()) {
    return reject("'tool_choice' is only allowed when 'tools' are specified.", "tool_choice");
  }
  if (const json::object* const named = choice->if_object()) {
    const json::object* const function = object_member(*named, "function");
    asked.tool_choice = ToolChoice::required;
    asked.forced_tool = function == nullptr ? std::string_view() : text_member(*function, "name");
    return {};
  }
  const std::string_view word = text_member(body, "tool_choice");
  if (word == "required") {
    asked.tool_choice = ToolChoice::required;
  } else if (word == "none") {
    asked.tool_choice = ToolChoice::none;
  } else if (word != "auto") {
    return reject("Invalid value for 'tool_choice'.", "tool_choice", "invalid_value");
  }
  return {};
}

Outcome read_caps(const json::object& body, Asked& asked) {
  const auto output_max = count_member(body, "max_completion_tokens", 1);
  const auto old_output_max = count_member(body, "max_tokens", 1);
  const auto choices = count_member(body, "n", 1);
  for (const auto* const count : {&output_max, &old_output_max, &choices}) {
    if (!*count) {
      return std::unexpected(count->error());
    }
  }
  if (*old_output_max && asked.model->reasons) {
    return reject(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
        "'max_completion_tokens' instead.",
        "max_tokens", "unsupported_parameter");
  }
  asked.output_max = *output_max ? *output_max : *old_output_max;
  asked.choices = choices->value_or(1);
  if (asked.choices > kChoicesMax) {
    return reject(fmt::format("Invalid 'n': at most {}.", kChoicesMax), "n",
                  "integer_above_max_value");
  }
  return {};
}

Outcome read_stops(const json::object& body, Asked& asked) {
  if (const std::string_view only = text_member(body, "stop"); !only.empty()) {
    asked.stops.push_back(only);
  }
  if (const json::array* const list = array_member(body, "stop")) {
    for (const json::value& stop : *list) {
      if (const json::string* const text = stop.if_string(); text != nullptr && !text->empty()) {
        asked.stops.emplace_back(*text);
      }
    }
  }
  if (asked.stops.size() > kStopsMax) {
    return reject("Invalid 'stop': at most 4 sequences.", "stop", "array_above_max_length");
  }
  return {};
}

Outcome read_prompt(const json::object& body, Scribe& scribe) {
  const json::array* const messages = array_member(body, "messages");
  if (messages == nullptr || messages->empty()) {
    return reject("Missing required parameter: 'messages'.", "messages",
                  "missing_required_parameter");
  }
  for (std::size_t i = 0; i < messages->size(); ++i) {
    if (const auto written = write_message((*messages)[i], i, scribe); !written) {
      return written;
    }
  }
  return {};
}

}  // namespace

Reading read_chat(const json::value& value) {
  const json::object* const body = value.if_object();
  if (body == nullptr) {
    return reject("We could not parse the JSON body of your request.");
  }
  Asked asked{.dialect = Dialect::chat};
  asked.prompt_tokens = kFramingTokens;
  Scribe scribe(asked);
  if (const auto read = read_model(text_member(*body, "model"), asked); !read) {
    return std::unexpected(read.error());
  }
  for (const auto read : {read_caps, read_stops, read_openai_tier}) {
    if (const auto outcome = read(*body, asked); !outcome) {
      return std::unexpected(outcome.error());
    }
  }
  if (const auto read = read_tools(*body, asked, scribe); !read) {
    return std::unexpected(read.error());
  }
  if (const auto read = read_tool_choice(*body, asked); !read) {
    return std::unexpected(read.error());
  }
  if (const auto read = read_prompt(*body, scribe); !read) {
    return std::unexpected(read.error());
  }
  asked.stream = true_member(*body, "stream");
  if (const json::object* const options = object_member(*body, "stream_options")) {
    asked.include_usage = true_member(*options, "include_usage");
  }
  asked.thinks = asked.model->reasons && text_member(*body, "reasoning_effort") != "none";
  if (const json::object* const metadata = object_member(*body, "metadata")) {
    asked.words = text_member(*metadata, "simulate");
  }
  return asked;
}

}  // namespace purser::simulate
