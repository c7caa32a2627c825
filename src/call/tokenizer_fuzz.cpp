// call/tokenizer_fuzz.cpp — whatever the bytes: decoding gives them back, and counting agrees.
#include <cstddef>
#include <cstdint>

#include "base/invariant.hpp"
#include "call/tokenizer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace purser;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const Encoding encoding : {Encoding::o200k_base, Encoding::cl100k_base}) {
    const Tokenizer tokenizer(encoding);
    std::vector<Rank> ranks;
    tokenizer.encode(text, ranks);
    std::string back;
    tokenizer.decode(ranks, back);
    INVARIANT(back == text, "decode(encode(x)) is x");
    INVARIANT(tokenizer.count(text) == Tokens(static_cast<std::int64_t>(ranks.size())),
              "counting and encoding agree");
  }
  return 0;
}
