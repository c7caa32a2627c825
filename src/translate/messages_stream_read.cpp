// translate/messages_stream_read.cpp — Messages' events, read.
#include "translate/parts.hpp"
#include "translate/stream.hpp"

namespace purser::translate {
namespace {

class MessagesStreamReader : public StreamReader {
 public:
  using StreamReader::StreamReader;

  void read(std::string_view, std::string_view data, StreamEvents& events) override {
    const auto event = parsed(data);
    if (!event || !event->is_object()) {
      events.push_back(Failed{{.message = "the provider sent an event that is not JSON"}});
      return;
    }
    const std::string type = text_member(*event, "type");
    if (type == "message_start") {
      begin(*event, events);
    } else if (type == "content_block_start") {
      if (const json::value* const block = member(*event, "content_block")) {
        open(*block, events);
      }
    } else if (type == "content_block_delta") {
      if (const json::value* const delta = member(*event, "delta")) {
        read_delta(*delta, events);
      }
    } else if (type == "content_block_stop") {
      close(events);
    } else if (type == "message_delta") {
      end(*event, events);
    } else if (type == "message_stop") {
      events.push_back(Done{});
    } else if (type == "error") {
      events.push_back(Failed{problem_in(*event, 500)});
    } else if (type != "ping") {
      note(type, Concern::unknown, "an event that is not known here");
    }
  }

 private:
  /// Counts are cumulative: the last that is not null holds.
  void see_usage(const json::value* usage, StreamEvents& events) {
    if (usage == nullptr || !usage->is_object()) {
      return;
    }
    for (const auto& count : usage->get_object()) {
      if (!count.value().is_null()) {
        usage_.get_object()[count.key()] = count.value();
      }
    }
    Reading reading;
    Members inside(usage_, "usage", reading);
    events.push_back(Used{read_messages_usage(inside)});
  }

  void begin(const json::value& event, StreamEvents& events) {
    if (const json::value* const message = member(event, "message")) {
      events.push_back(Begin{text_member(*message, "id"), text_member(*message, "model")});
      see_usage(member(*message, "usage"), events);
    }
  }

  void open(const json::value& block, StreamEvents& events) {
    kind_ = text_member(block, "type");
    input_.clear();
    if (kind_ == "text") {
      if (std::string text = text_member(block, "text"); !text.empty()) {
        events.push_back(TextDelta{std::move(text)});
      }
    } else if (kind_ == "thinking") {
      read_thought(text_member(block, "thinking"), events);
      read_signature(text_member(block, "signature"), events);
    } else if (kind_ == "redacted_thinking") {
      events.push_back(
          ThinkingSeal{opened_seal(text_member(block, "data"), Wire::messages).seal, true});
    } else if (kind_ == "tool_use") {
      events.push_back(CallBegin{loose_id(text_member(block, "id")), text_member(block, "name"),
                                 std::exchange(waiting_, std::nullopt)});
      const json::value* const input = member(block, "input");
      if (input != nullptr && input->is_object() && !input->get_object().empty()) {
        input_ = print(*input);
      }
    } else {
      note("content", Concern::content, "a block of kind \"" + kind_ + "\"");
    }
  }

  void read_thought(std::string text, StreamEvents& events) {
    if (!text.empty()) {
      events.push_back(ThinkingDelta{std::move(text)});
    }
  }

  void read_signature(const std::string& signature, StreamEvents& events) {
    if (signature.empty()) {
      return;
    }
    OpenedSeal opened = opened_seal(signature, Wire::messages);
    if (opened.of == SealOf::call) {
      waiting_ = std::move(opened.seal);
    } else {
      events.push_back(ThinkingSeal{std::move(opened.seal), false});
    }
  }

  void read_delta(const json::value& delta, StreamEvents& events) {
    const std::string type = text_member(delta, "type");
    if (type == "text_delta") {
      events.push_back(TextDelta{text_member(delta, "text")});
    } else if (type == "thinking_delta") {
      read_thought(text_member(delta, "thinking"), events);
    } else if (type == "signature_delta") {
      read_signature(text_member(delta, "signature"), events);
    } else if (type == "input_json_delta" && kind_ == "tool_use") {
      if (std::string json = text_member(delta, "partial_json"); !json.empty()) {
        input_.clear();
        events.push_back(CallDelta{std::move(json)});
      }
    } else if (type == "citations_delta") {
      note("content.citations", Concern::delivery,
           "other dialects do not tell where text came from");
    }
  }

  void close(StreamEvents& events) {
    if (!input_.empty()) {  // it came whole, without deltas
      events.push_back(CallDelta{std::exchange(input_, {})});
    }
    kind_.clear();
    events.push_back(PartEnd{});
  }

  void end(const json::value& event, StreamEvents& events) {
    see_usage(member(event, "usage"), events);
    const json::value* const delta = member(event, "delta");
    if (delta != nullptr && member(*delta, "stop_reason") != nullptr) {
      events.push_back(Stopped{messages_stop(text_member(*delta, "stop_reason")),
                               text_member(*delta, "stop_sequence")});
    }
  }

  std::string kind_;   // of the block that is open
  std::string input_;  // of a call, as long as no delta said otherwise
  std::optional<Sealed> waiting_;
  json::value usage_ = json::object();
};

}  // namespace

std::unique_ptr<StreamReader> messages_stream_reader(Losses& losses) {
  return std::make_unique<MessagesStreamReader>(losses);
}

}  // namespace purser::translate
