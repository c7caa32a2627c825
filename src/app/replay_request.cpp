// app/replay_request.cpp — one history, two dialects.
#include "app/replay_request.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/json_text.hpp"

namespace purser {
namespace {

/// Recorded names that no list prices any more, and what stands nearest to them today.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kPlayedAs{{
    {"gpt-4o-mini", "gpt-4o-mini"},
    {"gpt-4o", "gpt-4o"},
    {"gpt-4-", "gpt-4o"},
    {"gpt-", "gpt-5.4"},
    {"claude-opus", "claude-opus-5-5"},
    {"claude-haiku", "claude-haiku-5-5"},
    {"claude", "claude-sonnet-5-5"},
    {"several", "claude-sonnet-5-5"},
    {"", "gpt-4.1"},
}};

void append_comma(std::string& list) {
  if (!list.empty()) {
    list += ',';
  }
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// Arguments as the messages API wants them: an object, whatever was recorded.
std::string as_object(const std::string& arguments) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(arguments, error);
  return !error && value.is_object() ? arguments
                                     : fmt::format(R"({{"arguments":{}}})", json_string(arguments));
}

}  // namespace

std::string played_model(std::string_view recorded, const std::vector<ModelMapping>& mappings) {
  for (const ModelMapping& mapping : mappings) {
    if (recorded.starts_with(mapping.recorded)) {
      return mapping.played;
    }
  }
  recorded.remove_prefix(recorded.rfind('/') + 1);  // "litellm_proxy/…"; npos + 1 is 0
  for (const auto& [beginning, played] : kPlayedAs) {
    if (recorded.starts_with(beginning)) {
      return std::string(played);
    }
  }
  return {};
}

Dialect dialect_of_model(std::string_view model) {
  return model.starts_with("claude") ? Dialect::messages : Dialect::chat;
}

History::History(const Recording& recording, Manner manner) : manner_(std::move(manner)) {
  append_tools(tools_, recording);
}

void History::append_tools(std::string& out, const Recording& recording) const {
  for (const ToolRecord& tool : recording.tools) {
    append_comma(out);
    std::string description = json_string(tool.description);
    if (manner_.dialect == Dialect::chat) {
      fmt::format_to(
          std::back_inserter(out),
          R"({{"type":"function","function":{{"name":{},"description":{},"parameters":{}}}}})",
          json_string(tool.name), description, tool.schema);
    } else {
      fmt::format_to(std::back_inserter(out), R"({{"name":{},"description":{},"input_schema":{}}})",
                     json_string(tool.name), description, tool.schema);
    }
  }
}

void History::add(const Said& said) {
  if (said.forgets) {
    messages_.clear();
  }
  if (said.empty() && said.role != Said::Role::tool) {
    return;  // an answer that was aborted
  }
  if (said.forgets && said.role == Said::Role::assistant) {
    add({.role = Said::Role::user, .text = "(The conversation so far was summarised.)"});
  }
  if (manner_.dialect == Dialect::chat) {
    add_chat(said);
  } else if (said.role == Said::Role::system) {
    system_ += system_.empty() ? said.text : "\n\n" + said.text;
  } else {
    add_message(said);
  }
}

void History::add_chat(const Said& said) {
  constexpr std::array<std::string_view, 4> kRoles{"system", "user", "assistant", "tool"};
  append_comma(messages_);
  JsonObject message(messages_);
  message.text("role", kRoles[static_cast<std::size_t>(said.role)]);
  message.text("content", said.text);
  if (said.role == Said::Role::tool) {
    message.text("tool_call_id", said.call_id);
  }
  if (!said.calls.empty()) {
    std::string calls;
    for (const SaidCall& call : said.calls) {
      append_comma(calls);
      fmt::format_to(std::back_inserter(calls),
                     R"({{"id":{},"type":"function","function":{{"name":{},"arguments":{}}}}})",
                     json_string(call.id), json_string(call.name), json_string(call.arguments));
    }
    message.raw("tool_calls", '[' + calls + ']');
  }
  message.finish();
}

void History::add_message(const Said& said) {
  std::string blocks;
  if (said.role == Said::Role::tool) {
    JsonObject(blocks)
        .text("type", "tool_result")
        .text("tool_use_id", said.call_id)
        .text("content", said.text)
        .finish();
  } else if (!said.text.empty()) {
    JsonObject(blocks).text("type", "text").text("text", said.text).finish();
  }
  for (const SaidCall& call : said.calls) {
    append_comma(blocks);
    JsonObject(blocks)
        .text("type", "tool_use")
        .text("id", call.id)
        .text("name", call.name)
        .raw("input", as_object(call.arguments))
        .finish();
  }
  append_comma(messages_);
  JsonObject(messages_)
      .text("role", said.role == Said::Role::assistant ? "assistant" : "user")
      .raw("content", '[' + blocks + ']')
      .finish();
}

std::string History::request() const {
  const bool chat = manner_.dialect == Dialect::chat;
  std::string out;
  out.reserve(messages_.size() + tools_.size() + system_.size() + 512);
  JsonObject body(out);
  body.text("model", manner_.model);
  const bool old_cap = manner_.model.starts_with("gpt-4");  // reasoning models refuse max_tokens
  body.number(!chat || old_cap ? "max_tokens" : "max_completion_tokens", manner_.output_max);
  if (!tools_.empty()) {
    body.raw("tools", '[' + tools_ + ']');
  }
  if (!system_.empty()) {
    body.raw("system", fmt::format(R"([{{"type":"text","text":{},)"
                                   R"("cache_control":{{"type":"ephemeral"}}}}])",
                                   json_string(system_)));
  }
  if (!chat) {
    body.raw("cache_control", R"({"type":"ephemeral"})");  // agents keep their history cached
  }
  body.raw("messages", '[' + messages_ + ']');
  if (manner_.stream) {
    body.boolean("stream", true);
    if (chat) {
      body.raw("stream_options", R"({"include_usage":true})");
    }
  }
  body.finish();
  return out;
}

}  // namespace purser
