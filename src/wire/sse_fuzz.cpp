// wire/sse_fuzz.cpp — every split of any bytes gives the same events, and loses none of them.
#include "base/invariant.hpp"
#include "wire/sse.hpp"

namespace {

struct Seen {
  std::string events;
  std::string raw;
  bool operator==(const Seen&) const = default;
};

Seen cut(std::string_view stream, std::size_t step, std::size_t event_max) {
  Seen seen;
  purser::SseCutter cutter(event_max);
  const auto each = [&](const purser::SseEvent& event) {
    seen.raw += event.raw;
    if (!event.name.empty() || !event.data.empty()) {
      seen.events.append(event.name).append(1, '\0').append(event.data).append(1, '\0');
    }
  };
  for (std::size_t at = 0; at < stream.size(); at += step) {
    cutter.feed(stream.substr(at, step), each);
  }
  cutter.finish(each);
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const std::size_t step = 1 + data[0] % 16;
  const std::size_t event_max = 1 + data[1] % 64;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Seen whole = cut(stream, size, event_max);
  INVARIANT(whole.raw == stream, "every byte is passed on once");
  INVARIANT(cut(stream, step, event_max) == whole, "a split changes nothing");
  INVARIANT(cut(stream, 1, event_max) == whole, "single bytes change nothing");
  return 0;
}
