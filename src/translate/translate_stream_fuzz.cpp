// translate/translate_stream_fuzz.cpp — no stream crashes the translator, and no split changes it.
#include <cstdint>

#include "base/invariant.hpp"
#include "translate/translate.hpp"

namespace purser::translate {
namespace {

std::string translated(Wire from, Wire to, std::string_view bytes, std::size_t step) {
  StreamTranslator translator(from, to, {.named = {.id = "x", .now = 1}});
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    translator.feed(bytes.substr(at, step), out);
  }
  translator.finish(true, out);
  return out;
}

}  // namespace
}  // namespace purser::translate

/// The first byte chooses the dialects, the second the split.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace purser::translate;
  if (size < 3) {
    return 0;
  }
  const Wire from = kWires[data[0] % 4];
  const Wire to = kWires[data[0] / 4 % 4];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string whole = translated(from, to, bytes, bytes.size());
  INVARIANT(whole == translated(from, to, bytes, std::size_t{1} + data[1] % 32),
            "a split changes nothing");
  INVARIANT(!whole.empty(), "every stream ends in a way that its client can see");
  return 0;
}
