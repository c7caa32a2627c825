// translate/chat_stream_write.cpp — Chat Completions' chunks, written.
#include "translate/stream.hpp"

namespace purser::translate {
namespace {

class ChatStreamWriter : public StreamWriter {
 public:
  using StreamWriter::StreamWriter;

 protected:
  void begin(std::string& out) override {
    delta({{"role", "assistant"}, {"content", ""}}, nullptr, out);
  }

  void open(Open kind, std::string& out) override {
    if (kind != Open::call) {
      return;
    }
    had_arguments_ = false;
    json::object call = chat_call({.id = call_.id, .name = call_.name, .seal = call_.seal});
    call["index"] = calls_;
    call["function"].get_object()["arguments"] = "";
    delta({{"tool_calls", json::array{std::move(call)}}}, nullptr, out);
  }

  void text(std::string_view words, std::string& out) override {
    const std::string_view member = open_ == Open::thinking  ? "reasoning_content"
                                    : open_ == Open::refusal ? "refusal"
                                                             : "content";
    json::object one;
    one[member] = words;
    delta(std::move(one), nullptr, out);
  }

  void arguments(std::string_view json, std::string& out) override {
    had_arguments_ = had_arguments_ || !json.empty();
    const std::size_t index = calls_ - 1;
    delta({{"tool_calls",
            json::array{json::object{{"index", index}, {"function", {{"arguments", json}}}}}}},
          nullptr, out);
  }

  void seal(const Sealed&, std::string&) override {}  // chat has no place for it
  void hidden(const Sealed&, std::string&) override {}

  void close(std::string& out) override {
    if (open_ == Open::call && !had_arguments_) {
      arguments("{}", out);
    }
  }

  void finish(std::string& out) override {
    delta({}, json::string(chat_word(stop_)), out);
    if (options_.usage) {
      json::object last = chunk();
      last["choices"] = json::array();
      last["usage"] = chat_usage(usage_.value_or(Usage{}));
      append_event(out, "", last);
    }
    out.append("data: [DONE]\n\n");
  }

  void break_off(const Problem& problem, std::string& out) override {
    append_event(out, "", error_body(Wire::chat, problem));
  }

 private:
  json::object chunk() const {
    json::object chunk{{"id", begun_.id},
                       {"object", "chat.completion.chunk"},
                       {"created", begun_.created != 0 ? begun_.created : options_.named.now},
                       {"model", begun_.model}};
    if (options_.usage) {
      chunk["usage"] = nullptr;
    }
    return chunk;
  }

  void delta(json::object delta, const json::value& reason, std::string& out) const {
    json::object written = chunk();
    written["choices"] = json::array{json::object{{"index", 0},
                                                  {"delta", std::move(delta)},
                                                  {"logprobs", nullptr},
                                                  {"finish_reason", reason}}};
    append_event(out, "", written);
  }

  bool had_arguments_ = false;
};

}  // namespace

std::unique_ptr<StreamWriter> chat_stream_writer(const StreamOptions& options,
                                                 std::string_view id) {
  return std::make_unique<ChatStreamWriter>(options, id);
}

}  // namespace purser::translate
