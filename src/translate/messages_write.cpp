// translate/messages_write.cpp — a Messages request, written.
#include "translate/base64.hpp"
#include "translate/dialects.hpp"
#include "translate/parts.hpp"
#include "translate/settings.hpp"

namespace purser::translate {
namespace {

constexpr std::int64_t kOutputMax = 8192;  // max_tokens is required; every model takes this
constexpr std::int64_t kBudgetMin = 1024;  // Anthropic refuses less
constexpr std::size_t kCacheMarksMax = 4;  // and a fifth mark
constexpr double kTemperatureMax = 1.0;

class Writer {
 public:
  Writer(const Conversation& conversation, Notes& notes)
      : conversation_(conversation), settings_(conversation.settings), notes_(notes) {}

  json::object body() {
    json::object body{{"model", conversation_.model}};
    write_limits(body);
    write_tools(body);  // in the order in which Anthropic caches, so that marks are spent so
    write_system(body);
    json::array messages;
    for (const Turn& turn : strict_turns(conversation_, notes_)) {
      json::array content = blocks(turn.parts);
      see_loop(turn, content);
      if (!content.empty()) {
        messages.push_back(json::object{{"role", turn.role == Role::user ? "user" : "assistant"},
                                        {"content", std::move(content)}});
      }
    }
    body["messages"] = std::move(messages);
    write_thinking(body);
    write_choice(body);
    write_sampling(body);
    write_rest(body);
    return body;
  }

 private:
  std::string path(std::string_view setting) const {
    return setting_path(conversation_.from, setting);
  }

  void mark(const std::optional<CacheMark>& cache, json::object& block, std::string_view where) {
    if (!cache) {
      return;
    }
    if (++marks_ > kCacheMarksMax) {
      notes_.drop(std::string(where), Concern::cache, "Anthropic takes four marks");
      return;
    }
    json::object& written = block["cache_control"].emplace_object();
    written["type"] = "ephemeral";
    put_text(written, "ttl", cache->ttl);
  }

  std::optional<json::object> media_block(const Media& media, const std::string& where) {
    const bool image = media.kind == MediaKind::image;
    json::object source;
    if (!image && media.kind != MediaKind::document) {
      notes_.drop(where, Concern::content,
                  "Messages takes no " + std::string(to_string(media.kind)));
      return {};
    }
    if (!media.file.empty()) {
      if (conversation_.from != Wire::messages) {
        notes_.drop(where, Concern::content, "a file that only the other provider has");
        return {};
      }
      source = {{"type", "file"}, {"file_id", media.file}};
    } else if (!media.data.empty()) {
      const auto plain = media.mime.starts_with("text/") ? from_base64(media.data) : std::nullopt;
      if (plain) {
        source = {{"type", "text"}, {"media_type", "text/plain"}, {"data", *plain}};
      } else {
        source = {{"type", "base64"}, {"media_type", media.mime}, {"data", media.data}};
      }
    } else {
      source = {{"type", "url"}, {"url", media.url}};
    }
    json::object block{{"type", image ? "image" : "document"}, {"source", std::move(source)}};
    if (!image) {
      put_text(block, "title", media.name);
    }
    if (!media.detail.empty() && media.detail != "auto") {
      notes_.drop(where + ".detail", Concern::content, "Anthropic looks at all images alike");
    }
    return block;
  }

  std::optional<json::object> text_block(const Text& text, const std::string& where) {
    constexpr std::string_view kBlank = " \t\r\n";
    if (text.text.find_first_not_of(kBlank) == std::string::npos) {
      if (!text.text.empty()) {
        notes_.approximate(where, Concern::content, "Anthropic refuses a text of blanks: left out");
      }
      return {};
    }
    if (text.refusal) {
      notes_.approximate(where, Concern::content, "a refusal is told as the assistant's words");
    }
    return json::object{{"type", "text"}, {"text", text.text}};
  }

  json::object result_block(const ToolResult& result, const std::string& where) {
    json::array content;
    for (const auto& item : result.content) {
      const auto* const text = std::get_if<Text>(&item);
      auto block =
          text != nullptr ? text_block(*text, where) : media_block(std::get<Media>(item), where);
      if (block) {
        content.push_back(std::move(*block));
      }
    }
    json::object block{{"type", "tool_result"}, {"tool_use_id", strict_id(result.call_id)}};
    if (!content.empty()) {
      block["content"] = std::move(content);
    }
    if (result.is_error) {
      block["is_error"] = true;
    }
    return block;
  }

  std::optional<json::object> thinking(const Thinking& thought, const std::string& where) {
    if (!thought.seal || thought.seal->by != Wire::messages) {
      notes_.drop(where, Concern::thinking, "thoughts that Anthropic did not sign");
      return {};
    }
    return thinking_block(thought);
  }

  std::optional<json::object> block(const Part& part) {
    const std::string where = path_of(part, "messages");
    if (const auto* const text = std::get_if<Text>(&part.what)) {
      return text_block(*text, where);
    }
    if (const auto* const media = std::get_if<Media>(&part.what)) {
      return media_block(*media, where);
    }
    if (const auto* const call = std::get_if<ToolCall>(&part.what)) {
      if (call->seal) {
        notes_.drop(where, Concern::thinking, "a signature of another provider's");
      }
      return call_block(*call, where, notes_);
    }
    if (const auto* const result = std::get_if<ToolResult>(&part.what)) {
      return result_block(*result, where);
    }
    return thinking(std::get<Thinking>(part.what), where);
  }

  json::array blocks(const std::vector<Part>& parts) {
    json::array content;
    for (const Part& part : parts) {
      if (auto written = block(part)) {
        if (!std::holds_alternative<Thinking>(part.what)) {
          mark(part.cache, *written, path_of(part, "cache"));
        }
        content.push_back(std::move(*written));
      }
    }
    return content;
  }

  /// Whether the conversation ends with results of calls that no thought stood in front of.
  void see_loop(const Turn& turn, const json::array& content) {
    if (turn.role == Role::assistant) {
      const bool thought =
          !content.empty() &&
          text_of(content.front().at("type")).find("thinking") != std::string::npos;
      unthought_ = !thought;
      thoughtless_loop_ = false;
    } else {
      const bool results =
          !turn.parts.empty() && std::holds_alternative<ToolResult>(turn.parts.front().what);
      thoughtless_loop_ = results && unthought_;
    }
  }

  void write_limits(json::object& body) {
    if (!settings_.output_max) {
      notes_.approximate(path("output_max"), Concern::output,
                         "not said, and Anthropic must be told: " + std::to_string(kOutputMax));
    }
    body["max_tokens"] = settings_.output_max.value_or(kOutputMax);
  }

  void write_system(json::object& body) {
    json::array system = blocks(conversation_.instructions);
    if (system.size() == 1 && system[0].get_object().size() == 2) {
      body["system"] = system[0].get_object()["text"];
    } else if (!system.empty()) {
      body["system"] = std::move(system);
    }
  }

  void write_tools(json::object& body) {
    json::array tools;
    for (const Tool& tool : conversation_.tools) {
      json::object written{{"name", tool.name}};
      put_text(written, "description", tool.description);
      written["input_schema"] = schema_or_empty(tool.schema);
      put(written, "strict", tool.strict);
      mark(tool.cache, written, tool.path);
      tools.push_back(std::move(written));
    }
    if (!tools.empty()) {
      body["tools"] = std::move(tools);
    }
  }

  bool forced() const {
    const Choice choice = conversation_.tool_choice.choice;
    return !conversation_.tools.empty() && (choice == Choice::required || choice == Choice::named);
  }

  void write_choice(json::object& body) {
    const ToolChoice& choice = conversation_.tool_choice;
    if (conversation_.tools.empty() || (choice.choice == Choice::unsaid && !choice.parallel)) {
      return;
    }
    json::object written;
    switch (choice.choice) {
      case Choice::unsaid:
      case Choice::automatic:
        written["type"] = "auto";
        break;
      case Choice::none:
        written["type"] = "none";
        break;
      case Choice::required:
        written["type"] = "any";
        break;
      case Choice::named:
        written["type"] = "tool";
        written["name"] = choice.names.empty() ? "" : choice.names.front();
        break;
    }
    if (choice.choice != Choice::named && !choice.names.empty()) {
      notes_.drop(path("tool_choice"), Concern::tools, "Anthropic cannot be told a part of them");
    }
    if (choice.parallel && choice.choice != Choice::none) {
      written["disable_parallel_tool_use"] = !*choice.parallel;
    }
    body["tool_choice"] = std::move(written);
  }

  std::string effort_word() {
    const std::string& level = settings_.effort.level;
    if (level != "minimal") {
      return level == "none" ? "" : level;
    }
    notes_.approximate(path("effort"), Concern::output, "Anthropic's least effort is low");
    return "low";
  }

  void write_thinking(json::object& body) {
    const Effort& effort = settings_.effort;
    json::object config;
    put_text(config, "effort", effort_word());
    write_format(config);
    if (!config.empty()) {
      body["output_config"] = std::move(config);
    }
    const bool off = effort.level == "none" || effort.budget == 0;
    const bool on = !off && (effort.adaptive || effort.budget || !effort.level.empty());
    if (on && forced()) {
      notes_.drop(path("effort"), Concern::output, "Anthropic does not think before a forced call");
      return;
    }
    if (on && thoughtless_loop_ && effort.budget.value_or(-1) > 0) {
      notes_.drop(path("thinking"), Concern::output,
                  "Anthropic refuses a budget after calls that no thought stood in front of");
      return;
    }
    if (off) {
      body["thinking"] = {{"type", "disabled"}};
    } else if (on) {
      thinking_on_ = true;
      body["thinking"] = budget_of(effort);
      if (effort.show) {
        body["thinking"].get_object()["display"] = *effort.show ? "summarized" : "omitted";
      }
    }
  }

  json::object budget_of(const Effort& effort) {
    if (effort.adaptive || !effort.budget || *effort.budget < 0) {
      return {{"type", "adaptive"}};
    }
    const std::int64_t most = settings_.output_max.value_or(kOutputMax) - 1;
    const std::int64_t budget = std::min(std::max(*effort.budget, kBudgetMin), most);
    if (budget != *effort.budget) {
      notes_.approximate(
          path("thinking"), Concern::output,
          "a budget of " + std::to_string(budget) + ": at least 1024, and below max_tokens");
    }
    return {{"type", "enabled"}, {"budget_tokens", budget}};
  }

  void write_format(json::object& config) {
    const Format& format = settings_.format;
    if (format.shape == Shape::schema) {
      config["format"] = {{"type", "json_schema"}, {"schema", schema_or_empty(format.schema)}};
    } else if (format.shape == Shape::json) {
      notes_.drop(path("format"), Concern::output, "Anthropic takes a schema, not \"some JSON\"");
    }
  }

  /// Thinking models take no other temperature than their own, and none takes two ways to sample.
  void write_sampling(json::object& body) {
    if (thinking_on_) {
      drop_settings(conversation_, {"temperature", "top_p", "top_k"},
                    "Anthropic's models do not take it while they think", notes_);
    } else {
      if (settings_.temperature) {
        if (*settings_.temperature > kTemperatureMax) {
          notes_.approximate(path("temperature"), Concern::sampling, "Anthropic's highest is 1");
        }
        body["temperature"] = std::min(*settings_.temperature, kTemperatureMax);
        drop_settings(conversation_, {"top_p"}, "Anthropic takes it or a temperature", notes_);
      } else {
        put(body, "top_p", settings_.top_p);
      }
      put(body, "top_k", settings_.top_k);
    }
    if (!settings_.stop.empty()) {
      body["stop_sequences"] = json::array(settings_.stop.begin(), settings_.stop.end());
    }
    drop_settings(conversation_,
                  {"frequency_penalty", "presence_penalty", "seed", "n", "verbosity"},
                  "Anthropic has no such setting", notes_);
  }

  void write_rest(json::object& body) {
    if (settings_.stream) {
      body["stream"] = true;
    }
    mark(settings_.cache_all, body, path("cache"));
    const std::string& user = settings_.user.empty() ? settings_.safety_identifier : settings_.user;
    if (!user.empty()) {
      body["metadata"] = {{"user_id", user}};
    }
    if (!settings_.user.empty()) {
      drop_settings(conversation_, {"safety_identifier"}, "Anthropic takes one name", notes_);
    }
    drop_settings(conversation_, {"metadata", "store", "cache_key"},
                  "Anthropic has no such setting", notes_);
    if (settings_.tier == "default" || settings_.tier == "standard") {
      body["service_tier"] = "standard_only";
    } else if (settings_.tier == "auto") {
      body["service_tier"] = "auto";
    } else if (!settings_.tier.empty()) {
      notes_.drop(path("tier"), Concern::delivery, "Anthropic sells no such tier");
    }
  }

  const Conversation& conversation_;
  const Settings& settings_;
  Notes& notes_;
  std::size_t marks_ = 0;
  bool thinking_on_ = false;
  bool unthought_ = false;         // the last turn of the assistant
  bool thoughtless_loop_ = false;  // and its calls are answered last
};

}  // namespace

json::object thinking_block(const Thinking& thinking) {
  const std::string seal =
      thinking.seal ? seal_text(*thinking.seal, Wire::messages, SealOf::thinking) : std::string();
  if (thinking.hidden) {
    return {{"type", "redacted_thinking"}, {"data", seal}};
  }
  return {{"type", "thinking"}, {"thinking", thinking.text}, {"signature", seal}};
}

json::object call_seal_block(const Sealed& seal) {
  return {{"type", "thinking"},
          {"thinking", ""},
          {"signature", seal_text(seal, Wire::messages, SealOf::call)}};
}

json::object call_block(const ToolCall& call, const std::string& path, Notes& notes) {
  auto input =
      call.arguments.empty() ? std::optional<json::value>(json::object()) : parsed(call.arguments);
  if (!input || !input->is_object()) {
    notes.approximate(path, Concern::tools, "arguments that are no JSON object stand in one");
    input = json::object{{"arguments", call.arguments}};
  }
  return {{"type", "tool_use"},
          {"id", strict_id(call.id)},
          {"name", call.name},
          {"input", std::move(*input)}};
}

json::object write_messages(const Conversation& conversation, Notes& notes) {
  return Writer(conversation, notes).body();
}

}  // namespace purser::translate
