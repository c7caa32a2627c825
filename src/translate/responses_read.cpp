// translate/responses_read.cpp — a Responses request, read.
#include "translate/dialects.hpp"
#include "translate/parts.hpp"
#include "translate/settings.hpp"

namespace purser::translate {
namespace {

void read_input(Members& body, Conversation& conversation) {
  const json::value* const input = body.take("input");
  if (input == nullptr) {
    return;
  }
  if (input->is_string()) {
    conversation.turns.push_back(
        {.parts = {{.what = Text{.text = std::string(text_of(*input))}, .path = "input"}}});
    return;
  }
  if (!input->is_array()) {
    body.reading().mistake("input", "a string or a list of items");
    return;
  }
  std::optional<Sealed> waiting;
  for (std::size_t i = 0; i < input->get_array().size(); ++i) {
    read_item(input->get_array()[i], at("input", i), body.reading(), conversation, waiting);
  }
}

void read_tools(Members& body, Conversation& conversation) {
  const json::array* const tools = body.list("tools");
  for (std::size_t i = 0; tools != nullptr && i < tools->size(); ++i) {
    Members tool((*tools)[i], at("tools", i), body.reading());
    const std::string type = tool.text("type");
    if (type != "function") {
      tool.ignore_rest();
      body.reading().drop(tool.path(), Concern::hosted_tool, "a tool of kind \"" + type + "\"");
      continue;
    }
    Tool read{.name = tool.text("name"), .description = tool.text("description")};
    if (const json::value* const schema = tool.take("parameters")) {
      read.schema = *schema;
    }
    read.strict = tool.flag("strict");
    read.path = tool.path();
    for (const std::string_view name : {"allowed_callers", "defer_loading", "output_schema"}) {
      tool.drop(name, Concern::tools, "other dialects know no such detail of a tool");
    }
    conversation.tools.push_back(std::move(read));
  }
}

Choice choice_of(std::string_view word) {
  for (const Choice choice : {Choice::automatic, Choice::none, Choice::required}) {
    if (choice_word(choice) == word) {
      return choice;
    }
  }
  return Choice::unsaid;
}

void read_choice(Members& body, ToolChoice& read) {
  read.parallel = body.flag("parallel_tool_calls");
  const json::value* const value = body.take("tool_choice");
  if (value == nullptr) {
    return;
  }
  if (value->is_string()) {
    read.choice = choice_of(text_of(*value));
    return;
  }
  Members choice(*value, "tool_choice", body.reading());
  const std::string type = choice.text("type");
  if (type == "function") {
    read.choice = Choice::named;
    read.names = {choice.text("name")};
  } else if (type == "allowed_tools") {
    read.choice = choice_of(choice.text("mode"));
    const json::array* const tools = choice.list("tools");
    for (std::size_t i = 0; tools != nullptr && i < tools->size(); ++i) {
      Members tool((*tools)[i], at("tool_choice.tools", i), body.reading());
      tool.ignore("type");
      read.names.push_back(tool.text("name"));
    }
  } else {
    choice.ignore_rest();
    body.reading().drop("tool_choice", Concern::hosted_tool, "a choice of kind \"" + type + "\"");
  }
}

void read_text(Members& body, Settings& settings) {
  const json::value* const value = body.take("text");
  if (value == nullptr) {
    return;
  }
  Members text(*value, "text", body.reading());
  settings.verbosity = text.text("verbosity");
  if (const json::value* const inside = text.take("format")) {
    Members format(*inside, "text.format", body.reading());
    const std::string type = format.text("type");
    if (type == "json_object") {
      settings.format.shape = Shape::json;
    } else if (type == "json_schema") {
      settings.format.shape = Shape::schema;
      read_schema_format(format, settings.format);
    }
  }
}

void read_settings(Members& body, Settings& settings) {
  settings.output_max = body.whole("max_output_tokens");
  settings.temperature = body.number("temperature");
  settings.top_p = body.number("top_p");
  settings.tier = body.text("service_tier");
  settings.stream = body.flag("stream").value_or(false);
  body.ignore("stream_options");
  if (const json::value* const value = body.take("reasoning")) {
    Members reasoning(*value, "reasoning", body.reading());
    settings.effort.level = reasoning.text("effort");
    if (const auto summary = reasoning.text_if("summary")) {
      settings.effort.show = true;
    }
    reasoning.drop("context", Concern::thinking, "which thoughts the provider keeps");
    reasoning.drop("mode", Concern::output, "a way of thinking of OpenAI's own");
  }
  read_text(body, settings);
  read_openai_settings(body, settings);
  constexpr std::string_view kKept = "what the other provider keeps is not there";
  for (const std::string_view name : {"previous_response_id", "conversation", "prompt"}) {
    body.drop(name, Concern::state, kKept);
  }
  if (body.flag("background").value_or(false)) {
    body.reading().drop("background", Concern::state, "other providers answer at once");
  }
  const json::array* const include = body.list("include");
  for (std::size_t i = 0; include != nullptr && i < include->size(); ++i) {
    if (text_of((*include)[i]) != "reasoning.encrypted_content") {  // that is asked for anyway
      body.reading().drop(at("include", i), Concern::delivery, "an extra of OpenAI's own");
    }
  }
  constexpr std::string_view kOwn = "a service of OpenAI's own";
  for (const std::string_view name :
       {"truncation", "context_management", "top_logprobs", "max_tool_calls"}) {
    body.drop(name, Concern::delivery, kOwn);
  }
}

}  // namespace

Conversation read_responses(const json::value& value, Reading& reading) {
  Conversation conversation{.from = Wire::responses};
  Members body(value, "", reading);
  conversation.model = body.text("model");
  if (const auto instructions = body.text_if("instructions")) {
    conversation.instructions.push_back(
        {.what = Text{.text = *instructions}, .path = "instructions"});
  }
  read_input(body, conversation);
  read_tools(body, conversation);
  read_choice(body, conversation.tool_choice);
  read_settings(body, conversation.settings);
  return conversation;
}

}  // namespace purser::translate
