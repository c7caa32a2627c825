// wire/gemini_reply.cpp — meters Google's answers: one JSON body, or a stream whose every chunk is
// such a body, as server-sent events or as the elements of one array. Usage is cumulative, on
// nearly every chunk, so the last one counts; there is no end but the last chunk's finishReason.
#include <algorithm>
#include <array>
#include <bitset>
#include <vector>

#include "base/hash.hpp"
#include "base/json_text.hpp"
#include "wire/gemini_usage.hpp"
#include "wire/json_array.hpp"
#include "wire/meters.hpp"
#include "wire/sse.hpp"

namespace purser {
namespace {

constexpr std::size_t kCandidatesMax = 128;
/// Distinct searches of one answer: more are not told apart from those seen.
constexpr std::size_t kSearchesMax = 256;

/// In the order of their numbers, which answers name them by for $alt=json;enum-encoding=int.
constexpr std::array<std::string_view, 6> kFinishReasons{"",       "STOP",       "MAX_TOKENS",
                                                         "SAFETY", "RECITATION", "OTHER"};
constexpr std::array<std::string_view, 3> kBlockReasons{"", "SAFETY", "OTHER"};

struct GeminiAnswer {
  explicit GeminiAnswer(const MeterOptions& options) : visible(options.keep_text) {}

  std::string id;
  std::string model;
  std::string stop_reason;
  GeminiUsage usage;
  std::string usage_json;  // as it came
  Visible visible;
  std::vector<Digest> searches;  // distinct ones: chunks may repeat them
  bool maps = false;             // places were looked up, which is billed as a search
  bool blocked = false;          // the prompt: no candidate will come
  bool named_usage = false;      // with numbers or without: zero is not said
  bool failed = false;           // an error stood in the answer, and no usage after it
  std::bitset<kCandidatesMax> begun;
  std::bitset<kCandidatesMax> finished;
};

using Row = AnswerMember<GeminiAnswer>;

void read_words(JsonScan& scan, GeminiAnswer& answer) {
  read_visible(scan, answer.visible);
}

void read_arguments(JsonScan& scan, GeminiAnswer& answer) {
  answer.visible.add({.raw = scan.skip(), .escaped = false});
}

constexpr std::array kFunctionCall{Row{"name", read_words}, Row{"args", read_arguments}};
constexpr std::array kCode{Row{"code", read_words}};
/// Left out: what a tool said (codeExecutionResult), and media, whose bytes are not its tokens.
constexpr std::array kPart{
    Row{"text", read_words},
    Row{"functionCall",
        [](JsonScan& scan, GeminiAnswer& answer) { read_members(scan, kFunctionCall, answer); }},
    Row{"executableCode",
        [](JsonScan& scan, GeminiAnswer& answer) { read_members(scan, kCode, answer); }},
};
constexpr std::array kContent{
    Row{"parts",
        [](JsonScan& scan, GeminiAnswer& answer) {
          read_elements(scan, [&] { read_members(scan, kPart, answer); });
        }},
};

void note_search(JsonScan& scan, GeminiAnswer& answer) {
  std::string query;
  read_text(scan, query);
  const Digest name = digest(query, 0);
  if (!query.empty() && answer.searches.size() < kSearchesMax &&
      std::ranges::find(answer.searches, name) == answer.searches.end()) {
    answer.searches.push_back(name);
  }
}

void note_maps(JsonScan& scan, GeminiAnswer& answer) {
  answer.maps = answer.maps || scan.kind() == JsonKind::object;
  scan.skip();
}

constexpr std::array kGroundingChunk{Row{"maps", note_maps}};
constexpr std::array kGrounding{
    Row{"webSearchQueries",
        [](JsonScan& scan, GeminiAnswer& answer) {
          read_elements(scan, [&] { note_search(scan, answer); });
        }},
    Row{"groundingChunks",
        [](JsonScan& scan, GeminiAnswer& answer) {
          read_elements(scan, [&] { read_members(scan, kGroundingChunk, answer); });
        }},
};

struct Candidate {
  GeminiAnswer& answer;
  std::optional<std::int64_t> index = {};
  std::string finish_reason = {};
};
constexpr std::array kCandidate{
    AnswerMember<Candidate>{
        "index", [](JsonScan& scan, Candidate& candidate) { read_count(scan, candidate.index); }},
    AnswerMember<Candidate>{"content",
                            [](JsonScan& scan, Candidate& candidate) {
                              read_members(scan, kContent, candidate.answer);
                            }},
    AnswerMember<Candidate>{"finishReason",
                            [](JsonScan& scan, Candidate& candidate) {
                              read_word(scan, kFinishReasons, candidate.finish_reason);
                            }},
    AnswerMember<Candidate>{"groundingMetadata",
                            [](JsonScan& scan, Candidate& candidate) {
                              read_members(scan, kGrounding, candidate.answer);
                            }},
};

void read_candidates(JsonScan& scan, GeminiAnswer& answer) {
  read_elements(scan, [&] {
    Candidate candidate{.answer = answer};
    read_members(scan, kCandidate, candidate);
    const auto index = static_cast<std::size_t>(candidate.index.value_or(0));
    if (index < kCandidatesMax) {
      answer.begun.set(index);
      answer.finished.set(index, answer.finished[index] || !candidate.finish_reason.empty());
    }
    if (!candidate.finish_reason.empty()) {
      answer.stop_reason = std::move(candidate.finish_reason);
    }
  });
}

void note_block(JsonScan& scan, GeminiAnswer& answer) {
  std::string reason;
  read_word(scan, kBlockReasons, reason);
  if (!reason.empty()) {
    answer.blocked = true;
    answer.stop_reason = std::move(reason);
  }
}

constexpr std::array kPromptFeedback{Row{"blockReason", note_block}};

void read_usage(JsonScan& scan, GeminiAnswer& answer) {
  JsonScan again = scan;
  const std::string_view json = again.skip();
  answer.named_usage = answer.named_usage || scan.kind() == JsonKind::object;
  const GeminiUsage usage = read_gemini_usage(scan);
  if (usage.reported()) {
    answer.usage = usage;
    answer.usage_json = json;
    answer.failed = false;
  }
}

void note_error(JsonScan& scan, GeminiAnswer& answer) {
  answer.failed = answer.failed || scan.kind() != JsonKind::null;
  scan.skip();
}

constexpr std::array kBody{
    Row{"candidates", read_candidates},
    Row{"promptFeedback",
        [](JsonScan& scan, GeminiAnswer& answer) { read_members(scan, kPromptFeedback, answer); }},
    Row{"error", note_error},
    Row{"usageMetadata", read_usage},
    Row{"modelVersion",
        [](JsonScan& scan, GeminiAnswer& answer) { read_text_once(scan, answer.model); }},
    Row{"responseId",
        [](JsonScan& scan, GeminiAnswer& answer) { read_text_once(scan, answer.id); }},
};

/// True when it was JSON.
bool read_body(std::string_view json, GeminiAnswer& answer) {
  JsonScan scan(json);
  read_members(scan, kBody, answer);
  return scan.finish();
}

/// Up to 2.5 a grounded prompt is one search however many queries it took; from 3 on each is one.
std::int64_t searches_billed(const GeminiAnswer& answer) {
  const auto searches = static_cast<std::int64_t>(answer.searches.size());
  const std::string_view model = answer.model;
  const bool by_prompt = model.starts_with("gemini-2") || model.starts_with("gemini-1");
  return (by_prompt ? std::min<std::int64_t>(searches, 1) : searches) + (answer.maps ? 1 : 0);
}

Reply reply_of(const GeminiAnswer& answer, bool ended) {
  Reply reply;
  reply.model = answer.model;
  reply.provider_id = answer.id;
  reply.stop_reason = answer.stop_reason;
  reply.tier = tier_of(answer.usage);
  reply.usage = normal_form(answer.usage);
  reply.usage.web_searches = searches_billed(answer);
  // A prompt blocked before any model read it has a usage of nothing.
  reply.saw_usage = answer.usage.reported() || (answer.blocked && answer.named_usage);
  reply.visible_bytes = answer.visible.bytes();
  reply.ending = answer.failed || !ended ? Ending::broken
                 : reply.saw_usage       ? Ending::complete
                                         : Ending::no_usage;
  return reply;
}

class GeminiBodyMeter final : public Meter {
 public:
  explicit GeminiBodyMeter(const MeterOptions& options) : answer_(options) {}

  void see(std::string_view bytes, std::string&) override {
    too_large_ = too_large_ || body_.size() + bytes.size() > kEventBytesMax;
    if (!too_large_) {
      body_ += bytes;
    }
  }
  bool filters() const override { return false; }
  Reply finish(bool whole, std::string&) override {
    if (!too_large_) {
      const bool is_json = read_body(body_, answer_);
      whole = whole || is_json;
    }
    return reply_of(answer_, whole);
  }
  std::int64_t visible_bytes() const override { return answer_.visible.bytes(); }
  std::string take_text() override { return answer_.visible.take(); }
  std::string closing_events() const override { return {}; }

 private:
  GeminiAnswer answer_;
  std::string body_;
  bool too_large_ = false;
};

/// What ends every candidate that has not ended, in one last chunk. Empty: there is none.
std::string closing_chunk(const GeminiAnswer& answer) {
  std::string candidates;
  const std::size_t count = answer.begun.any() ? kCandidatesMax : 1;
  for (std::size_t index = 0; index < count; ++index) {
    if (answer.blocked || answer.finished[index] || (answer.begun.any() && !answer.begun[index])) {
      continue;
    }
    candidates += candidates.empty() ? "[" : ",";
    JsonObject(candidates)
        .raw("content", R"({"parts":[{"text":""}],"role":"model"})")
        .text("finishReason", "MAX_TOKENS")
        .number("index", static_cast<std::int64_t>(index))
        .finish();
  }
  if (candidates.empty()) {
    return {};
  }
  std::string chunk;
  JsonObject object(chunk);
  object.raw("candidates", candidates + ']');
  if (!answer.usage_json.empty()) {
    object.raw("usageMetadata", answer.usage_json);
  }
  object.text("modelVersion", answer.model).text("responseId", answer.id).finish();
  return chunk;
}

class GeminiEventsMeter final : public Meter {
 public:
  explicit GeminiEventsMeter(const MeterOptions& options)
      : options_(options), answer_(options), events_(kEventBytesMax) {}

  void see(std::string_view bytes, std::string& forward) override {
    events_.feed(bytes, [&](const SseEvent& event) { see_event(event, forward); });
  }
  bool filters() const override { return options_.whole_events; }
  Reply finish(bool whole, std::string& forward) override {
    events_.finish([&](const SseEvent& event) { see_event(event, forward); });
    return reply_of(answer_, whole && (answer_.finished.any() || answer_.blocked));
  }
  std::int64_t visible_bytes() const override { return answer_.visible.bytes(); }
  std::string take_text() override { return answer_.visible.take(); }
  std::string closing_events() const override {
    const std::string chunk = closing_chunk(answer_);
    return chunk.empty() ? chunk : "data: " + chunk + "\r\n\r\n";
  }

 private:
  void see_event(const SseEvent& event, std::string& forward) {
    if (!event.tail && !event.data.empty()) {
      read_body(event.data, answer_);
    }
    if (filters()) {
      forward += event.raw;
    }
  }

  MeterOptions options_;
  GeminiAnswer answer_;
  SseCutter events_;
};

class GeminiArrayMeter final : public Meter {
 public:
  explicit GeminiArrayMeter(const MeterOptions& options)
      : options_(options), answer_(options), elements_(kEventBytesMax) {}

  void see(std::string_view bytes, std::string& forward) override {
    elements_.feed(bytes, [&](std::string_view json) { read_body(json, answer_); });
    if (filters()) {
      pass_on(bytes, forward);
    }
  }
  bool filters() const override { return options_.whole_events; }
  Reply finish(bool whole, std::string& forward) override {
    forward += std::exchange(waiting_, {});
    const bool closed = elements_.place() == ArrayWalk::Place::closed;
    return reply_of(answer_, whole && closed && (answer_.finished.any() || answer_.blocked));
  }
  std::int64_t visible_bytes() const override { return answer_.visible.bytes(); }
  std::string take_text() override { return answer_.visible.take(); }
  std::string closing_events() const override {
    using Place = ArrayWalk::Place;
    const Place place = elements_.place();
    if (place == Place::closed) {
      return {};
    }
    const std::string chunk = closing_chunk(answer_);
    std::string closing = place == Place::before ? "[" : "";
    closing += place == Place::behind_element && !chunk.empty() ? "," : "";
    return closing + chunk + ']';
  }

 private:
  /// An element waits until it is whole, or too large to wait for.
  void pass_on(std::string_view bytes, std::string& forward) {
    std::size_t outside = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      shown_.take(bytes[at]);
      outside = shown_.inside() ? outside : at + 1;
    }
    waiting_ += bytes;
    const std::size_t rest = bytes.size() - outside;
    if (outside > 0 || waiting_.size() > kEventBytesMax) {
      const std::size_t kept = waiting_.size() > kEventBytesMax ? 0 : rest;
      forward += std::string_view(waiting_).substr(0, waiting_.size() - kept);
      waiting_.erase(0, waiting_.size() - kept);
    }
  }

  MeterOptions options_;
  GeminiAnswer answer_;
  ArrayCutter elements_;
  ArrayWalk shown_;
  std::string waiting_;
};

}  // namespace

std::unique_ptr<Meter> make_gemini_meter(MeterOptions options) {
  if (!options.stream) {
    return std::make_unique<GeminiBodyMeter>(options);
  }
  if (options.framing == StreamFraming::array) {
    return std::make_unique<GeminiArrayMeter>(options);
  }
  return std::make_unique<GeminiEventsMeter>(options);
}

}  // namespace purser
