// app/replay_recording.cpp — JSON lines, perhaps compressed, into sessions that providers accept.
#include "app/replay_recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <deque>
#include <map>

#include "app/data_file.hpp"
#include "base/instant.hpp"

namespace purser {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
constexpr milliseconds kPauseUnknown{5'000};    // where no time was recorded
constexpr milliseconds kPauseMax{10 * 60'000};  // a developer's lunch is not worth waiting for

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  const json::string* const text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

const json::array* list_of(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  return found == nullptr ? nullptr : found->if_array();
}

/// A tool in the form of either dialect.
ToolRecord read_tool(const json::object& tool) {
  const json::value* const inner = tool.if_contains("function");
  const json::object& function =
      inner != nullptr && inner->is_object() ? inner->get_object() : tool;
  ToolRecord record{.name = text_of(function, "name"),
                    .description = text_of(function, "description"),
                    .schema = R"({"type":"object"})"};
  for (const std::string_view name : {"parameters", "input_schema"}) {
    if (const json::value* const schema = function.if_contains(name);
        schema != nullptr && schema->is_object()) {
      record.schema = json::serialize(*schema);
    }
  }
  return record;
}

void read_tools(const json::array& tools, Recording& recording) {
  for (const json::value& tool : tools) {
    if (const json::object* const object = tool.if_object()) {
      recording.tools.push_back(read_tool(*object));
    }
  }
}

Said read_message(const json::object& message) {
  Said said{.text = text_of(message, "content"), .call_id = text_of(message, "tool_call_id")};
  const std::string role = text_of(message, "role");
  said.role = role == "system"      ? Said::Role::system
              : role == "assistant" ? Said::Role::assistant
              : role == "tool"      ? Said::Role::tool
                                    : Said::Role::user;
  if (const json::array* const calls = list_of(message, "tool_calls")) {
    for (const json::value& value : *calls) {
      if (const json::object* const call = value.if_object()) {
        said.calls.push_back({.id = text_of(*call, "id"),
                              .name = text_of(*call, "name"),
                              .arguments = text_of(*call, "arguments")});
      }
    }
  }
  said.output_bytes = static_cast<std::int64_t>(said.text.size());
  for (const SaidCall& call : said.calls) {
    said.output_bytes += static_cast<std::int64_t>(call.name.size() + call.arguments.size());
  }
  return said;
}

/// Gives results without an id the oldest open call's, then drops calls that no result answers and
/// turns results that no call asked for into plain words of the user.
void mend(std::vector<Said>& messages) {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].role == Said::Role::tool) {
      messages[i].role = Said::Role::user;  // no call before it asked for this one
      messages[i].call_id.clear();
    }
    if (messages[i].role != Said::Role::assistant) {
      continue;
    }
    std::deque<SaidCall> open(messages[i].calls.begin(), messages[i].calls.end());
    std::vector<SaidCall> answered;
    for (; i + 1 < messages.size() && messages[i + 1].role == Said::Role::tool && !open.empty();
         ++i) {
      Said& result = messages[i + 1];
      auto call = std::ranges::find(open, result.call_id, &SaidCall::id);
      if (call == open.end() && result.call_id.empty()) {
        call = open.begin();
      }
      if (call == open.end()) {
        break;
      }
      result.call_id = call->id;
      answered.push_back(std::move(*call));
      open.erase(call);
    }
    messages[i - answered.size()].calls = std::move(answered);
  }
}

/// Schemas were not always recorded; a provider wants to know every tool that the history uses.
void name_tools_used(Recording& recording) {
  for (const Said& said : recording.messages) {
    for (const SaidCall& call : said.calls) {
      if (std::ranges::find(recording.tools, call.name, &ToolRecord::name) ==
          recording.tools.end()) {
        recording.tools.push_back(
            {.name = call.name, .description = {}, .schema = R"({"type":"object"})"});
      }
    }
  }
}

/// How long after the message before it each message came.
void time_messages(const json::array& messages, Recording& recording) {
  std::optional<Instant> before;
  for (std::size_t i = 0; i < recording.messages.size(); ++i) {
    const json::object* const message = messages[i].if_object();
    const auto at = message == nullptr ? std::nullopt : parse_rfc3339(text_of(*message, "ts"));
    Said& said = recording.messages[i];
    if (at && before) {
      const auto gap = std::chrono::duration_cast<milliseconds>(*at - *before);
      said.pause = std::clamp(gap, milliseconds(0), kPauseMax);
    } else if (said.role == Said::Role::assistant) {
      said.pause = kPauseUnknown;
    }
    before = at ? at : before;
  }
}

void mark_compactions(const json::object& session, Recording& recording) {
  const json::array* const events = list_of(session, "events");
  if (events == nullptr) {
    return;
  }
  for (const json::value& value : *events) {
    const json::object* const event = value.if_object();
    if (event == nullptr || text_of(*event, "type") != "compaction") {
      continue;
    }
    const json::value* const at = event->if_contains("at_message");
    boost::system::error_code error;
    const auto index = at == nullptr ? 0 : at->to_number<std::size_t>(error);
    if (!error && index < recording.messages.size()) {
      recording.messages[index].forgets = true;
    }
  }
}

using ToolShelf = std::map<std::string, json::array>;

/// tools.json beside the recording: lists of tools that many sessions share, by name.
ToolShelf read_shelf(const std::filesystem::path& file) {
  ToolShelf shelf;
  const auto bytes = read_file(file);
  boost::system::error_code error;
  const json::value root = bytes ? json::parse(*bytes, error) : json::value();
  if (const json::object* const lists = root.if_object()) {
    for (const auto& [name, list] : *lists) {
      if (const json::array* const tools = list.if_array()) {
        shelf.emplace(name, *tools);
      }
    }
  }
  return shelf;
}

Result<Recording> read_recording(std::string_view line, const ToolShelf& shelf) {
  boost::system::error_code error;
  const json::value root = json::parse(line, error);
  const json::object* const session = root.if_object();
  if (error || session == nullptr) {
    return fail(Fault::config, error ? error.message() : "not a JSON object");
  }
  const json::array* const messages = list_of(*session, "messages");
  if (messages == nullptr) {
    return fail(Fault::config, "a session without messages");
  }
  Recording recording{.id = text_of(*session, "id"),
                      .model = text_of(*session, "model"),
                      .domain = text_of(*session, "domain"),
                      .tools = {},
                      .messages = {}};
  for (const json::value& message : *messages) {
    const json::object* const object = message.if_object();
    recording.messages.push_back(object == nullptr ? Said{} : read_message(*object));
  }
  time_messages(*messages, recording);
  mark_compactions(*session, recording);
  mend(recording.messages);
  if (const json::array* const tools = list_of(*session, "tools")) {
    read_tools(*tools, recording);
  } else if (const std::string ref = text_of(*session, "tools_ref"); !ref.empty()) {
    const auto found = shelf.find(ref.substr(ref.find('#') + 1));
    if (found != shelf.end()) {
      read_tools(found->second, recording);
    }
  }
  name_tools_used(recording);
  return recording;
}

}  // namespace

Result<std::vector<Recording>> read_recordings(const std::filesystem::path& file) {
  const auto text = read_data_file(file);
  if (!text) {
    return std::unexpected(text.error());
  }
  const ToolShelf shelf = read_shelf(file.parent_path() / "tools.json");
  std::vector<Recording> recordings;
  std::string_view left = *text;
  for (std::size_t number = 1; !left.empty(); ++number) {
    const std::string_view line = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(left.size(), line.size() + 1));
    if (line.empty()) {
      continue;
    }
    auto recording = read_recording(line, shelf);
    if (!recording) {
      return fail(fmt::format("{} line {}", file.string(), number), recording.error());
    }
    recordings.push_back(std::move(*recording));
  }
  return recordings;
}

}  // namespace purser
