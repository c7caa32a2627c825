// translate/names.cpp — what things are called: losses, settings in each dialect.
#include "translate/answer.hpp"
#include "translate/conversation.hpp"

namespace purser::translate {
namespace {

/// The neutral name of a setting, then how each of kWires calls it.
struct SettingNames {
  std::string_view setting;
  std::array<std::string_view, kWires.size()> in;
};
constexpr SettingNames kSettingNames[] = {
    {"output_max",
     {"max_completion_tokens", "max_tokens", "max_output_tokens",
      "generationConfig.maxOutputTokens"}},
    {"temperature", {"temperature", "temperature", "temperature", "generationConfig.temperature"}},
    {"top_p", {"top_p", "top_p", "top_p", "generationConfig.topP"}},
    {"top_k", {"top_k", "top_k", "top_k", "generationConfig.topK"}},
    {"frequency_penalty", {"frequency_penalty", "", "", "generationConfig.frequencyPenalty"}},
    {"presence_penalty", {"presence_penalty", "", "", "generationConfig.presencePenalty"}},
    {"seed", {"seed", "", "", "generationConfig.seed"}},
    {"n", {"n", "", "", "generationConfig.candidateCount"}},
    {"stop", {"stop", "stop_sequences", "", "generationConfig.stopSequences"}},
    {"effort",
     {"reasoning_effort", "output_config.effort", "reasoning.effort",
      "generationConfig.thinkingConfig"}},
    {"thinking", {"", "thinking", "reasoning.summary", "generationConfig.thinkingConfig"}},
    {"format",
     {"response_format", "output_config.format", "text.format",
      "generationConfig.responseMimeType"}},
    {"verbosity", {"verbosity", "", "text.verbosity", ""}},
    {"tier", {"service_tier", "service_tier", "service_tier", "serviceTier"}},
    {"user", {"user", "metadata.user_id", "user", ""}},
    {"safety_identifier", {"safety_identifier", "", "safety_identifier", ""}},
    {"cache_key", {"prompt_cache_key", "", "prompt_cache_key", ""}},
    {"cache", {"prompt_cache_breakpoint", "cache_control", "prompt_cache_breakpoint", ""}},
    {"metadata", {"metadata", "", "metadata", "labels"}},
    {"store", {"store", "", "store", ""}},
    {"parallel",
     {"parallel_tool_calls", "tool_choice.disable_parallel_tool_use", "parallel_tool_calls", ""}},
    {"tool_choice",
     {"tool_choice", "tool_choice", "tool_choice", "toolConfig.functionCallingConfig"}},
};

}  // namespace

std::string setting_path(Wire from, std::string_view setting) {
  for (const SettingNames& row : kSettingNames) {
    if (row.setting == setting) {
      return std::string(row.in[static_cast<std::size_t>(from)]);
    }
  }
  return std::string(setting);
}

std::string_view to_string(Wire wire) {
  constexpr std::array<std::string_view, kWires.size()> kNames{"chat", "messages", "responses",
                                                               "gemini"};
  return kNames[static_cast<std::size_t>(wire)];
}

std::string_view to_string(Concern concern) {
  constexpr std::array<std::string_view, kConcerns> kNames{
      "content", "thinking", "tools",    "hosted_tool", "sampling", "output",
      "state",   "cache",    "identity", "delivery",    "unknown"};
  return kNames[static_cast<std::size_t>(concern)];
}

std::string_view to_string(Fate fate) {
  return fate == Fate::dropped ? "dropped" : "approximated";
}

std::string_view to_string(MediaKind kind) {
  constexpr std::array<std::string_view, 4> kNames{"image", "document", "audio", "video"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view to_string(Stop stop) {
  constexpr std::array<std::string_view, 9> kNames{"unsaid",   "end",          "length",
                                                   "sequence", "tool_call",    "refusal",
                                                   "paused",   "context_full", "other"};
  return kNames[static_cast<std::size_t>(stop)];
}

void Notes::drop(std::string path, Concern concern, std::string_view why) {
  losses.push_back({std::move(path), Fate::dropped, concern, std::string(why)});
}

void Notes::approximate(std::string path, Concern concern, std::string_view why) {
  losses.push_back({std::move(path), Fate::approximated, concern, std::string(why)});
}

}  // namespace purser::translate
