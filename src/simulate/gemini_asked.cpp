// simulate/gemini_asked.cpp — POST /v1beta/models/MODEL:METHOD, read as Google reads it.
#include <fmt/format.h>

#include "simulate/members.hpp"

namespace purser::simulate {
namespace {

using Outcome = std::expected<void, Rejection>;
constexpr std::int64_t kImageTokens = 258;
constexpr std::int64_t kSearchesMax = 4;

/// Every member has two spellings.
const json::value* either(const json::object& object, std::string_view camel,
                          std::string_view snake) {
  const json::value* const found = member(object, camel);
  return found != nullptr ? found : member(object, snake);
}

const json::object* either_object(const json::object& object, std::string_view camel,
                                  std::string_view snake) {
  const json::value* const found = either(object, camel, snake);
  return found == nullptr ? nullptr : found->if_object();
}

/// Calls `each` with every element of a list, or with the one that stands for it.
template <typename Each>
void each_of(const json::value* value, Each each) {
  if (value == nullptr) {
    return;
  }
  if (const json::array* const list = value->if_array()) {
    for (const json::value& element : *list) {
      each(element);
    }
  } else {
    each(*value);
  }
}

void write_part(const json::value& value, Scribe& scribe) {
  const json::object* const part = value.if_object();
  if (part != nullptr && !text_member(*part, "text").empty()) {
    scribe.text(text_member(*part, "text"));
  } else if (part != nullptr && either(*part, "inlineData", "inline_data") != nullptr) {
    scribe.media(value, kImageTokens);
  } else {
    scribe.value(value);
  }
}

void write_content(const json::value& value, Block::Section section, Scribe& scribe) {
  scribe.frame('c');
  if (const json::object* const content = value.if_object()) {
    each_of(member(*content, "parts"), [&](const json::value& part) { write_part(part, scribe); });
  }
  scribe.close(section, Block::Kind::plain, Lifetime::none);
}

void read_tools(const json::object& body, Asked& asked, Scribe& scribe) {
  each_of(member(body, "tools"), [&](const json::value& value) {
    const json::object* const tool = value.if_object();
    if (tool == nullptr) {
      return;
    }
    if (either(*tool, "googleSearch", "google_search") != nullptr) {
      asked.searches_max = kSearchesMax;
    }
    each_of(either(*tool, "functionDeclarations", "function_declarations"),
            [&](const json::value& declared) {
              const json::object* const function = declared.if_object();
              if (function == nullptr) {
                return;
              }
              const json::object* schema = object_member(*function, "parameters");
              schema = schema != nullptr ? schema
                                         : either_object(*function, "parametersJsonSchema",
                                                         "parameters_json_schema");
              asked.tools.push_back({.name = text_member(*function, "name"), .schema = schema});
              scribe.value(declared);
              scribe.close(Block::Section::tools, Block::Kind::plain, Lifetime::none);
            });
  });
}

Outcome read_tool_config(const json::object& body, Asked& asked) {
  const json::object* const config = either_object(body, "toolConfig", "tool_config");
  const json::object* const calling =
      config == nullptr
          ? nullptr
          : either_object(*config, "functionCallingConfig", "function_calling_config");
  if (calling == nullptr) {
    return {};
  }
  if (asked.tools.empty()) {
    return reject("Function calling config is set without function_declarations.");
  }
  const std::string_view mode = text_member(*calling, "mode");
  asked.tool_choice = mode == "NONE"  ? ToolChoice::none
                      : mode == "ANY" ? ToolChoice::required
                                      : ToolChoice::automatic;
  return {};
}

Outcome read_generation_config(const json::object& body, Asked& asked) {
  const json::object* const config = either_object(body, "generationConfig", "generation_config");
  asked.thinks = asked.model->reasons;
  if (config == nullptr) {
    return {};
  }
  for (const std::string_view name : {"maxOutputTokens", "max_output_tokens"}) {
    const auto output_max = count_member(*config, name, 1);
    if (!output_max) {
      return std::unexpected(output_max.error());
    }
    asked.output_max = *output_max ? *output_max : asked.output_max;
  }
  const auto choices = count_member(*config, "candidateCount", 1);
  if (!choices) {
    return std::unexpected(choices.error());
  }
  asked.choices = choices->value_or(1);
  each_of(either(*config, "stopSequences", "stop_sequences"), [&](const json::value& stop) {
    if (const json::string* const text = stop.if_string(); text != nullptr && !text->empty()) {
      asked.stops.emplace_back(*text);
    }
  });
  if (const json::object* const thinking =
          either_object(*config, "thinkingConfig", "thinking_config")) {
    const json::value* const budget = either(*thinking, "thinkingBudget", "thinking_budget");
    asked.thinks = asked.thinks && (budget == nullptr || *budget != 0);
  }
  return {};
}

Outcome read_tier(const json::object& body, Asked& asked) {
  const json::value* const tier = either(body, "serviceTier", "service_tier");
  if (tier != nullptr && *tier == "flex") {
    asked.terms.tier = Tier::flex;
  }
  return {};
}

void read_texts(const json::object& body, Asked& asked, Scribe& scribe) {
  const auto embed = [&](const json::object& request) {
    if (const json::value* const content = member(request, "content")) {
      ++asked.texts;
      write_content(*content, Block::Section::messages, scribe);
    }
  };
  asked.output_max = 0;
  asked.one_text = member(body, "requests") == nullptr;
  if (asked.one_text) {
    embed(body);
    return;
  }
  each_of(member(body, "requests"), [&](const json::value& request) {
    if (const json::object* const one = request.if_object()) {
      embed(*one);
    }
  });
}

Outcome read_prompt(const json::object& body, Asked& asked, Scribe& scribe) {
  read_tools(body, asked, scribe);
  if (const json::value* const system = either(body, "systemInstruction", "system_instruction")) {
    write_content(*system, Block::Section::system, scribe);
  }
  if (member(body, "contents") == nullptr) {
    return reject("GenerateContentRequest.contents: contents is not specified");
  }
  each_of(member(body, "contents"), [&](const json::value& content) {
    write_content(content, Block::Section::messages, scribe);
  });
  for (const auto read : {read_tool_config, read_generation_config, read_tier}) {
    if (const auto outcome = read(body, asked); !outcome) {
      return outcome;
    }
  }
  return {};
}

}  // namespace

Reading read_gemini(const json::value& value, const Route& route) {
  const json::object* const body = value.if_object();
  if (body == nullptr) {
    return reject("Invalid JSON payload received.");
  }
  Asked asked{.dialect = Dialect::gemini};
  Scribe scribe(asked);
  if (const auto read = read_model(route.model, asked); !read) {
    return std::unexpected(read.error());
  }
  const bool embeds = route.method == "embedContent" || route.method == "batchEmbedContents";
  if (embeds != asked.model->embeds && route.method != "countTokens") {
    return std::unexpected(Rejection{
        .status = 404,
        .message = fmt::format("models/{} is not supported for {}.", route.model, route.method)});
  }
  if (embeds) {
    read_texts(*body, asked, scribe);
  } else if (const auto read = read_prompt(*body, asked, scribe); !read) {
    return std::unexpected(read.error());
  }
  asked.stream = route.method == "streamGenerateContent";
  asked.in_one_array = asked.stream && !route.events;
  return asked;
}

}  // namespace purser::simulate
