// simulate/messages_asked.cpp — POST /v1/messages, read as Anthropic reads it.
#include <fmt/format.h>

#include "simulate/members.hpp"

namespace purser::simulate {
namespace {

using Outcome = std::expected<void, Rejection>;
using Section = Block::Section;
constexpr std::int64_t kImageTokens = 1'500;  // near the cap of models before Opus 4.7
constexpr std::size_t kBreakpointsMax = 4;
constexpr std::int64_t kSearchesMax = 3;  // where the tool sets no max_uses

/// The cache breakpoint that a block carries. The block must have something to keep.
std::expected<Lifetime, Rejection> read_mark(const json::object& holder) {
  const json::object* const control = object_member(holder, "cache_control");
  if (control == nullptr) {
    return Lifetime::none;
  }
  const std::string_view ttl = text_member(*control, "ttl");
  if (text_member(*control, "type") != "ephemeral" ||
      (!ttl.empty() && ttl != "5m" && ttl != "1h")) {
    return reject("cache_control: expected type 'ephemeral' with a ttl of '5m' or '1h'");
  }
  return ttl == "1h" ? Lifetime::long_lived : Lifetime::short_lived;
}

void write_content(const json::value& content, Scribe& scribe);

void write_block(const json::object& block, Scribe& scribe) {
  const std::string_view type = text_member(block, "type");
  if (type == "text") {
    scribe.text(text_member(block, "text"));
  } else if (type == "image" || type == "document") {
    scribe.media(block, kImageTokens);
  } else if (type == "tool_use") {
    scribe.text(text_member(block, "name"));
    if (const json::value* const input = member(block, "input")) {
      scribe.value(*input);
    }
  } else if (type == "tool_result") {
    if (const json::value* const content = member(block, "content")) {
      write_content(*content, scribe);
    }
  } else if (type == "thinking") {
    scribe.text(text_member(block, "thinking"));
  } else {
    json::object unmarked(block);  // its breakpoint is no part of what is kept
    unmarked.erase("cache_control");
    scribe.value(unmarked);
  }
}

void write_content(const json::value& content, Scribe& scribe) {
  if (const json::string* const text = content.if_string()) {
    scribe.text(*text);
  } else if (const json::array* const blocks = content.if_array()) {
    for (const json::value& block : *blocks) {
      if (const json::object* const object = block.if_object()) {
        write_block(*object, scribe);
      }
    }
  }
}

Block::Kind kind_of(const json::object& block) {
  const std::string_view type = text_member(block, "type");
  if (type == "tool_use") {
    return Block::Kind::tool_use;
  }
  return type == "tool_result" ? Block::Kind::tool_result : Block::Kind::plain;
}

/// A string, or an array of blocks; each becomes a block of the prompt.
Outcome read_content(const json::value& content, Section section, std::string_view where,
                     Scribe& scribe) {
  if (const json::string* const text = content.if_string()) {
    scribe.text(*text);
    scribe.close(section, Block::Kind::plain, Lifetime::none);
    return {};
  }
  const json::array* const blocks = content.if_array();
  if (blocks == nullptr) {
    return reject(fmt::format("{}: Input should be a string or a list of blocks", where));
  }
  for (const json::value& value : *blocks) {
    const json::object* const block = value.if_object();
    if (block == nullptr || text_member(*block, "type").empty()) {
      return reject(fmt::format("{}.type: Field required", where));
    }
    const auto mark = read_mark(*block);
    if (!mark) {
      return std::unexpected(mark.error());
    }
    const bool empty = text_member(*block, "type") == "text" && text_member(*block, "text").empty();
    if (empty && *mark != Lifetime::none) {
      return reject(fmt::format("{}: cache_control cannot be set for empty text blocks", where));
    }
    write_block(*block, scribe);
    scribe.close(section, kind_of(*block), *mark);
  }
  return {};
}

Outcome read_tools(const json::object& body, Asked& asked, Scribe& scribe) {
  const json::array* const tools = array_member(body, "tools");
  if (tools == nullptr) {
    return {};
  }
  for (const json::value& value : *tools) {
    const json::object* const tool = value.if_object();
    const std::string_view name = tool == nullptr ? "" : text_member(*tool, "name");
    if (name.empty()) {
      return reject("tools.0.name: Field required");
    }
    const auto mark = read_mark(*tool);
    if (!mark) {
      return std::unexpected(mark.error());
    }
    if (text_member(*tool, "type").starts_with("web_search_")) {
      const auto uses = count_member(*tool, "max_uses", 1);
      if (!uses) {
        return std::unexpected(uses.error());
      }
      asked.searches_max = uses->value_or(kSearchesMax);
    } else {
      asked.tools.push_back({.name = name, .schema = object_member(*tool, "input_schema")});
    }
    json::object unmarked(*tool);
    unmarked.erase("cache_control");
    scribe.value(unmarked);
    scribe.close(Section::tools, Block::Kind::plain, *mark);
  }
  return {};
}

Outcome read_tool_choice(const json::object& body, Asked& asked) {
  const json::object* const choice = object_member(body, "tool_choice");
  if (choice == nullptr) {
    return {};
  }
  const std::string_view type = text_member(*choice, "type");
  if (type == "any" || type == "tool") {
    asked.tool_choice = ToolChoice::required;
    asked.forced_tool = text_member(*choice, "name");
  } else if (type == "none") {
    asked.tool_choice = ToolChoice::none;
  } else if (type != "auto") {
    return reject("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'");
  }
  asked.message_salt += json::serialize(*choice);
  return {};
}

Outcome read_prompt(const json::object& body, Scribe& scribe) {
  if (const json::value* const system = member(body, "system")) {
    if (const auto read = read_content(*system, Section::system, "system", scribe); !read) {
      return read;
    }
  }
  const json::array* const messages = array_member(body, "messages");
  if (messages == nullptr || messages->empty()) {
    return reject("messages: Field required");
  }
  for (std::size_t i = 0; i < messages->size(); ++i) {
    const json::object* const message = (*messages)[i].if_object();
    const std::string_view role = message == nullptr ? "" : text_member(*message, "role");
    if (role != "user" && role != "assistant") {
      return reject(fmt::format("messages.{}.role: Input should be 'user' or 'assistant'", i));
    }
    const json::value* const content = member(*message, "content");
    if (content == nullptr) {
      return reject(fmt::format("messages.{}.content: Field required", i));
    }
    scribe.frame(role.front());
    const auto read =
        read_content(*content, Section::messages, fmt::format("messages.{}.content", i), scribe);
    if (!read) {
      return read;
    }
  }
  return {};
}

/// At most four breakpoints, the longer-lived first; the automatic one takes a place of its own.
Outcome read_breakpoints(const json::object& body, Asked& asked) {
  const auto automatic = read_mark(body);
  if (!automatic) {
    return std::unexpected(automatic.error());
  }
  std::size_t marks = *automatic == Lifetime::none ? 0 : 1;
  for (const Block& block : asked.blocks) {
    marks += block.mark == Lifetime::none ? 0 : 1;
  }
  if (marks > kBreakpointsMax) {
    return reject(
        fmt::format("A maximum of 4 blocks with cache_control may be provided. Found {}.", marks));
  }
  if (*automatic != Lifetime::none && !asked.blocks.empty() &&
      asked.blocks.back().mark == Lifetime::none) {
    asked.blocks.back().mark = *automatic;
  }
  Lifetime before = Lifetime::long_lived;
  for (const Block& block : asked.blocks) {
    if (block.mark == Lifetime::long_lived && before == Lifetime::short_lived) {
      return reject("a ttl='1h' cache_control block must not come after a ttl='5m' one");
    }
    before = block.mark == Lifetime::none ? before : block.mark;
  }
  return {};
}

Outcome read_terms(const json::object& body, Asked& asked) {
  const std::string_view tier = text_member(body, "service_tier");
  if (!tier.empty() && tier != "auto" && tier != "standard_only") {
    return reject("service_tier: Input should be 'auto' or 'standard_only'");
  }
  const std::string_view speed = text_member(body, "speed");
  asked.terms.fast = speed == "fast";
  if (asked.terms.fast && asked.model->priority_percent == 0) {
    return reject(fmt::format("speed: 'fast' is not supported by {}", asked.model->id));
  }
  asked.terms.us_only = text_member(body, "inference_geo") == "us";
  return {};
}

Outcome read_answer_rules(const json::object& body, Asked& asked) {
  const auto output_max = count_member(body, "max_tokens", 0);
  if (!output_max) {
    return std::unexpected(output_max.error());
  }
  if (!*output_max) {
    return reject("max_tokens: Field required");
  }
  asked.output_max = *output_max;
  asked.stream = true_member(body, "stream");
  if (**output_max == 0 && (asked.stream || asked.tool_choice == ToolChoice::required)) {
    return reject("max_tokens: 0 only warms the cache; it takes no stream and no forced tool");
  }
  if (const json::array* const stops = array_member(body, "stop_sequences")) {
    for (const json::value& stop : *stops) {
      if (const json::string* const text = stop.if_string(); text != nullptr && !text->empty()) {
        asked.stops.emplace_back(*text);
      }
    }
  }
  return {};
}

void read_thinking(const json::object& body, Asked& asked) {
  if (const json::object* const thinking = object_member(body, "thinking")) {
    const std::string_view type = text_member(*thinking, "type");
    asked.thinks = type == "enabled" || type == "adaptive" || type == "between_tools";
    asked.message_salt += json::serialize(*thinking);
  }
  if (const json::object* const metadata = object_member(body, "metadata")) {
    asked.words = text_member(*metadata, "simulate");
  }
}

/// Everything that decides the tokens of the prompt.
Reading read_question(const json::value& value) {
  const json::object* const body = value.if_object();
  if (body == nullptr) {
    return reject("The request body is not valid JSON");
  }
  Asked asked{.dialect = Dialect::messages};
  asked.prompt_tokens = kFramingTokens;
  Scribe scribe(asked);
  if (const auto read = read_model(text_member(*body, "model"), asked); !read) {
    return std::unexpected(read.error());
  }
  if (const auto read = read_tools(*body, asked, scribe); !read) {
    return std::unexpected(read.error());
  }
  if (const auto read = read_prompt(*body, scribe); !read) {
    return std::unexpected(read.error());
  }
  if (const auto read = read_breakpoints(*body, asked); !read) {
    return std::unexpected(read.error());
  }
  return asked;
}

}  // namespace

Reading read_count_tokens(const json::value& value) {
  return read_question(value);
}

Reading read_messages(const json::value& value) {
  auto asked = read_question(value);
  if (!asked) {
    return asked;
  }
  const json::object& body = value.get_object();
  for (const auto read : {read_tool_choice, read_terms, read_answer_rules}) {
    if (const auto outcome = read(body, *asked); !outcome) {
      return std::unexpected(outcome.error());
    }
  }
  read_thinking(body, *asked);
  return asked;
}

}  // namespace purser::simulate
