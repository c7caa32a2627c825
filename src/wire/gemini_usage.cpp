// wire/gemini_usage.cpp — thoughts and the prompts of tools stand outside, what is cached inside.
#include "wire/gemini_usage.hpp"

#include <algorithm>
#include <array>

#include "wire/meters.hpp"

namespace purser {
namespace {

using Count = std::optional<std::int64_t> GeminiUsage::*;

template <Count field>
void count(JsonScan& scan, GeminiUsage& usage) {
  read_count(scan, usage.*field);
}

/// In the order of their numbers, which answers name them by for $alt=json;enum-encoding=int.
constexpr std::array<std::string_view, 6> kModalities{"",      "TEXT",  "IMAGE",
                                                      "VIDEO", "AUDIO", "DOCUMENT"};

struct Part {
  std::string modality;
  std::optional<std::int64_t> tokens;
};
constexpr std::array kPart{
    AnswerMember<Part>{"modality", [](JsonScan& scan,
                                      Part& part) { read_word(scan, kModalities, part.modality); }},
    AnswerMember<Part>{"tokenCount",
                       [](JsonScan& scan, Part& part) { read_count(scan, part.tokens); }},
};

template <GeminiModalities GeminiUsage::* field>
void parts(JsonScan& scan, GeminiUsage& usage) {
  GeminiModalities& sums = usage.*field;
  sums = {};
  const auto add = [](std::int64_t& sum, std::int64_t tokens) {
    sum = std::min(sum + tokens, kReportedMax);
  };
  read_elements(scan, [&] {
    Part part;
    read_members(scan, kPart, part);
    const std::int64_t tokens = part.tokens.value_or(0);
    if (part.modality == "AUDIO") {
      add(sums.audio, tokens);
    } else if (part.modality == "IMAGE") {
      add(sums.image, tokens);
    } else if (part.modality == "VIDEO") {
      add(sums.video, tokens);
    }
  });
}

using Row = AnswerMember<GeminiUsage>;

void read_tier(JsonScan& scan, GeminiUsage& usage) {
  read_text(scan, usage.tier);
}

constexpr std::array kUsage{
    Row{"promptTokenCount", count<&GeminiUsage::prompt>},
    Row{"cachedContentTokenCount", count<&GeminiUsage::cached>},
    Row{"toolUsePromptTokenCount", count<&GeminiUsage::tool_use>},
    Row{"candidatesTokenCount", count<&GeminiUsage::candidates>},
    Row{"responseTokenCount", count<&GeminiUsage::candidates>},  // the Live API
    Row{"thoughtsTokenCount", count<&GeminiUsage::thoughts>},
    Row{"totalTokenCount", count<&GeminiUsage::total>},
    Row{"promptTokensDetails", parts<&GeminiUsage::prompt_parts>},
    Row{"promptTokenDetails", parts<&GeminiUsage::prompt_parts>},  // embeddings
    Row{"cacheTokensDetails", parts<&GeminiUsage::cached_parts>},
    Row{"toolUsePromptTokensDetails", parts<&GeminiUsage::tool_parts>},
    Row{"candidatesTokensDetails", parts<&GeminiUsage::candidate_parts>},
    Row{"serviceTier", read_tier},
    Row{"trafficType", read_tier},
};

/// What of a part is billed at the full rate; the part that is cached is not.
std::int64_t full_price(std::int64_t prompt, std::int64_t cached, std::int64_t tool_use) {
  return std::max<std::int64_t>(prompt - cached, 0) + tool_use;
}

}  // namespace

GeminiUsage read_gemini_usage(JsonScan& scan) {
  GeminiUsage usage;
  read_members(scan, kUsage, usage);
  return usage;
}

Usage normal_form(const GeminiUsage& reported) {
  const std::int64_t prompt = reported.prompt.value_or(0);
  const std::int64_t cached = reported.cached.value_or(0);
  const std::int64_t tool_use = reported.tool_use.value_or(0);
  const std::int64_t candidates = reported.candidates.value_or(0);
  const std::int64_t thoughts = reported.thoughts.value_or(0);

  Usage usage;
  // A cached part larger than the prompt was left out of it.
  usage.input_uncached = Tokens((cached > prompt ? prompt : prompt - cached) + tool_use);
  usage.cache_read = Tokens(cached);
  usage.output = Tokens(candidates + thoughts);
  usage.reasoning = Tokens(thoughts);
  const auto part_of = [](std::int64_t part, Tokens whole) {
    return std::min(Tokens(part), whole);
  };
  const GeminiModalities& in = reported.prompt_parts;
  const GeminiModalities& read = reported.cached_parts;
  const GeminiModalities& tools = reported.tool_parts;
  const Tokens input = usage.input_uncached;
  usage.audio_in = part_of(full_price(in.audio, read.audio, tools.audio), input);
  usage.image_in = part_of(full_price(in.image, read.image, tools.image), input - usage.audio_in);
  usage.video_in = part_of(full_price(in.video, read.video, tools.video),
                           input - usage.audio_in - usage.image_in);
  usage.audio_cached = part_of(read.audio, usage.cache_read);
  const Tokens said = usage.output - usage.reasoning;
  usage.audio_out = part_of(reported.candidate_parts.audio, said);
  usage.image_out = part_of(reported.candidate_parts.image, said - usage.audio_out);
  return usage;
}

std::optional<ServiceTier> tier_of(const GeminiUsage& reported) {
  std::string tier = reported.tier;
  std::ranges::transform(tier, tier.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  });
  constexpr std::string_view kVertex = "on_demand_";
  return parse_service_tier(tier.starts_with(kVertex)
                                ? std::string_view(tier).substr(kVertex.size())
                                : std::string_view(tier));
}

}  // namespace purser
