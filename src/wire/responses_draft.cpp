// wire/responses_draft.cpp — the events that end a message, and the response that ends a stream.
#include "wire/responses_draft.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json_text.hpp"
#include "wire/meters.hpp"

namespace purser {
namespace {

using Row = AnswerMember<ResponsesEvent>;

constexpr std::array kEvent{
    Row{"type", [](JsonScan& scan, ResponsesEvent& event) { read_text(scan, event.type); }},
    Row{"response", [](JsonScan& scan, ResponsesEvent& event) { event.response = scan.skip(); }},
    Row{"item", [](JsonScan& scan, ResponsesEvent& event) { event.item = scan.skip(); }},
    Row{"delta",
        [](JsonScan& scan, ResponsesEvent& event) {
          if (scan.kind() == JsonKind::text) {
            scan.text(event.delta);
          } else {
            scan.skip();
          }
        }},
    Row{"sequence_number",
        [](JsonScan& scan, ResponsesEvent& event) { read_count(scan, event.sequence); }},
    Row{"output_index",
        [](JsonScan& scan, ResponsesEvent& event) { read_count(scan, event.output_index); }},
    Row{"content_index",
        [](JsonScan& scan, ResponsesEvent& event) { read_count(scan, event.content_index); }},
};

struct ItemName {
  std::string type;
  std::string id;
};
constexpr std::array kItem{
    AnswerMember<ItemName>{"type",
                           [](JsonScan& scan, ItemName& item) { read_text(scan, item.type); }},
    AnswerMember<ItemName>{"id", [](JsonScan& scan, ItemName& item) { read_text(scan, item.id); }},
};

/// Members that say how a response ended: written anew.
constexpr std::array<std::string_view, 5> kEndings{"status", "incomplete_details", "output",
                                                   "usage", "completed_at"};

/// The response as it began, and as it ends here.
std::string incomplete(std::string_view began, std::string_view output) {
  std::string json;
  JsonObject response(json);
  JsonScan scan(began);
  JsonText name;
  const bool object = scan.kind() == JsonKind::object && scan.enter_object();
  while (object && scan.member(name)) {
    const std::string_view value = scan.skip();
    if (!name.escaped && std::ranges::find(kEndings, name.raw) == kEndings.end()) {
      response.raw(name.raw, value);
    }
  }
  response.text("status", "incomplete")
      .raw("incomplete_details", R"({"reason":"max_output_tokens"})")
      .raw("output", "[" + std::string(output) + "]")
      .raw("usage", "null")
      .finish();
  return json;
}

}  // namespace

std::optional<ResponsesEvent> read_responses_event(std::string_view data) {
  ResponsesEvent event;
  JsonScan scan(data);
  read_members(scan, kEvent, event);
  if (!scan.finish() || event.type.empty()) {
    return std::nullopt;
  }
  return event;
}

bool ResponsesDraft::keep(std::string& into, std::string_view bytes) {
  if (bytes_ + bytes.size() > kBytesMax) {
    return false;
  }
  bytes_ += bytes.size();
  into += bytes;
  return true;
}

ResponsesDraft::Item* ResponsesDraft::item_of(const ResponsesEvent& event) {
  const auto found = items_.find(event.output_index.value_or(-1));
  return found == items_.end() ? nullptr : &found->second;
}

void ResponsesDraft::begin_item(const ResponsesEvent& event) {
  ItemName name;
  JsonScan scan(event.item);
  read_members(scan, kItem, name);
  Item item;
  if (event.output_index && keep(item.id, name.id)) {
    item.message = name.type == "message";
    items_.insert_or_assign(*event.output_index, std::move(item));
  }
}

void ResponsesDraft::see(const ResponsesEvent& event) {
  sequence_ = std::max(sequence_, event.sequence.value_or(-1));
  if (event.type == "response.created") {
    response_.clear();
    keep(response_, event.response);
  } else if (event.type == "response.output_item.added") {
    begin_item(event);
  } else if (Item* const item = item_of(event)) {
    if (event.type == "response.output_item.done") {
      item->text.clear();
      item->part.reset();
      item->done.clear();
      keep(item->done, event.item);
    } else if (event.type == "response.output_text.delta") {
      const std::int64_t part = event.content_index.value_or(0);
      if (item->part != part) {
        item->text.clear();
      }
      item->part = part;
      keep(item->text, event.delta.raw);
    }
  }
}

std::string ResponsesDraft::closing_events() const {
  if (response_.empty()) {
    return {};  // nothing began
  }
  std::string events;
  std::int64_t sequence = sequence_;
  const auto add = [&](std::string_view type, auto fill) {
    events += "event: ";
    events += type;
    events += "\ndata: ";
    JsonObject event(events);
    event.text("type", type).number("sequence_number", ++sequence);
    fill(event);
    event.finish();
    events += "\n\n";
  };
  std::string output;
  for (const auto& [index, item] : items_) {
    std::string whole = item.done;
    if (whole.empty() && item.message && item.part) {
      const std::string text = '"' + item.text + '"';
      const std::string part =
          R"({"type":"output_text","text":)" + text + R"(,"annotations":[],"logprobs":[]})";
      whole = R"({"id":)";
      append_json_string(whole, item.id);
      whole +=
          R"(,"type":"message","status":"incomplete","role":"assistant","content":[)" + part + "]}";
      const auto place = [&](JsonObject& event) -> JsonObject& {
        return event.text("item_id", item.id).number("output_index", index);
      };
      add("response.output_text.done", [&](JsonObject& event) {
        place(event).number("content_index", *item.part).raw("text", text).raw("logprobs", "[]");
      });
      add("response.content_part.done", [&](JsonObject& event) {
        place(event).number("content_index", *item.part).raw("part", part);
      });
      add("response.output_item.done",
          [&](JsonObject& event) { event.number("output_index", index).raw("item", whole); });
    }
    if (!whole.empty()) {
      output += (output.empty() ? "" : ",") + whole;
    }
  }
  add("response.incomplete",
      [&](JsonObject& event) { event.raw("response", incomplete(response_, output)); });
  return events;
}

}  // namespace purser
