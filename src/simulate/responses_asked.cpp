// simulate/responses_asked.cpp — POST /v1/responses, read as OpenAI reads it.
#include <fmt/format.h>

#include "simulate/members.hpp"

namespace purser::simulate {
namespace {

using Outcome = std::expected<void, Rejection>;
constexpr std::int64_t kImageTokens = 765;  // one 1024×1024 picture in tiles
constexpr std::int64_t kSearchesMax = 4;    // an answer never makes more

void write_part(const json::value& part, Scribe& scribe) {
  const json::object* const object = part.if_object();
  const std::string_view type = object == nullptr ? "" : text_member(*object, "type");
  if (type == "input_text" || type == "output_text") {
    scribe.text(text_member(*object, "text"));
  } else if (type == "input_image") {
    scribe.media(part, kImageTokens);
  } else {
    scribe.value(part);
  }
}

void write_content(const json::value& content, Scribe& scribe) {
  if (const json::string* const text = content.if_string()) {
    scribe.text(*text);
  } else if (const json::array* const parts = content.if_array()) {
    for (const json::value& part : *parts) {
      write_part(part, scribe);
    }
  } else {
    scribe.value(content);
  }
}

/// What a message says is counted, not the words around it; of other items all of them.
void write_item(const json::value& value, Scribe& scribe) {
  const json::object* const item = value.if_object();
  const std::string_view role = item == nullptr ? "" : text_member(*item, "role");
  if (role.empty()) {
    scribe.frame('i');
    scribe.value(value);
  } else {
    scribe.frame(role.front());
    if (const json::value* const content = member(*item, "content")) {
      write_content(*content, scribe);
    }
  }
  scribe.close(Block::Section::messages, Block::Kind::plain, Lifetime::none);
}

Outcome write_prompt(const json::object& body, Scribe& scribe) {
  if (const std::string_view told = text_member(body, "instructions"); !told.empty()) {
    scribe.frame('s');
    scribe.text(told);
    scribe.close(Block::Section::system, Block::Kind::plain, Lifetime::none);
  }
  const json::value* const input = member(body, "input");
  if (input == nullptr) {
    return reject("Missing required parameter: 'input'.", "input", "missing_required_parameter");
  }
  if (const json::array* const items = input->if_array()) {
    for (const json::value& item : *items) {
      write_item(item, scribe);
    }
    return {};
  }
  scribe.frame('u');
  write_content(*input, scribe);
  scribe.close(Block::Section::messages, Block::Kind::plain, Lifetime::none);
  return {};
}

Outcome read_tools(const json::object& body, Asked& asked, Scribe& scribe) {
  const json::array* const tools = array_member(body, "tools");
  for (std::size_t i = 0; tools != nullptr && i < tools->size(); ++i) {
    const json::object* const tool = (*tools)[i].if_object();
    const std::string_view type = tool == nullptr ? "" : text_member(*tool, "type");
    if (type.starts_with("web_search")) {
      asked.searches_max = kSearchesMax;
    } else if (type == "file_search") {
      asked.file_searches_max = kSearchesMax;
    } else if (type == "function" && !text_member(*tool, "name").empty()) {
      asked.tools.push_back(
          {.name = text_member(*tool, "name"), .schema = object_member(*tool, "parameters")});
    } else {
      return reject(fmt::format("Invalid value for 'tools[{}]'.", i), "tools", "invalid_value");
    }
    scribe.value((*tools)[i]);
    scribe.close(Block::Section::tools, Block::Kind::plain, Lifetime::none);
  }
  return {};
}

Outcome read_tool_choice(const json::object& body, Asked& asked) {
  if (const json::object* const named = object_member(body, "tool_choice")) {
    asked.tool_choice = ToolChoice::required;
    asked.forced_tool = text_member(*named, "name");
    return {};
  }
  const std::string_view word = text_member(body, "tool_choice");
  if (word == "required") {
    asked.tool_choice = ToolChoice::required;
  } else if (word == "none") {
    asked.tool_choice = ToolChoice::none;
    asked.searches_max = 0;
    asked.file_searches_max = 0;
  } else if (!word.empty() && word != "auto") {
    return reject("Invalid value for 'tool_choice'.", "tool_choice", "invalid_value");
  }
  return {};
}

}  // namespace

Reading read_responses(const json::value& value) {
  constexpr std::int64_t kOutputMin = 16;  // OpenAI takes no lower bound
  const json::object* const body = value.if_object();
  if (body == nullptr) {
    return reject("We could not parse the JSON body of your request.");
  }
  Asked asked{.dialect = Dialect::responses};
  asked.prompt_tokens = kFramingTokens;
  Scribe scribe(asked);
  if (const auto read = read_model(text_member(*body, "model"), asked); !read) {
    return std::unexpected(read.error());
  }
  if (const auto read = read_openai_tier(*body, asked); !read) {
    return std::unexpected(read.error());
  }
  const auto output_max = count_member(*body, "max_output_tokens", kOutputMin);
  if (!output_max) {
    return std::unexpected(output_max.error());
  }
  asked.output_max = *output_max;
  if (const auto read = read_tools(*body, asked, scribe); !read) {
    return std::unexpected(read.error());
  }
  if (const auto read = read_tool_choice(*body, asked); !read) {
    return std::unexpected(read.error());
  }
  if (const auto written = write_prompt(*body, scribe); !written) {
    return std::unexpected(written.error());
  }
  asked.stream = true_member(*body, "stream");
  asked.background = true_member(*body, "background");
  asked.continues = text_member(*body, "previous_response_id");
  const json::object* const reasoning = object_member(*body, "reasoning");
  asked.thinks =
      asked.model->reasons && (reasoning == nullptr || text_member(*reasoning, "effort") != "none");
  if (const json::object* const metadata = object_member(*body, "metadata")) {
    asked.words = text_member(*metadata, "simulate");
  }
  return asked;
}

}  // namespace purser::simulate
