// simulate/asked.hpp — a request as the provider reads it: what to answer and what it must count.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulate/rates.hpp"

namespace purser::simulate {

/// How long a marked prefix is kept.
enum class Lifetime : std::uint8_t { none, short_lived, long_lived };

/// One cacheable piece of the prompt, in the order tools, system, messages.
struct Block {
  enum class Section : std::uint8_t { tools, system, messages };
  enum class Kind : std::uint8_t { plain, tool_use, tool_result };
  Section section = Section::messages;
  Kind kind = Kind::plain;
  Lifetime mark = Lifetime::none;  // a cache breakpoint stands behind it
  std::size_t end = 0;             // in Asked::rendered; it begins where the one before ends
  std::int64_t tokens = 0;
};

struct Tool {
  std::string_view name;
  const boost::json::object* schema = nullptr;
};

enum class ToolChoice : std::uint8_t { automatic, required, none };

/// Views point into the parsed body, which must outlive it.
struct Asked {
  Dialect dialect = Dialect::chat;
  const Model* model = nullptr;
  bool stream = false;
  bool include_usage = false;  // chat: stream_options
  std::optional<std::int64_t> output_max = {};
  std::int64_t choices = 1;
  std::vector<std::string_view> stops = {};
  std::vector<Tool> tools = {};
  ToolChoice tool_choice = ToolChoice::automatic;
  std::string_view forced_tool = {};
  std::int64_t searches_max = 0;  // the provider's own web search is offered
  std::int64_t file_searches_max = 0;
  bool background = false;          // responses: answered at once, and fetched when it is done
  std::string_view continues = {};  // responses: the answer before this request
  std::int64_t vectors = 0;         // embeddings: so many are asked for
  bool vectors_in_base64 = false;
  bool thinks = false;
  std::size_t texts = 0;      // gemini: to be embedded
  bool one_text = false;      // gemini: embedContent instead of a batch
  bool in_one_array = false;  // gemini: how it streams, unless events are asked for
  Terms terms = {};
  std::string_view words = {};   // of metadata.simulate
  std::string_view suffix = {};  // behind the model's name
  std::string rendered = {};     // every text of the prompt, for counting and caching
  std::vector<Block> blocks = {};
  std::int64_t prompt_tokens = 0;
  std::string message_salt = {};  // what spoils the cache of the messages when it changes
};

/// Why a request is not answered, in the provider's words.
struct Rejection {
  int status = 400;
  std::string message = {};
  std::string param = {};  // chat only
  std::string code = {};   // chat only
};

using Reading = std::expected<Asked, Rejection>;

Reading read_chat(const boost::json::value& body);
Reading read_messages(const boost::json::value& body);
Reading read_responses(const boost::json::value& body);
Reading read_embeddings(const boost::json::value& body);
Reading read_completions(const boost::json::value& body);
/// What Google's paths say.
struct Route {
  std::string_view model = {};   // with the simulator's words behind it
  std::string_view method = {};  // "generateContent"
  bool events = false;           // ?alt=sse
};
Reading read_gemini(const boost::json::value& body, const Route& route);
/// count_tokens: as read_messages, but nothing about the answer is required.
Reading read_count_tokens(const boost::json::value& body);

/// A deterministic count, near four bytes a token and never more tokens than bytes.
constexpr std::int64_t tokens_of(std::string_view text) {
  return static_cast<std::int64_t>((text.size() + 3) / 4);
}

}  // namespace purser::simulate
