// call/reply.hpp — what an answer said about its own cost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "call/call.hpp"
#include "money/usage.hpp"

namespace purser {

/// One sampling pass inside an answer, with its own model (Anthropic usage.iterations).
struct Pass {
  std::string model;  // empty: the reply's model
  Usage usage;
};

/// How the answer ended, as far as the bill is concerned.
enum class Ending : std::uint8_t {
  complete,   // the provider finished and reported usage
  refused,    // refused before any output: not billed by the Claude API
  no_usage,   // finished properly but said nothing of usage
  broken,     // cut, or an error event in the middle: what was consumed is unknown
  under_way,  // taken, to be worked on and fetched later: nothing is known yet
};

struct Reply {
  Ending ending = Ending::broken;
  std::string model;                // as answered; empty when the answer named none
  std::string provider_id;          // the answer's own id ("chatcmpl-…", "msg_…")
  std::string stop_reason;          // in the provider's words
  std::optional<ServiceTier> tier;  // nothing: the answer named none
  Speed speed = Speed::standard;
  std::string geo;                 // inference_geo as answered
  Usage usage;                     // the whole answer: sum of passes where there are passes
  std::vector<Pass> passes;        // empty: one pass, `usage`
  bool saw_usage = false;          // any usage at all was seen, even on a broken stream
  std::int64_t visible_bytes = 0;  // of text, tool arguments and thinking that were streamed out
};

}  // namespace purser
