// wire/splice.cpp — edits of a request as cuts in its bytes.
// Why not print it again: provider prompt caches and signatures hang on the very bytes, and what
// we do not know must arrive as it was sent.
#include <algorithm>
#include <vector>

#include "base/json_text.hpp"
#include "wire/gemini_thinking.hpp"
#include "wire/wire.hpp"

namespace purser {
namespace {

/// Replaces `what` by `with`; an empty span inserts.
struct Cut {
  Span what;
  std::string with;
};

constexpr std::string_view kIncludeUsage = "\"include_usage\":true";

/// `member` as the first one of the object that stands at `object`, or of a new one called `name`
/// where none, or null, stands.
Cut member_cut(std::string_view body, Span object, std::size_t first_member_at,
               std::string_view name, std::string_view member) {
  if (object.length == 0) {
    return {.what = {.at = first_member_at},
            .with = '"' + std::string(name) + "\":{" + std::string(member) + "},"};
  }
  if (body[object.at] != '{') {  // null
    return {.what = object, .with = "{" + std::string(member) + "}"};
  }
  const std::size_t first = body.find_first_not_of(" \t\r\n", object.at + 1);
  return {.what = {.at = object.at + 1},
          .with = std::string(member) + (body[first] == '}' ? "" : ",")};
}

Cut output_cut(const Call& call, std::string_view body, Tokens bound, const Quirks& quirks) {
  const std::string number = std::to_string(bound.count());
  if (call.output_max_span.length > 0) {
    return {.what = call.output_max_span, .with = number};
  }
  if (call.dialect == Dialect::gemini) {
    return member_cut(body, call.generation_config_span, call.first_member_at, "generationConfig",
                      "\"maxOutputTokens\":" + number);
  }
  const std::string_view field = call.dialect == Dialect::chat        ? quirks.output_field
                                 : call.dialect == Dialect::responses ? "max_output_tokens"
                                                                      : "max_tokens";
  return {.what = {.at = call.first_member_at},
          .with = "\"" + std::string(field) + "\":" + number + ","};
}

Cut usage_cut(const Call& call, std::string_view body) {
  if (call.include_usage_span.length > 0) {
    return {.what = call.include_usage_span, .with = "true"};
  }
  return member_cut(body, call.stream_options_span, call.first_member_at, "stream_options",
                    kIncludeUsage);
}

std::string quoted(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

/// How a dialect says that no tool is to be called.
struct NoTools {
  std::string_view name;
  std::string_view value;
};
NoTools no_tools(Dialect dialect) {
  switch (dialect) {
    case Dialect::messages:
      return {"tool_choice", R"({"type":"none"})"};
    case Dialect::gemini:
      return {"toolConfig", R"({"functionCallingConfig":{"mode":"NONE"}})"};
    default:
      return {"tool_choice", R"("none")"};
  }
}

/// No more tools. Without tools there is nothing to choose, and providers refuse the choice.
void cut_tools(const Call& call, std::vector<Cut>& cuts) {
  if (call.tools == 0) {
    return;
  }
  const auto [name, none] = no_tools(call.dialect);
  if (call.tool_choice_span.length > 0) {
    cuts.push_back({.what = call.tool_choice_span, .with = std::string(none)});
  } else {
    cuts.push_back({.what = {.at = call.first_member_at},
                    .with = '"' + std::string(name) + "\":" + std::string(none) + ","});
  }
}

/// A last message, behind the caller's own. Two messages of one role in a row are read as one.
std::string closing_message(Dialect dialect, std::string_view words) {
  switch (dialect) {
    case Dialect::messages:
      return R"({"role":"user","content":)" + quoted(words) + "}";
    case Dialect::gemini:
      return R"({"role":"user","parts":[{"text":)" + quoted(words) + "}]}";
    default:
      return R"({"role":"system","content":)" + quoted(words) + "}";
  }
}

void cut_closing(const Call& call, std::string_view body, std::string_view words,
                 std::vector<Cut>& cuts) {
  const std::string last = closing_message(call.dialect, words);
  const Span messages = call.messages_span;
  const bool responses = call.dialect == Dialect::responses;
  if (responses && (messages.length == 0 || body[messages.at] == 'n')) {  // absent, or null
    cuts.push_back({.what = messages.length == 0 ? Span{.at = call.first_member_at} : messages,
                    .with = messages.length == 0 ? "\"input\":[" + last + "]," : "[" + last + "]"});
  } else if (responses && body[messages.at] == '"') {
    cuts.push_back({.what = {.at = messages.at}, .with = R"([{"role":"user","content":)"});
    cuts.push_back({.what = {.at = messages.at + messages.length}, .with = "}," + last + "]"});
  } else if (body[messages.at] == '{') {  // Gemini: a single one, which stands for a list
    cuts.push_back({.what = {.at = messages.at}, .with = "["});
    cuts.push_back({.what = {.at = messages.at + messages.length}, .with = "," + last + "]"});
  } else {
    const std::size_t end = body.rfind(']', messages.at + messages.length - 1);
    cuts.push_back({.what = {.at = end}, .with = (call.messages > 0 ? "," : "") + last});
  }
}

/// Whether a call is a turn of a conversation, which can be told to be its last.
bool converses(const Call& call) {
  return !call.output_fixed &&
         (call.dialect == Dialect::chat || call.dialect == Dialect::messages ||
          call.dialect == Dialect::responses || call.dialect == Dialect::gemini);
}

/// Less effort than was asked for, as it was said.
std::string effort_json(const Call& call, std::string_view body, const Edits& edits) {
  if (call.dialect != Dialect::gemini) {
    return quoted(edits.effort);
  }
  const std::string_view model = edits.model.empty() ? call.model : edits.model;
  return body[call.effort_span.at] == '"' ? level_json(edits.effort, model)
                                          : budget_json(edits.effort, model);
}

std::vector<Cut> cuts_for(const Call& call, std::string_view body, const Edits& edits) {
  std::vector<Cut> cuts;
  if (edits.output_max) {
    INVARIANT(*edits.output_max >= Tokens(0), "an output bound is never negative");
    INVARIANT(!call.output_fixed, "there is a member to say it in");
    cuts.push_back(output_cut(call, body, *edits.output_max, edits.quirks));
  }
  if (edits.ask_usage && reports_when_asked(call.dialect) && call.stream && !call.asks_usage) {
    cuts.push_back(usage_cut(call, body));
  }
  if (!edits.model.empty() && call.model_span.length > 0) {
    cuts.push_back({.what = call.model_span, .with = quoted(edits.model)});
  }
  if (!edits.effort.empty() && call.effort_span.length > 0) {
    cuts.push_back({.what = call.effort_span, .with = effort_json(call, body, edits)});
  }
  if (edits.closing && converses(call)) {
    cut_tools(call, cuts);
    if (!edits.closing->empty()) {
      cut_closing(call, body, *edits.closing, cuts);
    }
  }
  std::ranges::sort(cuts, {}, [](const Cut& cut) { return cut.what.at; });
  return cuts;
}

}  // namespace

std::string splice(const Call& call, std::string_view body, const Edits& edits) {
  std::string edited;
  std::size_t done = 0;
  for (const Cut& cut : cuts_for(call, body, edits)) {
    INVARIANT(cut.what.at >= done && cut.what.at + cut.what.length <= body.size(),
              "spans lie in the body they were read from, apart from each other");
    edited += body.substr(done, cut.what.at - done);
    edited += cut.with;
    done = cut.what.at + cut.what.length;
  }
  edited += body.substr(done);
  return edited;
}

std::string splice_path(const Call& call, std::string_view path, const Edits& edits) {
  const Span model = call.model_path_span;
  if (edits.model.empty() || model.length == 0) {
    return std::string(path);
  }
  INVARIANT(model.at + model.length <= path.size(), "the span lies in the path it was read from");
  return std::string(path.substr(0, model.at)) + std::string(edits.model) +
         std::string(path.substr(model.at + model.length));
}

}  // namespace purser
