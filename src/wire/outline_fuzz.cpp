// wire/outline_fuzz.cpp — no body crashes the outline, and its parts fit each other.
#include "base/invariant.hpp"
#include "wire/outline.hpp"
#include "wire/wire.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace purser;
  const std::string body(reinterpret_cast<const char*>(data), size);
  for (const Dialect dialect : kModelDialects) {
    const auto call = read_request(dialect, body);
    if (!call) {
      continue;
    }
    OutlineMemory memory;
    const Outline outline = outline_of(*call, body, memory);
    std::size_t calls = 0;
    std::size_t results = 0;
    for (const Outline::Message& message : outline.messages) {
      calls += message.calls;
      results += message.results;
    }
    INVARIANT(calls == outline.calls.size(), "each call belongs to a message");
    INVARIANT(results == outline.results.size(), "each result belongs to a message");
    for (const Outline::Call& made : outline.calls) {
      INVARIANT(made.name.empty() || (made.name.data() >= body.data() &&
                                      made.name.data() < body.data() + body.size()),
                "names stand in the body");
    }
    const Outline again = outline_of(*call, body, memory);
    INVARIANT(again.preamble == outline.preamble && again.calls.size() == outline.calls.size() &&
                  (outline.messages.empty() ||
                   again.messages.back().chain == outline.messages.back().chain),
              "what is remembered is what was read");
  }
  return 0;
}
