// wire/responses_reply.cpp — the Response object. Its usage leaves out what tools cost by
// themselves: pictures stand in "tool_usage", with searches that are billed; calls of others are
// counted in the output.
#include "wire/responses_reply.hpp"

#include <array>

namespace purser {
namespace {

/// Where a response is read to.
struct Reading {
  ResponsesAnswer& answer;
  Visible* visible;
};

using Row = AnswerMember<Reading>;

template <std::string ResponsesAnswer::* field>
void text(JsonScan& scan, Reading& reading) {
  read_text(scan, reading.answer.*field);
}

constexpr std::array kIncomplete{Row{"reason", text<&ResponsesAnswer::reason>}};

struct Tool {
  std::string type;
  std::string model;
};
constexpr std::array kTool{
    AnswerMember<Tool>{"type", [](JsonScan& scan, Tool& tool) { read_text(scan, tool.type); }},
    AnswerMember<Tool>{"model", [](JsonScan& scan, Tool& tool) { read_text(scan, tool.model); }},
};

void read_tools(JsonScan& scan, Reading& reading) {
  read_elements(scan, [&] {
    Tool tool;
    read_members(scan, kTool, tool);
    if (tool.type == "image_generation") {
      reading.answer.picture_model = std::move(tool.model);
    }
  });
}

struct Item {
  std::string type;
  std::string action;
};
constexpr std::array kAction{
    AnswerMember<Item>{"type", [](JsonScan& scan, Item& item) { read_text(scan, item.action); }},
};

/// An item of the output: words, or a call of a tool.
void read_item(JsonScan& scan, Reading& reading) {
  if (!enter_or_skip(scan)) {
    return;
  }
  Item item;
  JsonText name;
  while (scan.member(name)) {
    if (name == "type") {
      read_text(scan, item.type);
    } else if (name == "action") {
      read_members(scan, kAction, item);
    } else if (reading.visible == nullptr) {
      scan.skip();
    } else if (name == "input" && scan.kind() == JsonKind::text) {
      read_visible(scan, *reading.visible);
    } else {
      read_visible_member(scan, name, *reading.visible);
    }
  }
  ResponsesAnswer& answer = reading.answer;
  const bool searched = item.action.empty() || item.action == "search";
  answer.search_calls += item.type == "web_search_call" && searched ? 1 : 0;
  answer.file_searches += item.type == "file_search_call" ? 1 : 0;
  answer.picture_calls += item.type == "image_generation_call" ? 1 : 0;
}

constexpr std::array kWebSearch{
    Row{"num_requests",
        [](JsonScan& scan, Reading& reading) { read_count(scan, reading.answer.searches); }},
};
constexpr std::array kToolUsage{
    Row{"web_search",
        [](JsonScan& scan, Reading& reading) { read_members(scan, kWebSearch, reading); }},
    Row{"image_gen",
        [](JsonScan& scan, Reading& reading) {
          reading.answer.pictures = read_responses_usage(scan);
        }},
};

constexpr std::array kResponse{
    Row{"id", text<&ResponsesAnswer::id>},
    Row{"model", text<&ResponsesAnswer::model>},
    Row{"status", text<&ResponsesAnswer::status>},
    Row{"service_tier", text<&ResponsesAnswer::tier>},
    Row{"error",
        [](JsonScan& scan, Reading& reading) {
          reading.answer.failed = scan.kind() != JsonKind::null;
          scan.skip();
        }},
    Row{"incomplete_details",
        [](JsonScan& scan, Reading& reading) { read_members(scan, kIncomplete, reading); }},
    Row{"tools", read_tools},
    Row{"output", [](JsonScan& scan,
                     Reading& reading) { read_elements(scan, [&] { read_item(scan, reading); }); }},
    Row{"usage",
        [](JsonScan& scan, Reading& reading) {
          if (const auto usage = read_responses_usage(scan); usage.reported()) {
            reading.answer.usage = usage;
          }
        }},
    Row{"tool_usage",
        [](JsonScan& scan, Reading& reading) { read_members(scan, kToolUsage, reading); }},
};

bool is_under_way(std::string_view status) {
  return status == "queued" || status == "in_progress";
}

Ending ending_of(const ResponsesAnswer& answer, bool ended) {
  if (ended && is_under_way(answer.status) && !answer.usage.reported()) {
    return Ending::under_way;
  }
  if (!ended || (answer.failed && !answer.usage.reported())) {
    return Ending::broken;
  }
  // Pictures that were drawn and are billed nowhere.
  const bool gap = answer.picture_calls > 0 && !answer.pictures.reported();
  return answer.usage.reported() && !gap ? Ending::complete : Ending::no_usage;
}

}  // namespace

void read_response(JsonScan& scan, ResponsesAnswer& answer, Visible* visible) {
  Reading reading{.answer = answer, .visible = visible};
  read_members(scan, kResponse, reading);
}

Reply reply_of(const ResponsesAnswer& answer, bool ended) {
  Reply reply;
  reply.model = answer.model;
  reply.provider_id = answer.id;
  reply.stop_reason = answer.reason.empty() ? answer.status : answer.reason;
  reply.tier = parse_service_tier(answer.tier);
  reply.usage = normal_form(answer.usage);
  reply.usage.web_searches = answer.searches.value_or(answer.search_calls);
  reply.usage.file_searches = answer.file_searches;
  reply.saw_usage = answer.usage.reported();
  reply.ending = ending_of(answer, ended);
  if (answer.pictures.input.value_or(0) + answer.pictures.output.value_or(0) > 0) {
    const Usage drawn = picture_form(answer.pictures);
    reply.passes = {{.model = {}, .usage = reply.usage},
                    {.model = answer.picture_model, .usage = drawn}};
    reply.usage = reply.usage + drawn;
  }
  return reply;
}

}  // namespace purser
