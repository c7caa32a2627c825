// translate/gemini_stream_write.cpp — Gemini's chunks, written: a call comes whole, in one chunk.
#include "translate/gemini.hpp"
#include "translate/stream.hpp"

namespace purser::translate {
namespace {

class GeminiStreamWriter : public StreamWriter {
 public:
  using StreamWriter::StreamWriter;

 protected:
  void begin(std::string&) override {}  // every chunk says who speaks
  void open(Open, std::string&) override { arguments_.clear(); }

  void text(std::string_view words, std::string& out) override {
    json::object part{{"text", words}};
    if (open_ == Open::thinking) {
      part["thought"] = true;
    }
    chunk(std::move(part), out);
  }

  void arguments(std::string_view json, std::string&) override {
    keep(json.size());
    arguments_ += json;
  }

  void seal(const Sealed& seal, std::string& out) override {
    chunk(gemini_thought({.seal = seal}), out);
  }

  void hidden(const Sealed& seal, std::string& out) override {
    chunk(gemini_thought({.seal = seal, .hidden = true}), out);
  }

  void close(std::string& out) override {
    if (open_ == Open::call) {
      Notes notes;
      chunk(gemini_call({.id = call_.id,
                         .name = call_.name,
                         .arguments = std::move(arguments_),
                         .seal = call_.seal},
                        "", notes),
            out);
      arguments_.clear();
    }
  }

  void finish(std::string& out) override {
    json::object last = body();
    last["candidates"] = json::array{json::object{
        {"content", {{"role", "model"}, {"parts", json::array{json::object{{"text", ""}}}}}},
        {"finishReason", gemini_word(stop_)},
        {"index", 0}}};
    last["usageMetadata"] = gemini_usage(usage_.value_or(Usage{}));
    append_event(out, "", last);
  }

  void break_off(const Problem& problem, std::string& out) override {
    append_event(out, "", error_body(Wire::gemini, problem));
  }

 private:
  json::object body() const { return {{"modelVersion", begun_.model}, {"responseId", begun_.id}}; }

  void chunk(json::object part, std::string& out) const {
    json::object written = body();
    written["candidates"] = json::array{json::object{
        {"content", {{"role", "model"}, {"parts", json::array{std::move(part)}}}}, {"index", 0}}};
    append_event(out, "", written);
  }

  std::string arguments_;
};

}  // namespace

std::unique_ptr<StreamWriter> gemini_stream_writer(const StreamOptions& options,
                                                   std::string_view id) {
  return std::make_unique<GeminiStreamWriter>(options, id);
}

}  // namespace purser::translate
