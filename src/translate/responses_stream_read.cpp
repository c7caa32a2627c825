// translate/responses_stream_read.cpp — Responses' events, read.
#include "translate/parts.hpp"
#include "translate/stream.hpp"

namespace purser::translate {
namespace {

class ResponsesStreamReader : public StreamReader {
 public:
  using StreamReader::StreamReader;

  void read(std::string_view, std::string_view data, StreamEvents& events) override {
    if (data == "[DONE]") {
      return;
    }
    const auto event = parsed(data);
    if (!event || !event->is_object()) {
      events.push_back(Failed{{.message = "the provider sent an event that is not JSON"}});
      return;
    }
    const std::string type = text_member(*event, "type");
    if (type == "response.created") {
      begin(*event, events);
    } else if (type == "response.output_item.added") {
      add(*event, events);
    } else if (type == "response.output_item.done") {
      end_item(*event, events);
    } else if (type == "response.output_text.delta" || type == "response.refusal.delta") {
      events.push_back(TextDelta{text_member(*event, "delta"), type == "response.refusal.delta"});
    } else if (type == "response.function_call_arguments.delta") {
      had_arguments_ = true;
      events.push_back(CallDelta{text_member(*event, "delta")});
    } else if (type == "response.reasoning_summary_text.delta" ||
               type == "response.reasoning_text.delta") {
      events.push_back(ThinkingDelta{text_member(*event, "delta")});
    } else if (type == "response.reasoning_summary_part.added") {
      if (const json::value* const index = member(*event, "summary_index");
          index != nullptr && index->is_int64() && index->get_int64() > 0) {
        events.push_back(ThinkingDelta{"\n\n"});
      }
    } else if (type == "response.completed" || type == "response.incomplete" ||
               type == "response.failed") {
      end(*event, events);
    } else if (type == "error") {
      events.push_back(Failed{problem_in(*event, 500)});
    }
  }

 private:
  void begin(const json::value& event, StreamEvents& events) {
    const json::value* const response = member(event, "response");
    if (response == nullptr) {
      return;
    }
    const json::value* const created = member(*response, "created_at");
    events.push_back(Begin{text_member(*response, "id"), text_member(*response, "model"),
                           created != nullptr && created->is_int64() ? created->get_int64() : 0});
  }

  void add(const json::value& event, StreamEvents& events) {
    const json::value* const item = member(event, "item");
    const std::string type = item == nullptr ? std::string() : text_member(*item, "type");
    if (type == "function_call") {
      had_arguments_ = false;
      called_ = true;
      events.push_back(CallBegin{text_member(*item, "call_id"), text_member(*item, "name"),
                                 std::exchange(waiting_, std::nullopt)});
    } else if (type != "message" && type != "reasoning") {
      note("output", Concern::content, "an item of kind \"" + type + "\"");
    }
  }

  void end_item(const json::value& event, StreamEvents& events) {
    const json::value* const item = member(event, "item");
    const std::string type = item == nullptr ? std::string() : text_member(*item, "type");
    if (type == "reasoning") {
      end_thought(*item, events);
    } else if (type == "function_call" && !had_arguments_) {
      events.push_back(CallDelta{text_member(*item, "arguments")});
    }
    events.push_back(PartEnd{});
  }

  void end_thought(const json::value& item, StreamEvents& events) {
    const std::string sealed = text_member(item, "encrypted_content");
    if (sealed.empty()) {
      return;
    }
    OpenedSeal opened = opened_seal(sealed, Wire::responses);
    if (opened.of == SealOf::call) {
      waiting_ = std::move(opened.seal);
      return;
    }
    if (opened.seal.by == Wire::responses) {
      opened.seal.bytes = text_member(item, "id") + ":" + opened.seal.bytes;
    }
    const json::value* const summary = member(item, "summary");
    const json::value* const content = member(item, "content");
    const auto filled = [](const json::value* list) {
      return list != nullptr && list->is_array() && !list->get_array().empty();
    };
    events.push_back(ThinkingSeal{std::move(opened.seal), !filled(summary) && !filled(content)});
  }

  void end(const json::value& event, StreamEvents& events) {
    const json::value* const response = member(event, "response");
    if (response == nullptr) {
      events.push_back(Failed{{.message = "the provider ended its stream without a response"}});
      return;
    }
    if (const json::value* const error = member(*response, "error")) {
      events.push_back(Failed{problem_in(*error, 500)});
      return;
    }
    if (const json::value* const usage = member(*response, "usage"); usage && usage->is_object()) {
      Reading reading;
      Members inside(*usage, "usage", reading);
      events.push_back(Used{read_responses_usage(inside)});
    }
    Stop stop = called_ ? Stop::tool_call : Stop::end;
    if (text_member(*response, "status") == "incomplete") {
      const json::value* const details = member(*response, "incomplete_details");
      const std::string reason =
          details == nullptr ? std::string() : text_member(*details, "reason");
      stop = reason == "max_output_tokens" ? Stop::length
             : reason == "content_filter"  ? Stop::refusal
                                           : Stop::other;
    }
    events.push_back(Stopped{stop});
    events.push_back(Done{});
  }

  bool had_arguments_ = false;
  bool called_ = false;
  std::optional<Sealed> waiting_;
};

}  // namespace

std::unique_ptr<StreamReader> responses_stream_reader(Losses& losses) {
  return std::make_unique<ResponsesStreamReader>(losses);
}

}  // namespace purser::translate
