// translate/gemini_stream_read.cpp — Gemini's chunks, read: each is a small answer of its own.
#include "translate/gemini.hpp"
#include "translate/stream.hpp"

namespace purser::translate {
namespace {

class GeminiStreamReader : public StreamReader {
 public:
  GeminiStreamReader(Losses& losses, std::string_view id)
      : StreamReader(losses), ids_(std::string(id)) {}

  void read(std::string_view, std::string_view data, StreamEvents& events) override {
    const auto chunk = parsed(data);
    if (!chunk) {
      events.push_back(Failed{{.message = "the provider sent an event that is not JSON"}});
      return;
    }
    if (chunk->is_array() || member(*chunk, "error") != nullptr) {
      events.push_back(Failed{problem_in(*chunk, 500)});
      return;
    }
    Reading reading;
    reading.snake_too = true;
    const Answer answer = read_gemini_chunk(*chunk, ids_, reading);
    note_all(reading.losses);
    if (!begun_) {
      begun_ = true;
      events.push_back(Begin{answer.id, answer.model});
    }
    if (answer.usage) {
      events.push_back(Used{*answer.usage});
    }
    if (answer.choices.size() > 1) {
      note("candidates", Concern::output, "a stream is translated in its first candidate only");
    }
    if (!answer.choices.empty()) {
      read_choice(answer.choices.front(), events);
    }
  }

 private:
  void read_choice(const AnswerChoice& choice, StreamEvents& events) {
    for (const Part& part : choice.parts) {
      if (const auto* const text = std::get_if<Text>(&part.what)) {
        if (!text->text.empty()) {
          events.push_back(TextDelta{text->text});
        }
      } else if (const auto* const thinking = std::get_if<Thinking>(&part.what)) {
        if (!thinking->text.empty()) {
          events.push_back(ThinkingDelta{thinking->text});
        }
        if (thinking->seal) {
          events.push_back(ThinkingSeal{*thinking->seal, thinking->hidden});
        }
      } else if (const auto* const call = std::get_if<ToolCall>(&part.what)) {
        events.push_back(CallBegin{call->id, call->name, call->seal});
        events.push_back(CallDelta{call->arguments});
        events.push_back(PartEnd{});
      } else {
        note("candidates.content.parts", Concern::content, "text only is translated");
      }
    }
    if (choice.stop != Stop::unsaid) {
      events.push_back(Stopped{choice.stop});
    }
  }

  CallIds ids_;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<StreamReader> gemini_stream_reader(Losses& losses, std::string_view id) {
  return std::make_unique<GeminiStreamReader>(losses, id);
}

}  // namespace purser::translate
