// simulate/rates.hpp — the simulated provider's own price list and its own arithmetic.
// Why: two bills that share code would share its mistakes. Nothing here comes from money/ or
// prices/; both are written from what the providers publish, and tests compare them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace purser::simulate {

enum class Dialect : std::uint8_t { chat, messages, responses, embeddings, completions, gemini };

constexpr bool is_openai(Dialect dialect) {
  return dialect != Dialect::messages && dialect != Dialect::gemini;
}

/// Dialects that one provider speaks: a model is asked for in any of them.
constexpr bool of_one_provider(Dialect one, Dialect other) {
  return one == other || (is_openai(one) && is_openai(other));
}

/// What one answer consumed. The classes do not overlap, except that reasoning is of output.
struct Usage {
  std::int64_t input = 0;  // uncached
  std::int64_t cache_read = 0;
  std::int64_t cache_write_short = 0;  // 5 minutes, or 30 at the chat API
  std::int64_t cache_write_long = 0;   // 1 hour
  std::int64_t output = 0;
  std::int64_t reasoning = 0;  // of output
  std::int64_t searches = 0;   // web searches run by the provider
  std::int64_t file_searches = 0;
  constexpr std::int64_t prompt() const {
    return input + cache_read + cache_write_short + cache_write_long;
  }
  friend constexpr bool operator==(const Usage&, const Usage&) = default;
};

enum class Tier : std::uint8_t { standard, priority, flex };

/// What the provider says it did, which decides the price; the request only asks.
struct Terms {
  Tier tier = Tier::standard;
  bool fast = false;     // messages: speed
  bool us_only = false;  // messages: inference_geo
};

/// One model: prices in picodollars a token, which are microdollars a million tokens.
struct Model {
  std::string_view id;
  std::string_view answers_as;  // the name in its answers: a dated one, for some
  Dialect dialect;
  std::int64_t input;
  std::int64_t cache_read;
  std::int64_t cache_write_short;
  std::int64_t cache_write_long;
  std::int64_t output;
  std::int64_t long_above = 0;  // prompts above this pay long_*_percent on everything; 0: never
  std::int64_t long_input_percent = 100;
  std::int64_t long_output_percent = 100;
  std::int64_t priority_percent = 0;  // chat "priority", messages "fast"; 0: not offered
  bool flex = false;                  // half price, for those who can wait
  bool reasons = false;               // chat: thinks, and refuses max_tokens
  bool bills_cache_writes = false;    // and so reports them
  std::int64_t cache_min = 0;         // tokens; shorter prefixes are silently not cached
  std::int64_t output_max = 128'000;
  std::int64_t search = 10'000'000'000;  // picodollars each: one cent
  bool searches_by_prompt = false;       // all searches of an answer are billed as one
  bool embeds = false;                   // gemini: text into vectors
  bool tells_usage = true;               // in the answer
};

std::span<const Model> models();

/// By either name; null when there is none.
const Model* find_model(std::string_view name);

/// What `usage` costs on `terms`, in nanodollars, rounded half up once.
std::int64_t nanodollars(const Model& model, const Usage& usage, const Terms& terms);

}  // namespace purser::simulate
