// wire/chat_usage.cpp — one normal form for what thirty providers report.
#include "wire/chat_usage.hpp"

#include <algorithm>
#include <array>

#include "wire/meters.hpp"

namespace purser {
namespace {

using Count = std::optional<std::int64_t> ChatUsage::*;

template <Count field>
void count(JsonScan& scan, ChatUsage& usage) {
  read_count(scan, usage.*field);
}

using Row = AnswerMember<ChatUsage>;

constexpr std::array kPromptDetails{
    Row{"cached_tokens", count<&ChatUsage::cached>},
    Row{"cache_write_tokens", count<&ChatUsage::cache_write>},
    Row{"audio_tokens", count<&ChatUsage::audio_in>},
    Row{"image_tokens", count<&ChatUsage::image_in>},
    Row{"video_tokens", count<&ChatUsage::video_in>},
};
constexpr std::array kCompletionDetails{
    Row{"reasoning_tokens", count<&ChatUsage::reasoning>},
    Row{"audio_tokens", count<&ChatUsage::audio_out>},
    Row{"image_tokens", count<&ChatUsage::image_out>},
};
constexpr std::array kServerTools{
    Row{"web_search_requests", count<&ChatUsage::searches>},
};
constexpr std::array kUsage{
    Row{"prompt_tokens", count<&ChatUsage::prompt>},
    Row{"completion_tokens", count<&ChatUsage::completion>},
    Row{"total_tokens", count<&ChatUsage::total>},
    Row{"prompt_tokens_details",
        [](JsonScan& scan, ChatUsage& usage) { read_members(scan, kPromptDetails, usage); }},
    Row{"completion_tokens_details",
        [](JsonScan& scan, ChatUsage& usage) { read_members(scan, kCompletionDetails, usage); }},
    Row{"prompt_cache_hit_tokens", count<&ChatUsage::cached>},           // DeepSeek
    Row{"num_cached_tokens", count<&ChatUsage::cached>},                 // Mistral
    Row{"cached_tokens", count<&ChatUsage::cached>},                     // Moonshot
    Row{"cache_creation_input_tokens", count<&ChatUsage::cache_write>},  // Vercel's gateway
    Row{"num_search_queries", count<&ChatUsage::searches>},              // Perplexity
    Row{"server_tool_use",
        [](JsonScan& scan, ChatUsage& usage) { read_members(scan, kServerTools, usage); }},
    Row{"server_tool_use_details",  // OpenRouter
        [](JsonScan& scan, ChatUsage& usage) { read_members(scan, kServerTools, usage); }},
};

}  // namespace

ChatUsage read_chat_usage(JsonScan& scan) {
  ChatUsage usage;
  read_members(scan, kUsage, usage);
  return usage;
}

Usage normal_form(const ChatUsage& reported) {
  const std::int64_t audio = reported.audio_in.value_or(0);
  // A part larger than the whole stands outside it: Mistral's speech input.
  const std::int64_t prompt =
      reported.prompt.value_or(0) + (audio > reported.prompt.value_or(0) ? audio : 0);
  const std::int64_t completion = reported.completion.value_or(0);
  const std::int64_t cached = reported.cached.value_or(0);
  const std::int64_t written = reported.cache_write.value_or(0);
  // The prompt includes its cached parts; where they are more than the prompt it left them out.
  const bool included = cached + written <= prompt;
  // Whatever the total counts beyond prompt and completion is output that the completion left out:
  // xAI's reasoning, Gemini's thoughts.
  const std::int64_t beyond =
      included ? std::max<std::int64_t>(reported.total.value_or(0) - prompt - completion, 0) : 0;

  Usage usage;
  usage.input_uncached = Tokens(included ? prompt - cached - written : prompt);
  usage.cache_read = Tokens(cached);
  usage.cache_write_short = Tokens(written);
  usage.output = Tokens(completion + beyond);
  const auto part_of = [](std::optional<std::int64_t> part, Tokens whole) {
    return std::min(Tokens(part.value_or(0)), whole);
  };
  usage.reasoning = part_of(reported.reasoning, usage.output);
  usage.audio_in = part_of(reported.audio_in, usage.input_uncached);
  usage.image_in = part_of(reported.image_in, usage.input_uncached - usage.audio_in);
  usage.video_in =
      part_of(reported.video_in, usage.input_uncached - usage.audio_in - usage.image_in);
  usage.audio_out = part_of(reported.audio_out, usage.output);
  usage.image_out = part_of(reported.image_out, usage.output - usage.audio_out);
  usage.web_searches = reported.searches.value_or(0);
  return usage;
}

}  // namespace purser
