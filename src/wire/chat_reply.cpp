// wire/chat_reply.cpp — meters Chat Completions answers: one JSON body, or a stream of chunks.
// Usage comes once, in a last chunk without choices, if it was asked for; some providers send it
// on the last content chunk, on every chunk, or under x_groq. So the last one that is not null
// counts. Legacy Completions answer in the same shape, their words in "text".
#include <array>
#include <bitset>

#include "base/json_text.hpp"
#include "wire/chat_usage.hpp"
#include "wire/meters.hpp"
#include "wire/sse.hpp"

namespace purser {
namespace {

/// OpenAI's own bound on "n".
constexpr std::size_t kChoicesMax = 128;

/// What a chunk is called that ends one choice, and what it says.
struct ChunkShape {
  std::string_view object;
  std::string_view nothing;
};
constexpr ChunkShape kChatShape{.object = "chat.completion.chunk", .nothing = R"("delta":{})"};
constexpr ChunkShape kLegacyShape{.object = "text_completion", .nothing = R"("text":"")"};

struct ChatAnswer {
  explicit ChatAnswer(const MeterOptions& options)
      : quirks(options.quirks), visible(options.keep_text) {}

  Quirks quirks;
  std::string id;
  std::string model;
  std::string tier;
  std::string stop_reason;
  std::optional<std::int64_t> created;
  ChatUsage usage;
  Visible visible;
  bool failed = false;  // an error stood in the answer, and no usage came with it or after
  std::bitset<kChoicesMax> begun;
  std::bitset<kChoicesMax> finished;
  // Of the last chunk read:
  bool erred = false;
  bool brought_usage = false;
  bool choices_empty = false;
};

using Row = AnswerMember<ChatAnswer>;

void read_usage(JsonScan& scan, ChatAnswer& answer) {
  const ChatUsage usage = read_chat_usage(scan);
  if (usage.reported()) {
    answer.usage = usage;
    answer.brought_usage = true;
  }
}

void read_error(JsonScan& scan, ChatAnswer& answer) {
  answer.erred = answer.erred || scan.kind() != JsonKind::null;
  scan.skip();
}

struct Choice {
  ChatAnswer& answer;
  std::optional<std::int64_t> index = {};
  std::string finish_reason = {};
};

void read_words(JsonScan& scan, Choice& choice) {
  read_visible(scan, choice.answer.visible);
}

constexpr std::array kChunkChoice{
    AnswerMember<Choice>{"index",
                         [](JsonScan& scan, Choice& choice) { read_count(scan, choice.index); }},
    AnswerMember<Choice>{"delta", read_words},
    AnswerMember<Choice>{"text", read_words},
    AnswerMember<Choice>{
        "finish_reason",
        [](JsonScan& scan, Choice& choice) { read_text(scan, choice.finish_reason); }},
};
constexpr std::array kBodyChoice{
    AnswerMember<Choice>{"index", kChunkChoice[0].read},
    AnswerMember<Choice>{"message", read_words},
    AnswerMember<Choice>{"text", read_words},
    AnswerMember<Choice>{"finish_reason", kChunkChoice[3].read},
};

void read_choices(JsonScan& scan, ChatAnswer& answer, std::span<const AnswerMember<Choice>> table) {
  answer.choices_empty = scan.kind() == JsonKind::array;
  read_elements(scan, [&] {
    answer.choices_empty = false;
    Choice choice{.answer = answer};
    read_members(scan, table, choice);
    const auto index = static_cast<std::size_t>(choice.index.value_or(0));
    if (index < kChoicesMax) {
      answer.begun.set(index);
      answer.finished.set(index, answer.finished[index] || !choice.finish_reason.empty());
    }
    if (!choice.finish_reason.empty()) {
      answer.stop_reason = std::move(choice.finish_reason);
    }
  });
}

constexpr std::array kGroq{Row{"usage", read_usage}, Row{"error", read_error}};

constexpr Row kId{"id",
                  [](JsonScan& scan, ChatAnswer& answer) { read_text_once(scan, answer.id); }};
constexpr Row kModel{
    "model", [](JsonScan& scan, ChatAnswer& answer) { read_text_once(scan, answer.model); }};
constexpr Row kCreated{
    "created", [](JsonScan& scan, ChatAnswer& answer) { read_count(scan, answer.created); }};
constexpr Row kTier{"service_tier",
                    [](JsonScan& scan, ChatAnswer& answer) { read_text(scan, answer.tier); }};
constexpr Row kUsage{"usage", read_usage};
constexpr Row kError{"error", read_error};
constexpr Row kXGroq{"x_groq",
                     [](JsonScan& scan, ChatAnswer& answer) { read_members(scan, kGroq, answer); }};

constexpr std::array kChunk{
    kId,
    kCreated,
    kModel,
    kTier,
    Row{"choices",
        [](JsonScan& scan, ChatAnswer& answer) { read_choices(scan, answer, kChunkChoice); }},
    kUsage,
    kError,
    kXGroq};
constexpr std::array kBody{
    kId,
    kCreated,
    kModel,
    kTier,
    Row{"choices",
        [](JsonScan& scan, ChatAnswer& answer) { read_choices(scan, answer, kBodyChoice); }},
    kUsage,
    kError,
    kXGroq};

void note_failure(ChatAnswer& answer) {
  answer.failed = (answer.failed || answer.erred) && !answer.brought_usage;
}

Reply reply_of(const ChatAnswer& answer, bool ended) {
  Reply reply;
  reply.model = answer.model;
  reply.provider_id = answer.id;
  reply.stop_reason = answer.stop_reason;
  reply.tier = parse_service_tier(answer.tier);
  reply.usage = normal_form(answer.usage, answer.quirks);
  reply.saw_usage = answer.usage.reported();
  reply.visible_bytes = answer.visible.bytes();
  reply.ending = answer.failed || !ended ? Ending::broken
                 : reply.saw_usage       ? Ending::complete
                                         : Ending::no_usage;
  return reply;
}

class ChatBodyMeter final : public Meter {
 public:
  explicit ChatBodyMeter(MeterOptions options) : answer_(options) {}

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
      note_failure(answer_);
      whole = whole || scan.finish();
    }
    return reply_of(answer_, whole);
  }
  std::int64_t visible_bytes() const override { return answer_.visible.bytes(); }
  std::string take_text() override { return answer_.visible.take(); }
  std::string closing_events() const override { return {}; }

 private:
  ChatAnswer answer_;
  std::string body_;
  bool too_large_ = false;
};

class ChatStreamMeter final : public Meter {
 public:
  ChatStreamMeter(MeterOptions options, const ChunkShape& shape)
      : options_(options), shape_(shape), answer_(options), events_(kEventBytesMax) {}

  void see(std::string_view bytes, std::string& forward) override {
    events_.feed(bytes, [&](const SseEvent& event) { see_event(event, forward); });
  }
  bool filters() const override { return options_.hide_usage || options_.whole_events; }
  Reply finish(bool whole, std::string& forward) override;
  std::int64_t visible_bytes() const override { return answer_.visible.bytes(); }
  std::string take_text() override { return answer_.visible.take(); }
  std::string closing_events() const override;

 private:
  void see_event(const SseEvent& event, std::string& forward);
  void read_chunk(std::string_view data);

  MeterOptions options_;
  const ChunkShape& shape_;
  ChatAnswer answer_;
  SseCutter events_;
  bool done_ = false;      // "[DONE]": what follows is nobody's
  bool withheld_ = false;  // the last event was kept from the client
  Span null_usage_;        // of the last chunk: ,"usage":null
};

void ChatStreamMeter::read_chunk(std::string_view data) {
  JsonScan scan(data);
  answer_.erred = false;
  answer_.brought_usage = false;
  answer_.choices_empty = false;
  null_usage_ = {};
  if (!scan.enter_object()) {
    return;
  }
  const std::size_t first = scan.at();
  JsonText name;
  for (std::size_t from = first; scan.member(name); from = scan.at()) {
    if (name == kUsage.name && scan.kind() == JsonKind::null) {
      scan.skip();
      std::size_t to = scan.at();
      if (from == first) {  // no comma before it, so the one behind it goes
        to = data.find_first_not_of(" \t\r\n", to);
        to = to == std::string_view::npos ? scan.at() : to + (data[to] == ',' ? 1 : 0);
      }
      null_usage_ = Span{.at = from, .length = to - from};
    } else {
      read_member<ChatAnswer>(scan, name, kChunk, answer_);
    }
  }
  if (!scan.finish()) {
    null_usage_ = {};  // not JSON: not ours to edit
    answer_.brought_usage = false;
  }
  note_failure(answer_);
}

void ChatStreamMeter::see_event(const SseEvent& event, std::string& forward) {
  bool withhold = event.tail && withheld_;
  null_usage_ = {};
  if (!event.tail && !event.data.empty() && !done_) {
    done_ = event.data == "[DONE]";
    answer_.failed = answer_.failed || event.name == "error";
    if (!done_) {
      read_chunk(event.data);
      withhold = options_.hide_usage && answer_.brought_usage && answer_.choices_empty;
    }
  }
  withheld_ = withhold;
  if (withhold || !filters()) {
    return;
  }
  if (!options_.hide_usage || null_usage_.length == 0 || !event.in_place) {
    forward += event.raw;
    return;
  }
  const auto data_at = static_cast<std::size_t>(event.data.data() - event.raw.data());
  forward += event.raw.substr(0, data_at + null_usage_.at);
  forward += event.raw.substr(data_at + null_usage_.at + null_usage_.length);
}

Reply ChatStreamMeter::finish(bool whole, std::string& forward) {
  events_.finish([&](const SseEvent& event) { see_event(event, forward); });
  return reply_of(answer_, done_ || (whole && answer_.finished.any()));
}

std::string ChatStreamMeter::closing_events() const {
  if (done_) {
    return {};
  }
  std::string closing;
  const std::size_t choices = answer_.begun.any() ? kChoicesMax : 1;
  for (std::size_t index = 0; index < choices; ++index) {
    if (answer_.finished[index] || (answer_.begun.any() && !answer_.begun[index])) {
      continue;
    }
    closing += "data: ";
    JsonObject(closing)
        .text("id", answer_.id)
        .text("object", shape_.object)
        .number("created", answer_.created.value_or(0))
        .text("model", answer_.model)
        .raw("choices", "[{\"index\":" + std::to_string(index) + "," + std::string(shape_.nothing) +
                            ",\"finish_reason\":\"length\"}]")
        .finish();
    closing += "\n\n";
  }
  return closing + "data: [DONE]\n\n";
}

}  // namespace

std::unique_ptr<Meter> make_chat_meter(MeterOptions options) {
  if (options.stream) {
    return std::make_unique<ChatStreamMeter>(options, kChatShape);
  }
  return std::make_unique<ChatBodyMeter>(options);
}

std::unique_ptr<Meter> make_completions_meter(MeterOptions options) {
  if (options.stream) {
    return std::make_unique<ChatStreamMeter>(options, kLegacyShape);
  }
  return std::make_unique<ChatBodyMeter>(options);
}

}  // namespace purser
