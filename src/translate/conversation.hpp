// translate/conversation.hpp — a request to a model in nobody's dialect.
// Turns are the user's and the assistant's; what a tool answered is the user's, as the strictest
// dialect has it. Text is UTF-8, arguments of tools are JSON as it was written.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "translate/loss.hpp"

namespace purser::translate {

enum class Wire : std::uint8_t { chat, messages, responses, gemini };
inline constexpr std::array kWires{Wire::chat, Wire::messages, Wire::responses, Wire::gemini};
std::string_view to_string(Wire wire);

struct Text {
  std::string text;
  bool refusal = false;  // the model's words for why it will not
  bool operator==(const Text&) const = default;
};

enum class MediaKind : std::uint8_t { image, document, audio, video };
std::string_view to_string(MediaKind kind);

/// Given by one of `url`, `data` (base64) and `file` (an id that only its provider knows).
struct Media {
  MediaKind kind = MediaKind::image;
  std::string mime = {};
  std::string url = {};
  std::string data = {};
  std::string file = {};
  std::string name = {};
  std::string detail = {};  // how closely to look at an image
  bool operator==(const Media&) const = default;
};

/// Bytes that only the provider which made them can read, and which it wants back unchanged.
struct Sealed {
  Wire by = Wire::messages;
  std::string bytes;
  bool operator==(const Sealed&) const = default;
};

struct ToolCall {
  std::string id = {};
  std::string name = {};
  std::string arguments = {};       // JSON; empty: none
  std::optional<Sealed> seal = {};  // Gemini signs its calls
  bool operator==(const ToolCall&) const = default;
};

struct ToolResult {
  std::string call_id = {};
  std::string name = {};  // of the tool, where it is known
  std::vector<std::variant<Text, Media>> content = {};
  bool is_error = false;
  bool operator==(const ToolResult&) const = default;
};

/// What a model thought. `hidden`: all of it is in the seal.
struct Thinking {
  std::string text = {};
  std::optional<Sealed> seal = {};
  bool hidden = false;
  bool operator==(const Thinking&) const = default;
};

/// A mark behind which the prompt cache may be cut. `ttl` is empty where none was named.
struct CacheMark {
  std::string ttl;
  bool operator==(const CacheMark&) const = default;
};

struct Part {
  std::variant<Text, Media, ToolCall, ToolResult, Thinking> what;
  std::optional<CacheMark> cache = {};
  std::string path = {};  // where it was read, for who must say that it was lost
  bool operator==(const Part& other) const { return what == other.what && cache == other.cache; }
};

enum class Role : std::uint8_t { user, assistant, system };

struct Turn {
  Role role = Role::user;
  std::vector<Part> parts = {};
  bool operator==(const Turn&) const = default;
};

struct Tool {
  std::string name;
  std::string description = {};
  boost::json::value schema = nullptr;  // JSON Schema of its arguments; null: it takes none
  std::optional<bool> strict = {};
  std::optional<CacheMark> cache = {};
  std::string path = {};
};

enum class Choice : std::uint8_t { unsaid, automatic, none, required, named };

struct ToolChoice {
  Choice choice = Choice::unsaid;
  std::vector<std::string> names = {};  // the one tool that is named, or all that are allowed
  std::optional<bool> parallel = {};
  bool operator==(const ToolChoice&) const = default;
};

enum class Shape : std::uint8_t { text, json, schema };

/// The form the answer shall have.
struct Format {
  Shape shape = Shape::text;
  std::string name = {};
  std::string description = {};
  boost::json::value schema = nullptr;
  std::optional<bool> strict = {};
};

/// How hard to think, in each of the words there are for it.
struct Effort {
  std::string level = {};                   // none, minimal, low, medium, high, xhigh, max
  std::optional<std::int64_t> budget = {};  // tokens; 0: not at all, -1: as the model likes
  bool adaptive = false;                    // as the model likes, in Anthropic's words
  std::optional<bool> show = {};            // thoughts are to be part of the answer
  bool operator==(const Effort&) const = default;
};

struct Settings {
  std::optional<std::int64_t> output_max = {};
  std::optional<double> temperature = {};
  std::optional<double> top_p = {};
  std::optional<std::int64_t> top_k = {};
  std::optional<double> frequency_penalty = {};
  std::optional<double> presence_penalty = {};
  std::optional<std::int64_t> seed = {};
  std::optional<std::int64_t> choices = {};
  std::vector<std::string> stop = {};
  Effort effort = {};
  Format format = {};
  std::string verbosity = {};
  std::string tier = {};  // auto, default, flex, priority; empty: not said
  std::string user = {};
  std::string safety_identifier = {};
  std::string cache_key = {};
  std::optional<CacheMark> cache_all = {};
  std::vector<std::pair<std::string, std::string>> metadata = {};
  std::optional<bool> store = {};
  bool stream = false;
  bool stream_usage = false;  // chat: the stream shall end with its usage
};

struct Conversation {
  Wire from = Wire::chat;
  std::string model = {};
  std::vector<Part> instructions = {};  // of the system or the developer
  std::vector<Turn> turns = {};
  std::vector<Tool> tools = {};
  ToolChoice tool_choice = {};
  Settings settings = {};
  Losses losses = {};  // what its body said that none of the above can hold
};

/// What a body names for a setting, for who must say that it was lost.
std::string setting_path(Wire from, std::string_view setting);

}  // namespace purser::translate
