// simulate/plain_asked.cpp — POST /v1/embeddings and /v1/completions: prompts without a
// conversation.
#include <fmt/format.h>

#include "simulate/members.hpp"

namespace purser::simulate {
namespace {

/// A text, tokens, or a list of either. Returns how many prompts they are.
std::expected<std::int64_t, Rejection> write_prompts(const json::object& body,
                                                     std::string_view name, Asked& asked) {
  const json::value* const prompts = member(body, name);
  if (prompts == nullptr) {
    return reject(fmt::format("Missing required parameter: '{}'.", name), std::string(name),
                  "missing_required_parameter");
  }
  Scribe scribe(asked);
  std::int64_t count = 0;
  const auto write = [&](const json::value& one) {
    ++count;
    if (const json::string* const text = one.if_string()) {
      scribe.text(*text);
    } else if (const json::array* const tokens = one.if_array()) {
      scribe.media(one, static_cast<std::int64_t>(tokens->size()));
    } else {
      scribe.value(one);
    }
  };
  const json::array* const list = prompts->if_array();
  if (list != nullptr && !list->empty() && !list->front().is_number()) {
    for (const json::value& one : *list) {
      write(one);
    }
  } else {
    write(*prompts);
  }
  scribe.close(Block::Section::messages, Block::Kind::plain, Lifetime::none);
  return count;
}

Reading begin(const json::value& value, Dialect dialect) {
  const json::object* const body = value.if_object();
  if (body == nullptr) {
    return reject("We could not parse the JSON body of your request.");
  }
  Asked asked{.dialect = dialect};
  if (const auto read = read_model(text_member(*body, "model"), asked); !read) {
    return std::unexpected(read.error());
  }
  return asked;
}

}  // namespace

Reading read_embeddings(const json::value& value) {
  Reading asked = begin(value, Dialect::embeddings);
  if (!asked) {
    return asked;
  }
  const json::object& body = value.get_object();
  const auto prompts = write_prompts(body, "input", *asked);
  if (!prompts) {
    return std::unexpected(prompts.error());
  }
  asked->vectors = *prompts;
  asked->vectors_in_base64 = text_member(body, "encoding_format") == "base64";
  asked->choices = 0;
  return asked;
}

Reading read_completions(const json::value& value) {
  constexpr std::int64_t kOutputDefault = 16;
  Reading asked = begin(value, Dialect::completions);
  if (!asked) {
    return asked;
  }
  const json::object& body = value.get_object();
  const auto prompts = write_prompts(body, "prompt", *asked);
  const auto choices = count_member(body, "n", 1);
  const auto output_max = count_member(body, "max_tokens", 1);
  if (!prompts) {
    return std::unexpected(prompts.error());
  }
  for (const auto* const count : {&choices, &output_max}) {
    if (!*count) {
      return std::unexpected(count->error());
    }
  }
  asked->choices = *prompts * choices->value_or(1);
  asked->output_max = output_max->value_or(kOutputDefault);
  asked->stream = true_member(body, "stream");
  if (const json::object* const options = object_member(body, "stream_options")) {
    asked->include_usage = true_member(*options, "include_usage");
  }
  return asked;
}

}  // namespace purser::simulate
