// wire/responses_meter.cpp — meters Responses answers: one object, or a stream of typed events, of
// which the last carries the whole object again, and the only usage.
#include <algorithm>
#include <array>

#include "wire/responses_draft.hpp"
#include "wire/responses_reply.hpp"
#include "wire/sse.hpp"

namespace purser {
namespace {

/// Events whose "delta" is words of the model's that are billed as output. Summaries of reasoning
/// are left out: they are not what was billed.
constexpr std::array<std::string_view, 9> kWords{
    "response.output_text.delta",
    "response.refusal.delta",
    "response.function_call_arguments.delta",
    "response.custom_tool_call_input.delta",
    "response.mcp_call_arguments.delta",
    "response.code_interpreter_call_code.delta",
    "response.shell_call_command.delta",
    "response.reasoning_text.delta",
    "response.audio.transcript.delta",
};
constexpr std::array<std::string_view, 3> kLast{"response.completed", "response.incomplete",
                                                "response.failed"};

template <std::size_t count>
bool any_of(const std::array<std::string_view, count>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

class ResponsesBodyMeter final : public Meter {
 public:
  explicit ResponsesBodyMeter(MeterOptions options) : visible_(options.keep_text) {}

  void see(std::string_view bytes, std::string&) override {
    too_large_ = too_large_ || body_.size() + bytes.size() > kEventBytesMax;
    if (!too_large_) {
      body_ += bytes;
    }
  }
  bool filters() const override { return false; }
  Reply finish(bool whole, std::string&) override {
    ResponsesAnswer answer;
    if (!too_large_) {
      JsonScan scan(body_);
      read_response(scan, answer, &visible_);
      whole = whole || scan.finish();
    }
    Reply reply = reply_of(answer, whole);
    reply.visible_bytes = visible_.bytes();
    return reply;
  }
  std::int64_t visible_bytes() const override { return visible_.bytes(); }
  std::string take_text() override { return visible_.take(); }
  std::string closing_events() const override { return {}; }

 private:
  Visible visible_;
  std::string body_;
  bool too_large_ = false;
};

class ResponsesStreamMeter final : public Meter {
 public:
  explicit ResponsesStreamMeter(MeterOptions options)
      : whole_events_(options.whole_events), visible_(options.keep_text), events_(kEventBytesMax) {}

  void see(std::string_view bytes, std::string& forward) override {
    events_.feed(bytes, [&](const SseEvent& event) { see_event(event, forward); });
  }
  bool filters() const override { return whole_events_; }
  Reply finish(bool whole, std::string& forward) override;
  std::int64_t visible_bytes() const override { return visible_.bytes(); }
  std::string take_text() override { return visible_.take(); }
  std::string closing_events() const override {
    return done_ || failed_ ? std::string() : draft_.closing_events();
  }

 private:
  void see_event(const SseEvent& event, std::string& forward);
  void act(const ResponsesEvent& event);

  bool whole_events_;
  Visible visible_;
  ResponsesAnswer answer_;
  ResponsesDraft draft_;
  SseCutter events_;
  bool done_ = false;
  bool failed_ = false;  // by an event of its own, outside any response
};

void ResponsesStreamMeter::act(const ResponsesEvent& event) {
  if (any_of(kWords, event.type)) {
    visible_.add(event.delta);
  } else if (any_of(kLast, event.type)) {
    done_ = true;
    answer_ = {};
    JsonScan scan(event.response);
    read_response(scan, answer_, nullptr);
  } else if (event.type == "error") {
    failed_ = true;
  } else if (!event.response.empty() && answer_.id.empty()) {
    JsonScan scan(event.response);
    read_response(scan, answer_, nullptr);
  }
}

void ResponsesStreamMeter::see_event(const SseEvent& event, std::string& forward) {
  if (!event.tail && !event.data.empty() && !done_) {
    if (const auto read = read_responses_event(event.data)) {
      act(*read);
      draft_.see(*read);
    }
  }
  if (filters()) {
    forward += event.raw;
  }
}

Reply ResponsesStreamMeter::finish(bool whole, std::string& forward) {
  events_.finish([&](const SseEvent& event) { see_event(event, forward); });
  static_cast<void>(whole);  // only its last event ends it
  Reply reply = reply_of(answer_, done_);
  if (failed_ && !reply.saw_usage) {
    reply.ending = Ending::broken;
  }
  reply.visible_bytes = visible_.bytes();
  return reply;
}

}  // namespace

std::unique_ptr<Meter> make_responses_meter(MeterOptions options) {
  if (options.stream) {
    return std::make_unique<ResponsesStreamMeter>(options);
  }
  return std::make_unique<ResponsesBodyMeter>(options);
}

}  // namespace purser
