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

std::int64_t uncached(std::int64_t prompt, std::int64_t cached, std::int64_t written) {
  if (std::max(cached, written) > prompt) {
    return prompt;
  }
  return cached + written <= prompt ? prompt - cached - written
                                    : prompt - std::max(cached, written);
}

ChatUsage read_chat_usage(JsonScan& scan) {
  ChatUsage usage;
  read_members(scan, kUsage, usage);
  return usage;
}

namespace {

/// Output that the completion leaves out: xAI's reasoning and Gemini's thoughts show in the total,
/// a part larger than the whole shows by itself, and of the rest we must know it.
std::int64_t beside_completion(const ChatUsage& reported, std::int64_t prompt,
                               const Quirks& quirks) {
  const std::int64_t completion = reported.completion.value_or(0);
  const std::int64_t reasoning = reported.reasoning.value_or(0);
  const bool beside = reasoning > completion || quirks.reasoning_beside_output;
  const std::int64_t in_total = reported.total.value_or(0) - prompt - completion;
  // A total beyond a prompt without its cached parts is those parts, not output.
  const std::int64_t cached = reported.cached.value_or(0);
  return std::max(cached > prompt ? 0 : in_total, beside ? reasoning : 0);
}

}  // namespace

Usage normal_form(const ChatUsage& reported, const Quirks& quirks) {
  // Mistral's speech input is larger than the prompt that should include it.
  const std::int64_t audio = reported.audio_in.value_or(0);
  const std::int64_t text = reported.prompt.value_or(0);
  const std::int64_t prompt = audio > text ? text + audio : text;
  const std::int64_t cached = reported.cached.value_or(0);
  const std::int64_t written = reported.cache_write.value_or(0);

  Usage usage;
  usage.input_uncached = Tokens(uncached(prompt, cached, written));
  usage.cache_read = Tokens(cached);
  usage.cache_write_short = Tokens(written);
  usage.output =
      Tokens(reported.completion.value_or(0) + beside_completion(reported, prompt, quirks));
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
