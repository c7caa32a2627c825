// call/input_ratio.cpp — first what is known of a family, then what a model's answers taught.
#include "call/input_ratio.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace purser {
namespace {

/// Below this, framing and hidden prompts are more than the text.
constexpr std::int64_t kCountedMin = 500;
/// From so many answers on, what was learned may also lower the bound.
constexpr std::int64_t kAnswersEnough = 16;
constexpr std::int64_t kSpell = 1024;
constexpr double kWeight = 0.1;
/// Above the highest ratio seen lately, and above the usual one.
constexpr double kAboveMax = 1.05;
constexpr double kAboveMean = 1.15;
/// A bill this far below the count was for another prompt than was counted, such as one without the
/// thinking of earlier turns: to learn from it would bound the next prompt too low.
constexpr double kRatioMin = 0.8;
/// A bill this far above it is a mistake, or a loop that read its context many times.
constexpr double kRatioMax = 8;

struct Family {
  std::string_view provider;  // empty: any
  std::string_view model;     // within the model's name; empty: any
  double ratio;
};
/// Against o200k_base counts; the first row that fits. What is in no row is nobody we know.
constexpr std::array kFamilies{
    Family{"openai", "", 1.05},           // its own encoding; the rest is framing
    Family{"", "claude-2", 1.35},         // Anthropic's older tokenizer: some 15 to 35 % more
    Family{"", "claude-3", 1.35},         //
    Family{"", "claude-opus-4-7", 1.8},   // its newer one: up to 35 % more than the older
    Family{"", "claude-opus-4-8", 1.8},   //
    Family{"", "claude-opus-4-9", 1.8},   //
    Family{"", "claude-opus-4", 1.35},    //
    Family{"", "claude-sonnet-4", 1.35},  //
    Family{"", "claude-haiku-4", 1.35},   //
    Family{"", "claude", 1.8},            //
    Family{"", "gemini", 1.25},           // a vocabulary of 262,144, much like o200k_base
    Family{"", "gpt-", 1.05},             // sold by others too
    Family{"", "", 2.2},
};

double family_ratio(std::string_view provider, std::string_view model) {
  const auto* const row = std::ranges::find_if(kFamilies, [&](const Family& family) {
    return (family.provider.empty() || family.provider == provider) &&
           model.find(family.model) != std::string_view::npos;
  });
  return row->ratio;
}

Tokens times(Tokens counted, double ratio) {
  return Tokens(static_cast<std::int64_t>(std::ceil(static_cast<double>(counted.count()) * ratio)));
}

}  // namespace

std::string InputRatio::name(std::string_view provider, std::string_view model) {
  std::string both(provider);
  both += '\n';
  return both += model;
}

void InputRatio::learn(std::string_view provider, std::string_view model, Tokens counted,
                       Tokens reported) {
  if (counted < Tokens(kCountedMin)) {
    return;
  }
  const double ratio = static_cast<double>(reported.count()) / static_cast<double>(counted.count());
  if (ratio < kRatioMin || ratio > kRatioMax) {
    return;
  }
  const std::string both = name(provider, model);
  if (models_.size() >= kModelsMax && !models_.contains(both)) {
    return;
  }
  Learned& learned = models_[both];
  learned.mean += learned.answers == 0 ? ratio : (ratio - learned.mean) * kWeight;
  if (learned.answers % kSpell == 0) {
    learned.max_before = learned.max;
    learned.max = 0;
  }
  learned.max = std::max(learned.max, ratio);
  ++learned.answers;
}

Tokens InputRatio::at_most(std::string_view provider, std::string_view model,
                           Tokens counted) const {
  const double usual = family_ratio(provider, model);
  const auto found = models_.find(name(provider, model));
  if (found == models_.end()) {
    return times(counted, usual);
  }
  const Learned& learned = found->second;
  const double seen =
      std::max(std::max(learned.max, learned.max_before) * kAboveMax, learned.mean * kAboveMean);
  return times(counted, learned.answers < kAnswersEnough ? std::max(seen, usual) : seen);
}

Tokens tight_input_bound(const Call& call, std::string_view provider, Tokens counted,
                         const InputRatio& ratios) {
  // What providers add unseen, the most of it that was recorded: a frame around each message, a
  // hidden system prompt, one more for tools (1,800 tokens for a computer), and in the messages
  // dialect one for citations.
  constexpr std::int64_t kFramingTokens = 128;
  constexpr std::int64_t kCitationTokens = 512;
  constexpr std::int64_t kMessageTokens = 3;
  constexpr std::int64_t kToolPromptTokens = 2'048;
  const Tokens bytes(call.prompt_bytes - call.media_bytes);  // the hard bound
  const Tokens text = std::min(ratios.at_most(provider, call.model, counted), bytes);
  const std::int64_t unseen = kFramingTokens + kMessageTokens * call.messages +
                              (call.dialect == Dialect::messages ? kCitationTokens : 0) +
                              (call.tools > 0 ? kToolPromptTokens : 0);
  const std::int64_t first =
      text.count() + call.media_tokens_max.count() + unseen + call.state_tokens_max.count();
  return over_rounds(Tokens(first), call.server_tool_rounds_max);
}

Tokens over_rounds(Tokens first, std::int64_t rounds) {
  // What a round of the provider's own tools adds to the context that the next round reads.
  constexpr std::int64_t kRoundTokens = 16'384;
  return Tokens(first.count() * (1 + rounds) + kRoundTokens * rounds * (rounds + 1) / 2);
}

}  // namespace purser
