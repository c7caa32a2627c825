// wire/embeddings.cpp — OpenAI Embeddings: a prompt in, vectors out, and only the prompt is billed.
#include <array>

#include "wire/chat_usage.hpp"
#include "wire/large_body.hpp"
#include "wire/meters.hpp"
#include "wire/request_scan.hpp"

namespace purser {
namespace {

struct EmbeddingsRequest {
  bool has_input = false;
};

using Members = RequestScan::Member<EmbeddingsRequest>;

constexpr std::array kRequestMembers{
    Members{"model",
            [](RequestScan& scan, EmbeddingsRequest&) {
              scan.call().model_span = scan.spanned_text("model", scan.call().model);
            }},
    Members{"input",  // texts or tokens: each of either takes at least a byte of the body
            [](RequestScan& scan, EmbeddingsRequest& request) {
              request.has_input = scan.kind() != JsonKind::null;
              scan.skip();
            }},
    Members{"user",
            [](RequestScan& scan, EmbeddingsRequest&) { scan.text("user", scan.call().user); }},
};

struct EmbeddingsAnswer {
  std::string model;
  ChatUsage usage;
  bool erred = false;
};

constexpr std::array kAnswer{
    AnswerMember<EmbeddingsAnswer>{
        "model", [](JsonScan& scan, EmbeddingsAnswer& answer) { read_text(scan, answer.model); }},
    AnswerMember<EmbeddingsAnswer>{
        "usage",
        [](JsonScan& scan, EmbeddingsAnswer& answer) { answer.usage = read_chat_usage(scan); }},
    AnswerMember<EmbeddingsAnswer>{"error",
                                   [](JsonScan& scan, EmbeddingsAnswer& answer) {
                                     answer.erred = scan.kind() != JsonKind::null;
                                     scan.skip();
                                   }},
};

class EmbeddingsMeter final : public Meter {
 public:
  explicit EmbeddingsMeter(MeterOptions options) : quirks_(options.quirks) {}

  void see(std::string_view bytes, std::string&) override { body_.see(bytes); }
  bool filters() const override { return false; }
  Reply finish(bool whole, std::string&) override {
    EmbeddingsAnswer answer;
    if (body_.whole()) {
      JsonScan scan(body_.text());
      read_members(scan, kAnswer, answer);
      whole = whole || scan.finish();
    } else {
      JsonScan scan(body_.usage());
      answer.usage = read_chat_usage(scan);
    }
    if (!answer.usage.prompt) {
      answer.usage.prompt = answer.usage.total;  // Voyage says no more: there is no output
    }
    Reply reply;
    reply.model = std::move(answer.model);
    reply.usage = normal_form(answer.usage, quirks_);
    reply.saw_usage = answer.usage.reported();
    reply.ending = reply.saw_usage && whole ? Ending::complete
                   : !whole || answer.erred ? Ending::broken
                                            : Ending::no_usage;
    return reply;
  }
  std::int64_t visible_bytes() const override { return 0; }
  std::string take_text() override { return {}; }
  std::string closing_events() const override { return {}; }

 private:
  Quirks quirks_;
  LargeBody body_;
};

}  // namespace

Result<void> read_embeddings_request(RequestScan& scan) {
  EmbeddingsRequest request;
  scan.members("body", kRequestMembers, request);
  if (auto whole = scan.finish(); !whole) {
    return whole;
  }
  Call& call = scan.call();
  if (call.model.empty()) {
    return fail(Fault::client, "you must provide a model parameter");
  }
  if (!request.has_input) {
    return fail(Fault::client, "Missing required parameter: 'input'.");
  }
  call.output_max = Tokens(0);
  call.output_fixed = true;
  return {};
}

std::unique_ptr<Meter> make_embeddings_meter(MeterOptions options) {
  return std::make_unique<EmbeddingsMeter>(options);
}

}  // namespace purser
