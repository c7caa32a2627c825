// translate/responses_stream_write.cpp — Responses' events, written. Its last event repeats the
// whole answer, so that all of it is kept; the translator bounds how much that may be.
#include "translate/parts.hpp"
#include "translate/stream.hpp"

namespace purser::translate {
namespace {

class ResponsesStreamWriter : public StreamWriter {
 public:
  using StreamWriter::StreamWriter;

 protected:
  void begin(std::string& out) override {
    event(out, "response.created", {{"response", response(Stop::unsaid)}});
    event(out, "response.in_progress", {{"response", response(Stop::unsaid)}});
  }

  void open(Open kind, std::string& out) override {
    kept_.clear();
    seal_.reset();
    switch (kind) {
      case Open::nothing:
        return;
      case Open::text:
      case Open::refusal:
        item_id_ = next_id("msg");
        add(message_item(item_id_, {}, "in_progress"), out);
        return item_event(out, "response.content_part.added",
                          {{"content_index", 0}, {"part", content(kind, "")}});
      case Open::thinking:
        item_id_ = next_id("rs");
        add(reasoning_item({}, item_id_), out);
        return item_event(
            out, "response.reasoning_summary_part.added",
            {{"summary_index", 0}, {"part", {{"type", "summary_text"}, {"text", ""}}}});
      case Open::call:
        if (call_.seal) {  // a thought in front holds it
          whole_item(call_seal_item(*call_.seal, next_id("rs")), out);
        }
        item_id_ = next_id("fc");
        add(call(""), out);
    }
  }

  void text(std::string_view words, std::string& out) override {
    keep(words.size());
    kept_ += words;
    if (open_ == Open::thinking) {
      item_event(out, "response.reasoning_summary_text.delta",
                 {{"summary_index", 0}, {"delta", words}});
    } else if (open_ == Open::refusal) {
      item_event(out, "response.refusal.delta", {{"content_index", 0}, {"delta", words}});
    } else {
      item_event(out, "response.output_text.delta",
                 {{"content_index", 0}, {"delta", words}, {"logprobs", json::array()}});
    }
  }

  void arguments(std::string_view json, std::string& out) override {
    keep(json.size());
    kept_ += json;
    item_event(out, "response.function_call_arguments.delta", {{"delta", json}});
  }

  void seal(const Sealed& seal, std::string&) override {
    keep(seal.bytes.size());
    seal_ = seal;
  }

  void hidden(const Sealed& seal, std::string& out) override {
    keep(seal.bytes.size());
    whole_item(reasoning_item({.seal = seal, .hidden = true}, next_id("rs")), out);
  }

  void close(std::string& out) override {
    switch (open_) {
      case Open::nothing:
        return;
      case Open::text:
      case Open::refusal:
        return close_message(out);
      case Open::thinking: {
        item_event(out, "response.reasoning_summary_text.done",
                   {{"summary_index", 0}, {"text", kept_}});
        item_event(out, "response.reasoning_summary_part.done",
                   {{"summary_index", 0}, {"part", {{"type", "summary_text"}, {"text", kept_}}}});
        json::object item = reasoning_item({.text = kept_, .seal = seal_}, item_id_);
        item["id"] = item_id_;  // as it was announced
        return done(std::move(item), out);
      }
      case Open::call: {
        const std::string arguments = kept_.empty() ? "{}" : kept_;
        item_event(out, "response.function_call_arguments.done",
                   {{"name", call_.name}, {"arguments", arguments}});
        json::object item = call(arguments);
        item["status"] = "completed";
        done(std::move(item), out);
      }
    }
  }

  void finish(std::string& out) override {
    const Stop stop = stop_ == Stop::unsaid ? Stop::end : stop_;
    json::object whole = response(stop);
    const bool completed = whole["status"] == "completed";
    whole["output"] = std::move(output_);
    if (usage_) {
      whole["usage"] = responses_usage(*usage_);
    }
    event(out, completed ? "response.completed" : "response.incomplete",
          {{"response", std::move(whole)}});
  }

  void break_off(const Problem& problem, std::string& out) override {
    json::object whole = response(Stop::unsaid);
    whole["status"] = "failed";
    whole["error"] = {{"code", openai_code(problem)}, {"message", problem.message}};
    whole["output"] = std::move(output_);
    event(out, "response.failed", {{"response", std::move(whole)}});
  }

 private:
  json::object response(Stop stop) const {
    return response_body(begun_.id, begun_.model,
                         begun_.created != 0 ? begun_.created : options_.named.now, stop);
  }

  std::string next_id(std::string_view kind) const {
    return item_id(kind, begun_.id, output_.size());
  }

  static json::object content(Open kind, std::string_view words) {
    return kind == Open::refusal ? json::object{{"type", "refusal"}, {"refusal", words}}
                                 : output_text(words);
  }

  json::object call(std::string_view arguments) const {
    json::object item = call_item({.id = call_.id, .name = call_.name});
    item["arguments"] = arguments;
    item["id"] = item_id_;
    item["status"] = "in_progress";
    return item;
  }

  void close_message(std::string& out) {
    const bool refusal = open_ == Open::refusal;
    json::object last{{"content_index", 0}};
    last[refusal ? "refusal" : "text"] = kept_;
    if (!refusal) {
      last["logprobs"] = json::array();
    }
    item_event(out, refusal ? "response.refusal.done" : "response.output_text.done",
               std::move(last));
    item_event(out, "response.content_part.done",
               {{"content_index", 0}, {"part", content(open_, kept_)}});
    done(message_item(item_id_, json::array{content(open_, kept_)}, "completed"), out);
  }

  void event(std::string& out, std::string_view name, json::object data) {
    json::object whole{{"type", name}, {"sequence_number", sequence_++}};
    for (auto& member : data) {
      whole[member.key()] = std::move(member.value());
    }
    append_event(out, name, whole);
  }

  void item_event(std::string& out, std::string_view name, json::object data) {
    data["item_id"] = item_id_;
    data["output_index"] = output_.size();
    event(out, name, std::move(data));
  }

  void add(json::object item, std::string& out) {
    event(out, "response.output_item.added",
          {{"output_index", output_.size()}, {"item", std::move(item)}});
  }

  void done(json::object item, std::string& out) {
    event(out, "response.output_item.done", {{"output_index", output_.size()}, {"item", item}});
    output_.push_back(std::move(item));
  }

  void whole_item(json::object item, std::string& out) {
    add(item, out);
    done(std::move(item), out);
  }

  std::int64_t sequence_ = 0;
  std::string item_id_;
  std::string kept_;  // what the open item holds so far
  std::optional<Sealed> seal_;
  json::array output_;
};

}  // namespace

std::unique_ptr<StreamWriter> responses_stream_writer(const StreamOptions& options,
                                                      std::string_view id) {
  return std::make_unique<ResponsesStreamWriter>(options, id);
}

}  // namespace purser::translate
