// translate/chat_stream_read.cpp — Chat Completions' chunks, read.
// Providers differ: usage stands in an extra chunk or on the last, a call's index may be missing,
// its id may be repeated.
#include "translate/stream.hpp"

namespace purser::translate {
namespace {

class ChatStreamReader : public StreamReader {
 public:
  using StreamReader::StreamReader;

  void read(std::string_view, std::string_view data, StreamEvents& events) override {
    if (data == "[DONE]") {
      events.push_back(Done{});
      return;
    }
    const auto chunk = parsed(data);
    if (!chunk || !chunk->is_object()) {
      events.push_back(Failed{{.message = "the provider sent an event that is not JSON"}});
      return;
    }
    if (member(*chunk, "error") != nullptr) {
      events.push_back(Failed{problem_in(*chunk, 500)});
      return;
    }
    begin(*chunk, events);
    if (const json::value* const usage = member(*chunk, "usage"); usage && usage->is_object()) {
      Reading reading;
      Members inside(*usage, "usage", reading);
      events.push_back(Used{read_chat_usage(inside)});
    }
    const json::value* const choices = member(*chunk, "choices");
    if (choices == nullptr || !choices->is_array()) {
      return;
    }
    for (const json::value& choice : choices->get_array()) {
      const json::value* const index = member(choice, "index");
      if (index != nullptr && index->is_int64() && index->get_int64() != 0) {
        note("choices", Concern::output, "a stream is translated in its first choice only");
      } else {
        read_choice(choice, events);
      }
    }
  }

 private:
  void begin(const json::value& chunk, StreamEvents& events) {
    std::string model = text_member(chunk, "model");
    if (begun_ || (model.empty() && member(chunk, "choices") == nullptr)) {
      return;
    }
    begun_ = true;
    const json::value* const created = member(chunk, "created");
    events.push_back(Begin{text_member(chunk, "id"), std::move(model),
                           created != nullptr && created->is_int64() ? created->get_int64() : 0});
  }

  void read_choice(const json::value& choice, StreamEvents& events) {
    if (const json::value* const delta = member(choice, "delta")) {
      for (const std::string_view name : {"reasoning_content", "reasoning"}) {
        if (std::string thought = text_member(*delta, name); !thought.empty()) {
          events.push_back(ThinkingDelta{std::move(thought)});
          break;
        }
      }
      read_content(*delta, events);
      if (std::string refusal = text_member(*delta, "refusal"); !refusal.empty()) {
        events.push_back(TextDelta{std::move(refusal), true});
      }
      const json::value* const calls = member(*delta, "tool_calls");
      for (const json::value& call :
           calls != nullptr && calls->is_array() ? calls->get_array() : json::array()) {
        read_call(call, events);
      }
      if (const json::value* const call = member(*delta, "function_call")) {
        read_function(*call, -1, "function_" + text_member(*call, "name"), {}, events);
      }
      for (const std::string_view name : {"audio", "annotations"}) {
        if (member(*delta, name) != nullptr) {
          note("choices.delta." + std::string(name), Concern::delivery, "text only is translated");
        }
      }
    }
    if (const std::string reason = text_member(choice, "finish_reason"); !reason.empty()) {
      events.push_back(PartEnd{});
      events.push_back(Stopped{chat_stop(reason)});
    }
  }

  void read_content(const json::value& delta, StreamEvents& events) {
    const json::value* const content = member(delta, "content");
    if (content == nullptr) {
      return;
    }
    if (content->is_string() && !content->get_string().empty()) {
      events.push_back(TextDelta{std::string(text_of(*content))});
    }
    Reading reading;  // Mistral's thinking models send lists
    for (const json::value& item : content->is_array() ? content->get_array() : json::array()) {
      Members part(item, "", reading);
      part.ignore_rest();
      if (part.peek("type") == "thinking") {
        events.push_back(ThinkingDelta{chat_thought(part)});
      } else if (std::string text = part.text("text"); !text.empty()) {
        events.push_back(TextDelta{std::move(text)});
      }
    }
  }

  void read_call(const json::value& call, StreamEvents& events) {
    const json::value* const function = member(call, "function");
    if (function == nullptr) {
      note("choices.delta.tool_calls", Concern::content, "a call of another kind than function");
      return;
    }
    std::string id = text_member(call, "id");
    const json::value* const index = member(call, "index");
    const bool other = !id.empty() && id != id_;
    const std::int64_t at = index != nullptr && index->is_int64() ? index->get_int64()
                            : other                               ? index_ + 1
                                                                  : index_;
    std::optional<Sealed> seal;
    if (const json::value* const extra = member(call, "extra_content")) {
      const json::value* const google = member(*extra, "google");
      if (google != nullptr && member(*google, "thought_signature") != nullptr) {
        seal = Sealed{Wire::gemini, text_member(*google, "thought_signature")};
      }
    }
    read_function(*function, at, std::move(id), std::move(seal), events);
  }

  void read_function(const json::value& function, std::int64_t at, std::string id,
                     std::optional<Sealed> seal, StreamEvents& events) {
    const bool other = !id.empty() && id != id_ && !text_member(function, "name").empty();
    if (!in_call_ || at > index_ || other) {
      in_call_ = true;
      index_ = at;
      id_ = id;
      events.push_back(CallBegin{std::move(id), text_member(function, "name"), std::move(seal)});
    } else if (at < index_) {
      events.push_back(Failed{{.message = "the provider mixed the arguments of several calls"}});
      return;
    }
    if (std::string arguments = text_member(function, "arguments"); !arguments.empty()) {
      events.push_back(CallDelta{std::move(arguments)});
    }
  }

  bool begun_ = false;
  bool in_call_ = false;
  std::int64_t index_ = -1;
  std::string id_;
};

}  // namespace

std::unique_ptr<StreamReader> chat_stream_reader(Losses& losses) {
  return std::make_unique<ChatStreamReader>(losses);
}

}  // namespace purser::translate
