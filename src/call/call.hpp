// call/call.hpp — the parts of one model call that decide what it may cost, in nobody's dialect.
#pragma once

#include <array>
#include <cstdint>
#include <forward_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.hpp"
#include "money/conditions.hpp"

namespace purser {

/// Kept in the journal by number: new ones come last.
enum class Dialect : std::uint8_t {
  chat,
  messages,
  vendor,  // spend that does not pass through Purser: held and settled by its caller's word
  responses,
  embeddings,
  completions,
  images,
  tool,  // an MCP server's: the provider is the server, the model the tool
  gemini,
};
inline constexpr std::array kAllDialects{
    Dialect::chat,      Dialect::messages,   Dialect::vendor,
    Dialect::responses, Dialect::embeddings, Dialect::completions,
    Dialect::images,    Dialect::tool,       Dialect::gemini};
inline constexpr std::size_t kDialects = kAllDialects.size();
/// Those a provider is asked in.
inline constexpr std::array kModelDialects{
    Dialect::chat,        Dialect::messages, Dialect::responses, Dialect::embeddings,
    Dialect::completions, Dialect::images,   Dialect::gemini};
std::string_view to_string(Dialect dialect);
/// By its name; nothing: none of `among`.
std::optional<Dialect> dialect_named(std::string_view name, std::span<const Dialect> among);
/// "chat, messages or vendor", for who named none of them.
std::string names_of(std::span<const Dialect> dialects);

/// A byte range of the request body; empty when `length` is 0.
struct Span {
  std::size_t at = 0;
  std::size_t length = 0;
};

/// What wire/ reads from a request. Views and spans point into the body, which outlives it; texts
/// that were escaped there are in `unescaped`.
struct Call {
  Dialect dialect = Dialect::chat;
  std::string_view model;  // as requested; never empty after a successful read
  bool stream = false;
  bool asks_usage = false;                // chat: stream_options.include_usage is already true
  bool background = false;                // answered at once, and fetched when it is done
  std::optional<Tokens> output_max;       // the caller's own bound, of one choice
  bool output_fixed = false;              // no member of the request bounds its output
  std::int64_t choices = 1;               // chat "n": output and its bound count once a choice
  std::optional<ServiceTier> tier_asked;  // nothing: not said, or "auto"
  Speed speed_asked = Speed::standard;
  std::string_view geo_asked;     // Anthropic inference_geo
  std::int64_t prompt_bytes = 0;  // hard bound: no byte-level BPE makes more tokens
  std::int64_t media_parts = 0;   // images, files, audio, video named in the prompt
  Tokens media_tokens_max;        // their bound by provider rules
  std::int64_t media_bytes = 0;   // inline media bytes, counted in prompt_bytes too
  std::int64_t messages = 0;
  std::int64_t tools = 0;
  std::int64_t server_tool_rounds_max = 0;  // >0: the provider may loop and re-read its context
  std::int64_t web_searches_max = 0;        // how many priced searches the answer may contain
  std::int64_t file_searches_max = 0;       // likewise
  /// Models besides `model` that may work on parts of this call at their own prices (an advisor,
  /// fallbacks). Those without a name are empty.
  static constexpr std::size_t kOtherModelsMax = 4;
  std::array<std::string_view, kOtherModelsMax> other_models;
  Tokens side_output_max;        // output billed beside output_max: advisor, compaction
  bool state_on_server = false;  // threads, stored responses: billed tokens not in the body
  Tokens state_tokens_max;       // their bound, once it is known
  bool embeds = false;           // Gemini: text into vectors, perhaps without usage in the answer
  std::string_view effort;       // reasoning_effort, output_config.effort; empty: not said
  std::string_view user;         // the provider's own end-user field
  std::string_view session;      // from metadata, when it names one
  std::string_view user_id;      // Anthropic metadata.user_id, as it came
  std::string_view prompt_cache_key;
  std::string_view previous_response;  // the answer that this request continues
  std::string_view conversation;       // the one kept by the provider, by its id
  // Where edits are spliced. A field that is absent has an empty span.
  Span model_span;                  // the text, with its quotes
  Span model_path_span;             // Gemini: the name in the path
  Span effort_span;                 // likewise
  Span tool_choice_span;            // its whole value; Gemini: of toolConfig
  Span messages_span;               // the whole array
  std::vector<Span> message_spans;  // its elements
  Span system_span;                 // the whole value of system, or of instructions
  Span tools_span;                  // the whole value of tools, or of chat's older functions
  Span output_max_span;             // the number in max_tokens and its like
  Span generation_config_span;      // Gemini: the whole value, where the bound stands
  Span stream_options_span;         // chat: the whole value of stream_options
  Span include_usage_span;          // chat: the value of stream_options.include_usage
  std::size_t first_member_at = 0;  // just behind the body's opening brace
  std::shared_ptr<std::forward_list<std::string>> unescaped;  // null nearly always
};

}  // namespace purser
