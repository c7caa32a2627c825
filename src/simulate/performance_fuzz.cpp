// simulate/performance_fuzz.cpp — any bytes as a request and as control words: an answer or a
// rejection, marks in order, a bill that is never below nothing.
#include <cstddef>
#include <cstdint>

#include "base/invariant.hpp"
#include "simulate/performance.hpp"

namespace purser::simulate {
namespace {

void play(std::string_view bytes) {
  const std::size_t words_end = bytes.find('\n');
  const bool has_words = words_end != std::string_view::npos && words_end < 64;
  const std::string_view words = has_words ? bytes.substr(0, words_end) : std::string_view();
  const std::string_view body = has_words ? bytes.substr(words_end + 1) : bytes;
  Stage stage(Options{.output_mean = 20});
  constexpr Route kStream{.model = "gemini-2.5-flash", .method = "streamGenerateContent"};
  for (const Dialect dialect : {Dialect::chat, Dialect::messages, Dialect::responses,
                                Dialect::embeddings, Dialect::completions, Dialect::gemini}) {
    const Performance performance =
        stage.perform({.dialect = dialect, .body = body, .route = kStream, .words = words},
                      Instant::from_seconds(1'795'000'000));
    Mark before;
    for (const Mark& mark : performance.reel.marks) {
      INVARIANT(mark.end >= before.end && mark.generated >= before.generated, "marks only grow");
      before = mark;
    }
    INVARIANT(performance.close || before.end == performance.reel.bytes.size(),
              "the last mark is the end");
    const BillRow row = settle(performance, Ending::whole, before.generated);
    INVARIANT(row.usage.input >= 0 && row.usage.reasoning <= row.usage.output, "usage adds up");
    INVARIANT(row.nanodollars >= 0 && (row.billed || row.nanodollars == 0), "a bill is a bill");
  }
  stage.count_tokens({.dialect = Dialect::messages, .body = body});
}

}  // namespace
}  // namespace purser::simulate

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  purser::simulate::play({reinterpret_cast<const char*>(data), size});
  return 0;
}
