// wire/known_providers.cpp — one row a provider, by name. Addresses are what their own clients use.
#include "wire/known_providers.hpp"

#include <algorithm>
#include <array>

namespace purser {
namespace {

constexpr std::array kChat{Dialect::chat};
constexpr std::array kMessages{Dialect::messages};
constexpr std::array kOpenai{Dialect::chat, Dialect::responses, Dialect::embeddings,
                             Dialect::completions, Dialect::images};
constexpr std::array kGemini{Dialect::gemini};
constexpr Quirks kOldField{.output_field = "max_tokens"};

constexpr KnownProvider kKnown[] = {
    {.name = "anthropic",
     .base_url = "https://api.anthropic.com",
     .key_variable = "ANTHROPIC_API_KEY",
     .dialects = kMessages,
     .key_header = KeyHeader::x_api_key},
    {.name = "azure",  // https://RESOURCE.openai.azure.com
     .base_url = {},
     .key_variable = "AZURE_OPENAI_API_KEY",
     .dialects = kChat,
     .key_header = KeyHeader::api_key,
     .prices_of = "openai"},
    {.name = "cerebras",
     .base_url = "https://api.cerebras.ai/v1",
     .key_variable = "CEREBRAS_API_KEY",
     .dialects = kChat},
    {.name = "cohere",
     .base_url = "https://api.cohere.ai/compatibility/v1",
     .key_variable = "COHERE_API_KEY",
     .dialects = kChat,
     .quirks = kOldField},
    {.name = "deepseek",
     .base_url = "https://api.deepseek.com/v1",
     .key_variable = "DEEPSEEK_API_KEY",
     .dialects = kChat,
     .quirks = kOldField},
    {.name = "fireworks",
     .base_url = "https://api.fireworks.ai/inference/v1",
     .key_variable = "FIREWORKS_API_KEY",
     .dialects = kChat,
     .quirks = kOldField},
    {.name = "google",
     .base_url = "https://generativelanguage.googleapis.com",
     .key_variable = "GEMINI_API_KEY",
     .key_variable_too = "GOOGLE_API_KEY",
     .dialects = kGemini,
     .key_header = KeyHeader::x_goog_api_key},
    {.name = "groq",
     .base_url = "https://api.groq.com/openai/v1",
     .key_variable = "GROQ_API_KEY",
     .dialects = kChat},
    {.name = "minimax",
     .base_url = "https://api.minimax.io/v1",
     .key_variable = "MINIMAX_API_KEY",
     .dialects = kChat,
     .quirks = kOldField},
    {.name = "mistral",
     .base_url = "https://api.mistral.ai/v1",
     .key_variable = "MISTRAL_API_KEY",
     .dialects = kChat,
     .quirks = {.output_field = "max_tokens", .usage_unasked = true}},
    {.name = "moonshot",
     .base_url = "https://api.moonshot.ai/v1",
     .key_variable = "MOONSHOT_API_KEY",
     .dialects = kChat,
     .quirks = kOldField},
    {.name = "ollama",
     .base_url = "http://127.0.0.1:11434/v1",
     .key_variable = {},
     .dialects = kChat,
     .free = true,
     .quirks = kOldField},
    {.name = "openai",
     .base_url = "https://api.openai.com/v1",
     .key_variable = "OPENAI_API_KEY",
     .dialects = kOpenai},
    {.name = "openrouter",
     .base_url = "https://openrouter.ai/api/v1",
     .key_variable = "OPENROUTER_API_KEY",
     .dialects = kChat,
     .quirks = kOldField},
    {.name = "perplexity",
     .base_url = "https://api.perplexity.ai",
     .key_variable = "PERPLEXITY_API_KEY",
     .dialects = kChat,
     .quirks = {.output_field = "max_tokens", .bare_paths = true}},
    {.name = "together",
     .base_url = "https://api.together.xyz/v1",
     .key_variable = "TOGETHER_API_KEY",
     .dialects = kChat,
     .quirks = kOldField},
    {.name = "vercel-gateway",
     .base_url = "https://ai-gateway.vercel.sh/v1",
     .key_variable = "AI_GATEWAY_API_KEY",
     .dialects = kChat,
     .quirks = {.reasoning_beside_output = true}},
    {.name = "vllm",
     .base_url = "http://127.0.0.1:8000/v1",
     .key_variable = {},
     .dialects = kChat,
     .free = true},
    {.name = "xai",
     .base_url = "https://api.x.ai/v1",
     .key_variable = "XAI_API_KEY",
     .dialects = kChat},
    {.name = "zai",
     .base_url = "https://api.z.ai/api/paas/v4",
     .key_variable = "ZAI_API_KEY",
     .dialects = kChat,
     .prices_of = "zhipu",
     .quirks = kOldField},
};

}  // namespace

std::string_view line_begin(KeyHeader header) {
  switch (header) {
    case KeyHeader::bearer:
      return "Authorization: Bearer ";
    case KeyHeader::api_key:
      return "api-key: ";
    case KeyHeader::x_api_key:
      return "x-api-key: ";
    case KeyHeader::x_goog_api_key:
      return "x-goog-api-key: ";
  }
  return {};
}

std::span<const KnownProvider> known_providers() {
  return kKnown;
}

const KnownProvider* known_provider(std::string_view name) {
  const auto* const found = std::ranges::find(kKnown, name, &KnownProvider::name);
  return found == std::end(kKnown) ? nullptr : found;
}

Quirks quirks_of(std::string_view provider) {
  const KnownProvider* known = known_provider(provider);
  return known == nullptr ? Quirks{} : known->quirks;
}

}  // namespace purser
