// wire/messages_reply.cpp — meters Anthropic Messages answers: one JSON body, or named events.
// The input side is told when the answer begins, the output as it ends; both reports are of the
// whole so far. An answer refused before it said a word is not billed, though it reports tokens.
#include <array>

#include "base/json_text.hpp"
#include "wire/messages_usage.hpp"
#include "wire/meters.hpp"
#include "wire/sse.hpp"

namespace purser {
namespace {

/// Messages in one stream that are kept apart; what comes after is added to the last.
constexpr std::size_t kMessagesMax = 64;

struct MessagesAnswer {
  explicit MessagesAnswer(bool keep_text) : visible(keep_text) {}

  std::string id;
  std::string model;
  std::string stop_reason;
  MessagesUsage usage;
  std::vector<Pass> earlier;  // of messages that ended before this one, in the same stream
  Visible visible;
  bool failed = false;
  bool has_content = false;           // any block but a note of a fallback
  std::string type;                   // of the last event, or of the body
  std::optional<std::int64_t> index;  // of its block
};

using Row = AnswerMember<MessagesAnswer>;

struct Fallback {
  std::string model;
};
constexpr std::array kFallbackTo{
    AnswerMember<Fallback>{"model",
                           [](JsonScan& scan, Fallback& to) { read_text(scan, to.model); }},
};

void read_block(JsonScan& scan, MessagesAnswer& answer) {
  if (!enter_or_skip(scan)) {
    return;
  }
  std::string type;
  Fallback to;
  JsonText name;
  while (scan.member(name)) {
    if (name == "type") {
      read_text(scan, type);
    } else if (name == "to") {
      read_members(scan, kFallbackTo, to);
    } else {
      read_visible_member(scan, name, answer.visible);
    }
  }
  if (type != "fallback") {
    answer.has_content = true;
  } else if (!to.model.empty()) {
    answer.model = std::move(to.model);
  }
}

void read_content(JsonScan& scan, MessagesAnswer& answer) {
  read_elements(scan, [&] { read_block(scan, answer); });
}

void read_usage(JsonScan& scan, MessagesAnswer& answer) {
  read_messages_usage(scan, answer.usage);
}

void read_stop(JsonScan& scan, MessagesAnswer& answer) {
  read_text(scan, answer.stop_reason);
}

void add_passes(std::vector<Pass>& to, std::vector<Pass> passes, const std::string& model) {
  for (Pass& pass : passes) {
    if (pass.model.empty()) {
      pass.model = model;
    }
    if (to.size() < kMessagesMax) {
      to.push_back(std::move(pass));
    } else {
      to.back().usage = to.back().usage + pass.usage;
    }
  }
}

/// A message with another id is another message, with a bill of its own.
void read_id(JsonScan& scan, MessagesAnswer& answer) {
  std::string id;
  read_text(scan, id);
  if (!answer.id.empty() && id != answer.id) {
    add_passes(answer.earlier, billed_passes(answer.usage), answer.model);
    answer.usage = {};
    answer.stop_reason.clear();
  }
  answer.id = std::move(id);
}

constexpr std::array kMessage{
    Row{"id", read_id},
    Row{"model", [](JsonScan& scan, MessagesAnswer& answer) { read_text(scan, answer.model); }},
    Row{"content", read_content},
    Row{"stop_reason", read_stop},
    Row{"usage", read_usage},
};

/// A delta of a block brings words, a delta of the message its end.
void read_delta(JsonScan& scan, MessagesAnswer& answer) {
  if (!enter_or_skip(scan)) {
    return;
  }
  JsonText name;
  while (scan.member(name)) {
    if (name == "stop_reason") {
      read_stop(scan, answer);
    } else {
      read_visible_member(scan, name, answer.visible);
    }
  }
}

void read_error(JsonScan& scan, MessagesAnswer& answer) {
  answer.failed = answer.failed || scan.kind() != JsonKind::null;
  scan.skip();
}

constexpr Row kType{"type",
                    [](JsonScan& scan, MessagesAnswer& answer) { read_text(scan, answer.type); }};
constexpr Row kUsage{"usage", read_usage};
constexpr Row kError{"error", read_error};

constexpr std::array kEvent{
    kType,
    Row{"index", [](JsonScan& scan, MessagesAnswer& answer) { read_count(scan, answer.index); }},
    Row{"delta", read_delta},
    Row{"content_block", read_block},
    Row{"message",
        [](JsonScan& scan, MessagesAnswer& answer) { read_members(scan, kMessage, answer); }},
    kUsage,
    kError,
};
constexpr std::array kBody{kType,       kMessage[0], kMessage[1], kMessage[2],
                           kMessage[3], kUsage,      kError};

Reply reply_of(const MessagesAnswer& answer, bool ended) {
  Reply reply;
  reply.model = answer.model;
  reply.provider_id = answer.id;
  reply.stop_reason = answer.stop_reason;
  reply.tier = parse_service_tier(answer.usage.tier);
  reply.speed = answer.usage.speed == "fast" ? Speed::fast : Speed::standard;
  reply.geo = answer.usage.geo;
  reply.saw_usage = answer.usage.counts.reported() || !answer.earlier.empty();
  reply.visible_bytes = answer.visible.bytes();

  reply.passes = answer.earlier;
  auto passes = billed_passes(answer.usage);
  if (reply.passes.empty() && passes.size() == 1) {
    reply.usage = passes.front().usage;
  } else {
    add_passes(reply.passes, std::move(passes), answer.model);
    for (const Pass& pass : reply.passes) {
      reply.usage = reply.usage + pass.usage;
    }
  }

  const bool silent = answer.stop_reason == "refusal" && !answer.has_content;
  reply.ending = answer.failed || !ended          ? Ending::broken
                 : !reply.saw_usage               ? Ending::no_usage
                 : silent && reply.passes.empty() ? Ending::refused
                                                  : Ending::complete;
  return reply;
}

class MessagesBodyMeter final : public Meter {
 public:
  explicit MessagesBodyMeter(MeterOptions options) : answer_(options.keep_text) {}

  void see(std::string_view bytes, std::string&) override {
    too_large_ = too_large_ || body_.size() + bytes.size() > kEventBytesMax;
    if (!too_large_) {
      body_ += bytes;
    }
  }
  bool filters() const override { return false; }
  Reply finish(bool whole, std::string&) override {
    if (!too_large_) {
      JsonScan scan(body_);
      read_members(scan, kBody, answer_);
      whole = whole || scan.finish();
    }
    return reply_of(answer_, whole);
  }
  std::int64_t visible_bytes() const override { return answer_.visible.bytes(); }
  std::string take_text() override { return answer_.visible.take(); }
  std::string closing_events() const override { return {}; }

 private:
  MessagesAnswer answer_;
  std::string body_;
  bool too_large_ = false;
};

class MessagesStreamMeter final : public Meter {
 public:
  explicit MessagesStreamMeter(MeterOptions options)
      : options_(options), answer_(options.keep_text), events_(kEventBytesMax) {}

  void see(std::string_view bytes, std::string& forward) override {
    events_.feed(bytes, [&](const SseEvent& event) { see_event(event, forward); });
  }
  bool filters() const override { return options_.whole_events; }
  Reply finish(bool whole, std::string& forward) override;
  std::int64_t visible_bytes() const override { return answer_.visible.bytes(); }
  std::string take_text() override { return answer_.visible.take(); }
  std::string closing_events() const override;

 private:
  void see_event(const SseEvent& event, std::string& forward);

  MeterOptions options_;
  MessagesAnswer answer_;
  SseCutter events_;
  bool begun_ = false;    // message_start
  bool stopped_ = false;  // message_stop
  std::optional<std::int64_t> open_block_;
};

void MessagesStreamMeter::see_event(const SseEvent& event, std::string& forward) {
  if (filters()) {
    forward += event.raw;
  }
  if (event.data.empty()) {
    return;
  }
  answer_.type.clear();
  JsonScan scan(event.data);
  read_members(scan, kEvent, answer_);
  const std::string_view type = answer_.type;
  if (type == "content_block_start") {
    open_block_ = answer_.index.value_or(0);
  } else if (type == "content_block_stop") {
    open_block_.reset();
  } else if (type == "message_start") {
    begun_ = true;
    stopped_ = false;
  } else if (type == "message_stop") {
    stopped_ = true;
  } else if (type == "error" || event.name == "error") {
    answer_.failed = true;
  }
}

Reply MessagesStreamMeter::finish(bool whole, std::string& forward) {
  events_.finish([&](const SseEvent& event) { see_event(event, forward); });
  return reply_of(answer_, stopped_ || (whole && !answer_.stop_reason.empty()));
}

std::string MessagesStreamMeter::closing_events() const {
  if (!begun_ || stopped_) {
    return {};
  }
  std::string closing;
  if (open_block_) {
    closing += "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":" +
               std::to_string(*open_block_) + "}\n\n";
  }
  closing +=
      "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
      "\"max_tokens\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":" +
      std::to_string(answer_.usage.counts.output.value_or(0)) + "}}\n\n";
  return closing + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
}

}  // namespace

std::unique_ptr<Meter> make_messages_meter(MeterOptions options) {
  if (options.stream) {
    return std::make_unique<MessagesStreamMeter>(options);
  }
  return std::make_unique<MessagesBodyMeter>(options);
}

}  // namespace purser
