// translate/messages_stream_write.cpp — Messages' events, written.
#include "translate/parts.hpp"
#include "translate/stream.hpp"

namespace purser::translate {
namespace {

class MessagesStreamWriter : public StreamWriter {
 public:
  using StreamWriter::StreamWriter;

 protected:
  void begin(std::string& out) override {
    Usage known = usage_.value_or(Usage{});
    event(out, "message_start",
          {{"message",
            {{"id", begun_.id},
             {"type", "message"},
             {"role", "assistant"},
             {"model", begun_.model},
             {"content", json::array()},
             {"stop_reason", nullptr},
             {"stop_sequence", nullptr},
             {"usage", messages_usage(known)}}}});
  }

  void open(Open kind, std::string& out) override {
    switch (kind) {
      case Open::nothing:
        return;
      case Open::text:
      case Open::refusal:
        return start_block({{"type", "text"}, {"text", ""}}, out);
      case Open::thinking:
        return start_block({{"type", "thinking"}, {"thinking", ""}, {"signature", ""}}, out);
      case Open::call:
        if (call_.seal) {  // a thought in front holds it
          start_block({{"type", "thinking"}, {"thinking", ""}, {"signature", ""}}, out);
          delta({{"type", "signature_delta"},
                 {"signature", seal_text(*call_.seal, Wire::messages, SealOf::call)}},
                out);
          close(out);
        }
        start_block({{"type", "tool_use"},
                     {"id", strict_id(call_.id)},
                     {"name", call_.name},
                     {"input", json::object()}},
                    out);
    }
  }

  void text(std::string_view words, std::string& out) override {
    if (open_ == Open::thinking) {
      delta({{"type", "thinking_delta"}, {"thinking", words}}, out);
    } else {
      delta({{"type", "text_delta"}, {"text", words}}, out);
    }
  }

  void arguments(std::string_view json, std::string& out) override {
    delta({{"type", "input_json_delta"}, {"partial_json", json}}, out);
  }

  void seal(const Sealed& seal, std::string& out) override {
    delta({{"type", "signature_delta"},
           {"signature", seal_text(seal, Wire::messages, SealOf::thinking)}},
          out);
  }

  void hidden(const Sealed& seal, std::string& out) override {
    start_block({{"type", "redacted_thinking"},
                 {"data", seal_text(seal, Wire::messages, SealOf::thinking)}},
                out);
    close(out);
  }

  void close(std::string& out) override {
    event(out, "content_block_stop", {{"index", index_}});
    ++index_;
  }

  void finish(std::string& out) override {
    json::object usage = messages_usage(usage_.value_or(Usage{}));
    usage.stable_erase("cache_creation");  // what the dialect tells at the start only
    usage.stable_erase("service_tier");
    json::value sequence = nullptr;
    if (!stop_sequence_.empty()) {
      sequence = stop_sequence_;
    }
    event(out, "message_delta",
          {{"delta", {{"stop_reason", messages_word(stop_)}, {"stop_sequence", sequence}}},
           {"usage", std::move(usage)}});
    event(out, "message_stop", {});
  }

  void break_off(const Problem& problem, std::string& out) override {
    append_event(out, "error", error_body(Wire::messages, problem));
  }

 private:
  static void event(std::string& out, std::string_view name, json::object data) {
    json::object whole{{"type", name}};
    for (auto& member : data) {
      whole[member.key()] = std::move(member.value());
    }
    append_event(out, name, whole);
  }

  void start_block(json::object block, std::string& out) const {
    event(out, "content_block_start", {{"index", index_}, {"content_block", std::move(block)}});
  }

  void delta(json::object delta, std::string& out) const {
    event(out, "content_block_delta", {{"index", index_}, {"delta", std::move(delta)}});
  }

  std::size_t index_ = 0;
};

}  // namespace

std::unique_ptr<StreamWriter> messages_stream_writer(const StreamOptions& options,
                                                     std::string_view id) {
  return std::make_unique<MessagesStreamWriter>(options, id);
}

}  // namespace purser::translate
