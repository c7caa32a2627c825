// wire/completions_request.cpp — what decides the cost of a legacy Completions request.
// Prompts are texts, tokens, or lists of either; each of them is answered `n` times, and thought of
// `best_of` times.
#include <algorithm>
#include <array>

#include "wire/request_scan.hpp"

namespace purser {
namespace {

struct CompletionsRequest {
  std::optional<std::int64_t> output_max;
  std::optional<std::int64_t> choices;
  std::optional<std::int64_t> best_of;
  std::int64_t prompts = 1;
  std::string_view tier;
};

using Members = RequestScan::Member<CompletionsRequest>;

/// What a request without max_tokens gets.
constexpr Tokens kOutputDefault{16};
/// OpenAI's own bounds.
constexpr std::int64_t kChoicesMax = 128;
constexpr std::int64_t kPromptsMax = 2'048;

/// A list of numbers is one prompt; of anything else each is one.
void read_prompt(RequestScan& scan, CompletionsRequest& request) {
  if (scan.kind() != JsonKind::array) {
    scan.skip();
    return;
  }
  std::int64_t prompts = 0;
  scan.elements("prompt", [&] {
    prompts += scan.kind() == JsonKind::number ? 0 : 1;
    scan.skip();
  });
  if (prompts > kPromptsMax) {
    return scan.refuse("Too many prompts: at most " + std::to_string(kPromptsMax) + " are allowed");
  }
  request.prompts = std::max<std::int64_t>(1, prompts);
}

constexpr std::array kCompletionsMembers{
    Members{"model",
            [](RequestScan& scan, CompletionsRequest&) {
              scan.call().model_span = scan.spanned_text("model", scan.call().model);
            }},
    Members{"prompt", read_prompt},
    Members{"stream", [](RequestScan& scan,
                         CompletionsRequest&) { scan.flag("stream", scan.call().stream); }},
    Members{"stream_options",
            [](RequestScan& scan, CompletionsRequest&) { read_stream_options(scan); }},
    Members{"max_tokens",
            [](RequestScan& scan, CompletionsRequest& request) {
              // With "echo" nothing need be added: 0 is a bound like any other.
              scan.call().output_max_span =
                  scan.count("max_tokens", {.min = 0, .max = kCountMax}, request.output_max);
            }},
    Members{"n",
            [](RequestScan& scan, CompletionsRequest& request) {
              scan.count("n", {.min = 1, .max = kChoicesMax}, request.choices);
            }},
    Members{"best_of",
            [](RequestScan& scan, CompletionsRequest& request) {
              scan.count("best_of", {.min = 1, .max = kChoicesMax}, request.best_of);
            }},
    Members{"service_tier",
            [](RequestScan& scan, CompletionsRequest& request) {
              scan.text("service_tier", request.tier);
            }},
    Members{"user",
            [](RequestScan& scan, CompletionsRequest&) { scan.text("user", scan.call().user); }},
};

}  // namespace

Result<void> read_completions_request(RequestScan& scan) {
  CompletionsRequest request;
  scan.members("body", kCompletionsMembers, request);
  if (auto whole = scan.finish(); !whole) {
    return whole;
  }
  Call& call = scan.call();
  if (call.model.empty()) {
    return fail(Fault::client, "you must provide a model parameter");
  }
  call.output_max = request.output_max ? Tokens(*request.output_max) : kOutputDefault;
  call.choices =
      request.prompts * std::max(request.choices.value_or(1), request.best_of.value_or(1));
  call.tier_asked = parse_service_tier(request.tier);
  return {};
}

}  // namespace purser
