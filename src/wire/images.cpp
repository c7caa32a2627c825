// wire/images.cpp — OpenAI Images: a model that draws by itself. Its output is not bounded by a
// member of the request but by the size and quality that are asked for.
#include <array>

#include "wire/large_body.hpp"
#include "wire/meters.hpp"
#include "wire/openai_media.hpp"
#include "wire/picture_tokens.hpp"
#include "wire/request_scan.hpp"
#include "wire/responses_usage.hpp"
#include "wire/sse.hpp"

namespace purser {
namespace {

struct ImagesRequest {
  PictureAsk ask;
  std::int64_t images = 0;
};

using Members = RequestScan::Member<ImagesRequest>;

/// A picture to begin with: a text, an object, or a list of them.
void read_pictures(RequestScan& scan, ImagesRequest& request) {
  const auto one = [&] {
    Medium medium;
    read_medium(scan, medium);
    ++request.images;
    add_media(scan.call(), {.tokens_max = 0, .inline_bytes = medium.inline_bytes});
  };
  if (scan.kind() == JsonKind::array) {
    scan.elements("images", one);
  } else if (scan.kind() == JsonKind::null) {
    scan.skip();
  } else {
    one();
  }
}

constexpr std::array kRequestMembers{
    Members{"model",
            [](RequestScan& scan, ImagesRequest&) {
              scan.call().model_span = scan.spanned_text("model", scan.call().model);
            }},
    Members{"size",
            [](RequestScan& scan, ImagesRequest& request) { scan.text("size", request.ask.size); }},
    Members{"quality", [](RequestScan& scan,
                          ImagesRequest& request) { scan.text("quality", request.ask.quality); }},
    Members{"n",
            [](RequestScan& scan, ImagesRequest& request) {
              scan.count("n", {.min = 1, .max = 128}, request.ask.pictures);
            }},
    Members{"partial_images",
            [](RequestScan& scan, ImagesRequest& request) {
              scan.count("partial_images", {.min = 0, .max = 16}, request.ask.partial);
            }},
    Members{"frame_count",
            [](RequestScan& scan, ImagesRequest& request) {
              scan.count("frame_count", {.min = 1, .max = 1'000}, request.ask.frames);
            }},
    Members{"stream",
            [](RequestScan& scan, ImagesRequest&) { scan.flag("stream", scan.call().stream); }},
    Members{"image", read_pictures},
    Members{"images", read_pictures},
    Members{"mask", read_pictures},
    Members{"user", [](RequestScan& scan, ImagesRequest&) { scan.text("user", scan.call().user); }},
};

Reply reply_of(const ResponsesUsage& usage, bool ended) {
  Reply reply;
  reply.usage = picture_form(usage);
  reply.saw_usage = usage.reported();
  reply.ending = !ended ? Ending::broken : reply.saw_usage ? Ending::complete : Ending::no_usage;
  return reply;
}

class ImagesBodyMeter final : public Meter {
 public:
  void see(std::string_view bytes, std::string&) override { body_.see(bytes); }
  bool filters() const override { return false; }
  Reply finish(bool whole, std::string&) override {
    JsonScan scan(body_.usage());
    return reply_of(read_responses_usage(scan), whole);
  }
  std::int64_t visible_bytes() const override { return 0; }
  std::string take_text() override { return {}; }
  std::string closing_events() const override { return {}; }

 private:
  LargeBody body_;
};

struct ImagesEvent {
  std::string type;
  ResponsesUsage usage;
};
constexpr std::array kEvent{
    AnswerMember<ImagesEvent>{
        "type", [](JsonScan& scan, ImagesEvent& event) { read_text(scan, event.type); }},
    AnswerMember<ImagesEvent>{
        "usage",
        [](JsonScan& scan, ImagesEvent& event) { event.usage = read_responses_usage(scan); }},
};

/// Pictures that become clearer, and one event for each that is done.
class ImagesStreamMeter final : public Meter {
 public:
  explicit ImagesStreamMeter(MeterOptions options)
      : whole_events_(options.whole_events), events_(kEventBytesMax) {}

  void see(std::string_view bytes, std::string& forward) override {
    events_.feed(bytes, [&](const SseEvent& event) { see_event(event, forward); });
  }
  bool filters() const override { return whole_events_; }
  Reply finish(bool whole, std::string& forward) override {
    events_.finish([&](const SseEvent& event) { see_event(event, forward); });
    return reply_of(usage_, whole && done_);
  }
  std::int64_t visible_bytes() const override { return 0; }
  std::string take_text() override { return {}; }
  std::string closing_events() const override { return {}; }

 private:
  void see_event(const SseEvent& sse, std::string& forward) {
    ImagesEvent event;
    JsonScan scan(sse.data);
    if (!sse.tail && !sse.data.empty()) {
      read_members(scan, kEvent, event);
    }
    if (event.type.ends_with(".completed")) {
      done_ = true;
      usage_ = event.usage.reported() ? event.usage : usage_;
    }
    if (filters()) {
      forward += sse.raw;
    }
  }

  bool whole_events_;
  SseCutter events_;
  ResponsesUsage usage_;
  bool done_ = false;
};

}  // namespace

Result<void> read_images_request(RequestScan& scan) {
  ImagesRequest request;
  scan.members("body", kRequestMembers, request);
  if (auto whole = scan.finish(); !whole) {
    return whole;
  }
  Call& call = scan.call();
  if (call.model.empty()) {
    return fail(Fault::client,
                "you must provide a model parameter: without it nothing can be priced");
  }
  call.choices = request.ask.pictures.value_or(1);
  call.output_max = Tokens(picture_tokens_max(request.ask));
  call.output_fixed = true;
  call.media_tokens_max += Tokens(request.images * image_tokens_max(call.model));
  return {};
}

std::unique_ptr<Meter> make_images_meter(MeterOptions options) {
  if (options.stream) {
    return std::make_unique<ImagesStreamMeter>(options);
  }
  return std::make_unique<ImagesBodyMeter>();
}

}  // namespace purser
