// money/builtin_prices.cpp — names for what builtin_prices_data.S brings in.
#include "money/builtin_prices.hpp"

extern "C" {
extern const char purser_prices_openai[];
extern const char purser_prices_openai_end[];
extern const char purser_prices_anthropic[];
extern const char purser_prices_anthropic_end[];
extern const char purser_prices_google[];
extern const char purser_prices_google_end[];
extern const char purser_prices_xai[];
extern const char purser_prices_xai_end[];
extern const char purser_prices_deepseek[];
extern const char purser_prices_deepseek_end[];
extern const char purser_prices_mistral[];
extern const char purser_prices_mistral_end[];
extern const char purser_prices_groq[];
extern const char purser_prices_groq_end[];
extern const char purser_prices_moonshot[];
extern const char purser_prices_moonshot_end[];
extern const char purser_prices_zhipu[];
extern const char purser_prices_zhipu_end[];
extern const char purser_prices_minimax[];
extern const char purser_prices_minimax_end[];
extern const char purser_prices_cohere[];
extern const char purser_prices_cohere_end[];
extern const char purser_prices_together[];
extern const char purser_prices_together_end[];
extern const char purser_prices_fireworks[];
extern const char purser_prices_fireworks_end[];
extern const char purser_prices_perplexity[];
extern const char purser_prices_perplexity_end[];
extern const char purser_prices_openrouter[];
extern const char purser_prices_openrouter_end[];
extern const char purser_prices_cerebras[];
extern const char purser_prices_cerebras_end[];
extern const char purser_prices_vercel_gateway[];
extern const char purser_prices_vercel_gateway_end[];
}

namespace purser {

const std::vector<PriceBook::File>& builtin_prices() {
  static const std::vector<PriceBook::File> files{
      {"prices/openai.json", {purser_prices_openai, purser_prices_openai_end}},
      {"prices/anthropic.json", {purser_prices_anthropic, purser_prices_anthropic_end}},
      {"prices/google.json", {purser_prices_google, purser_prices_google_end}},
      {"prices/xai.json", {purser_prices_xai, purser_prices_xai_end}},
      {"prices/deepseek.json", {purser_prices_deepseek, purser_prices_deepseek_end}},
      {"prices/mistral.json", {purser_prices_mistral, purser_prices_mistral_end}},
      {"prices/groq.json", {purser_prices_groq, purser_prices_groq_end}},
      {"prices/moonshot.json", {purser_prices_moonshot, purser_prices_moonshot_end}},
      {"prices/zhipu.json", {purser_prices_zhipu, purser_prices_zhipu_end}},
      {"prices/minimax.json", {purser_prices_minimax, purser_prices_minimax_end}},
      {"prices/cohere.json", {purser_prices_cohere, purser_prices_cohere_end}},
      {"prices/together.json", {purser_prices_together, purser_prices_together_end}},
      {"prices/fireworks.json", {purser_prices_fireworks, purser_prices_fireworks_end}},
      {"prices/perplexity.json", {purser_prices_perplexity, purser_prices_perplexity_end}},
      {"prices/openrouter.json", {purser_prices_openrouter, purser_prices_openrouter_end}},
      {"prices/cerebras.json", {purser_prices_cerebras, purser_prices_cerebras_end}},
      {"prices/vercel-gateway.json",
       {purser_prices_vercel_gateway, purser_prices_vercel_gateway_end}},
  };
  return files;
}

}  // namespace purser
