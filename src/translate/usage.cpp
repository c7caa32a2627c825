// translate/usage.cpp — token counts that mean the same in every dialect.
// OpenAI and Gemini count what the cache read inside the prompt, Anthropic beside it. OpenAI and
// Anthropic count thoughts inside the output, Gemini beside it, and what its tools brought in
// beside the prompt.
#include <algorithm>

#include "translate/dialects.hpp"

namespace purser::translate {
namespace {

std::int64_t count(Members& from, std::string_view name) {
  return std::max<std::int64_t>(from.whole(name).value_or(0), 0);
}

/// The member as an object; an empty one when it is absent or no object.
const json::value& inside(Members& from, std::string_view name) {
  static const json::value kEmpty = json::object();
  const json::value* const value = from.take(name);
  return value == nullptr || !value->is_object() ? kEmpty : *value;
}

/// Chat and Responses differ in the names of three members only.
Usage read_openai(Members& usage, std::string_view prompt, std::string_view output,
                  const std::string& prompt_details, const std::string& output_details) {
  Usage read;
  const std::int64_t all = count(usage, prompt);
  read.output = count(usage, output);
  usage.ignore("total_tokens");
  {
    Members details(inside(usage, prompt_details), usage.path(prompt_details), usage.reading());
    details.ignore_rest();  // text and image tokens are parts that no other dialect names
    read.cache_read = count(details, "cached_tokens");
    const std::int64_t written = count(details, "cache_write_tokens");
    read.audio_in = count(details, "audio_tokens");
    Members times(inside(details, "cache_write_tokens_details"), details.path("cache_write"),
                  usage.reading());
    times.ignore_rest();
    read.cache_write_long = std::min(count(times, "ttl_12h_tokens"), written);
    read.cache_write = written - read.cache_write_long;
  }
  Members details(inside(usage, output_details), usage.path(output_details), usage.reading());
  details.ignore_rest();
  read.thinking = std::min(count(details, "reasoning_tokens"), read.output);
  read.audio_out = count(details, "audio_tokens");
  read.input =
      std::max<std::int64_t>(all - read.cache_read - read.cache_write - read.cache_write_long, 0);
  return read;
}

}  // namespace

Usage read_chat_usage(Members& usage) {
  usage.ignore_rest();
  return read_openai(usage, "prompt_tokens", "completion_tokens", "prompt_tokens_details",
                     "completion_tokens_details");
}

Usage read_responses_usage(Members& usage) {
  usage.ignore_rest();
  return read_openai(usage, "input_tokens", "output_tokens", "input_tokens_details",
                     "output_tokens_details");
}

Usage read_messages_usage(Members& usage) {
  usage.ignore_rest();
  Usage read;
  read.input = count(usage, "input_tokens");
  read.output = count(usage, "output_tokens");
  read.cache_read = count(usage, "cache_read_input_tokens");
  const std::int64_t written = count(usage, "cache_creation_input_tokens");
  Members times(inside(usage, "cache_creation"), usage.path("cache_creation"), usage.reading());
  times.ignore_rest();
  read.cache_write_long = std::min(count(times, "ephemeral_1h_input_tokens"), written);
  read.cache_write = written - read.cache_write_long;
  Members details(inside(usage, "output_tokens_details"), "", usage.reading());
  details.ignore_rest();
  read.thinking = std::min(count(details, "thinking_tokens"), read.output);
  Members tools(inside(usage, "server_tool_use"), "", usage.reading());
  tools.ignore_rest();
  read.searches = count(tools, "web_search_requests");
  return read;
}

Usage read_gemini_usage(Members& usage) {
  usage.ignore_rest();
  Usage read;
  read.cache_read = count(usage, "cachedContentTokenCount");
  read.input = std::max<std::int64_t>(count(usage, "promptTokenCount") - read.cache_read, 0) +
               count(usage, "toolUsePromptTokenCount");
  read.thinking = count(usage, "thoughtsTokenCount");
  read.output = count(usage, "candidatesTokenCount") + read.thinking;
  return read;
}

json::object chat_usage(const Usage& usage) {
  return {{"prompt_tokens", usage.prompt()},
          {"completion_tokens", usage.output},
          {"total_tokens", usage.prompt() + usage.output},
          {"prompt_tokens_details",
           {{"cached_tokens", usage.cache_read},
            {"cache_write_tokens", usage.cache_write + usage.cache_write_long},
            {"audio_tokens", usage.audio_in}}},
          {"completion_tokens_details",
           {{"reasoning_tokens", usage.thinking}, {"audio_tokens", usage.audio_out}}}};
}

json::object responses_usage(const Usage& usage) {
  return {{"input_tokens", usage.prompt()},
          {"input_tokens_details",
           {{"cached_tokens", usage.cache_read},
            {"cache_write_tokens", usage.cache_write + usage.cache_write_long},
            {"cache_write_tokens_details",
             {{"ttl_30m_tokens", usage.cache_write}, {"ttl_12h_tokens", usage.cache_write_long}}}}},
          {"output_tokens", usage.output},
          {"output_tokens_details", {{"reasoning_tokens", usage.thinking}}},
          {"total_tokens", usage.prompt() + usage.output}};
}

json::object messages_usage(const Usage& usage) {
  json::object written{{"input_tokens", usage.input},
                       {"cache_creation_input_tokens", usage.cache_write + usage.cache_write_long},
                       {"cache_read_input_tokens", usage.cache_read},
                       {"cache_creation",
                        {{"ephemeral_5m_input_tokens", usage.cache_write},
                         {"ephemeral_1h_input_tokens", usage.cache_write_long}}},
                       {"output_tokens", usage.output},
                       {"output_tokens_details", {{"thinking_tokens", usage.thinking}}},
                       {"service_tier", nullptr}};
  if (usage.searches > 0) {
    written["server_tool_use"] = {{"web_search_requests", usage.searches}};
  }
  return written;
}

json::object gemini_usage(const Usage& usage) {
  json::object written{{"promptTokenCount", usage.prompt()},
                       {"candidatesTokenCount", usage.output - usage.thinking},
                       {"totalTokenCount", usage.prompt() + usage.output}};
  if (usage.cache_read > 0) {
    written["cachedContentTokenCount"] = usage.cache_read;
  }
  if (usage.thinking > 0) {
    written["thoughtsTokenCount"] = usage.thinking;
  }
  return written;
}

}  // namespace purser::translate
