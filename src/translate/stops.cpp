// translate/stops.cpp — why a model stopped, in each dialect's words.
#include "translate/dialects.hpp"

namespace purser::translate {
namespace {

struct Word {
  std::string_view word;
  Stop stop;
};
// Where several words mean one thing, the first is the one that is written.
constexpr Word kChat[] = {
    {"stop", Stop::end},
    {"length", Stop::length},
    {"tool_calls", Stop::tool_call},
    {"content_filter", Stop::refusal},
    {"function_call", Stop::tool_call},
    {"stop", Stop::sequence},
    {"length", Stop::context_full},
    {"stop", Stop::paused},
    {"stop", Stop::other},
};
constexpr Word kMessages[] = {
    {"end_turn", Stop::end},
    {"max_tokens", Stop::length},
    {"stop_sequence", Stop::sequence},
    {"tool_use", Stop::tool_call},
    {"refusal", Stop::refusal},
    {"pause_turn", Stop::paused},
    {"model_context_window_exceeded", Stop::context_full},
    {"end_turn", Stop::other},
};
constexpr Word kGemini[] = {
    {"STOP", Stop::end},
    {"MAX_TOKENS", Stop::length},
    {"SAFETY", Stop::refusal},
    {"RECITATION", Stop::refusal},
    {"BLOCKLIST", Stop::refusal},
    {"PROHIBITED_CONTENT", Stop::refusal},
    {"SPII", Stop::refusal},
    {"IMAGE_SAFETY", Stop::refusal},
    {"CONTINUATION", Stop::paused},
    {"STOP", Stop::sequence},
    {"STOP", Stop::tool_call},
    {"MAX_TOKENS", Stop::context_full},
    {"OTHER", Stop::other},
};

Stop stop_of(std::span<const Word> words, std::string_view word) {
  if (word.empty()) {
    return Stop::unsaid;
  }
  const auto found = std::ranges::find(words, word, &Word::word);
  return found == words.end() ? Stop::other : found->stop;
}

std::string_view word_of(std::span<const Word> words, Stop stop) {
  const auto found = std::ranges::find(words, stop, &Word::stop);
  return found == words.end() ? words.front().word : found->word;
}

}  // namespace

Stop chat_stop(std::string_view reason) {
  return stop_of(kChat, reason);
}
Stop messages_stop(std::string_view reason) {
  return stop_of(kMessages, reason);
}
Stop gemini_stop(std::string_view reason) {
  return stop_of(kGemini, reason);
}
std::string_view chat_word(Stop stop) {
  return word_of(kChat, stop);
}
std::string_view messages_word(Stop stop) {
  return word_of(kMessages, stop);
}
std::string_view gemini_word(Stop stop) {
  return word_of(kGemini, stop);
}

}  // namespace purser::translate
