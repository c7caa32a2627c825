// wire/request_fuzz.cpp — no body crashes the reader, and what it takes can be edited and read
// again.
#include "base/invariant.hpp"
#include "wire/wire.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace purser;
  const std::string body(reinterpret_cast<const char*>(data), size);
  for (const Dialect dialect : kModelDialects) {
    const auto call = read_request(dialect, body);
    if (!call) {
      INVARIANT(call.error().fault == Fault::client && !call.error().message.empty(),
                "a request that is not taken is the caller's fault, and is told why");
      continue;
    }
    INVARIANT(!call->model.empty(), "a call has a model");
    INVARIANT(input_bound(*call) > Tokens(0), "a prompt is never free");
    INVARIANT(splice(*call, body, {}) == body, "without edits nothing changes");
    const std::string edited = splice(*call, body, {.output_max = Tokens(77), .ask_usage = true});
    const auto again = read_request(dialect, edited);
    INVARIANT(again, "what is edited is still a request");
    INVARIANT(again->output_max == Tokens(77), "the bound is what was asked for");
    INVARIANT(dialect != Dialect::chat || !call->stream || again->asks_usage,
              "a stream reports its usage");
    INVARIANT(again->model == call->model && again->messages == call->messages &&
                  again->media_tokens_max == call->media_tokens_max,
              "nothing else changed");
  }
  return 0;
}
