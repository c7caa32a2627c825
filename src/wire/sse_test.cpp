// wire/sse_test.cpp — events come out the same, however their bytes come in.
#include "wire/sse.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace purser {
namespace {

struct Seen {
  std::vector<std::pair<std::string, std::string>> events;  // name and data
  std::string raw;
  bool operator==(const Seen&) const = default;
};

Seen cut(const std::vector<std::string>& pieces, std::size_t event_max = 1 << 20) {
  Seen seen;
  SseCutter cutter(event_max);
  const auto each = [&](const SseEvent& event) {
    seen.raw += event.raw;
    if (!event.data.empty() || !event.name.empty()) {
      seen.events.emplace_back(event.name, event.data);
    }
  };
  for (const std::string& piece : pieces) {
    cutter.feed(piece, each);
  }
  cutter.finish(each);
  return seen;
}

using Events = std::vector<std::pair<std::string, std::string>>;

TEST(Sse, ReadsFieldsAsTheStandardSays) {
  EXPECT_EQ(cut({"data: a\n\n"}).events, (Events{{"", "a"}}));
  EXPECT_EQ(cut({"event: e\ndata:a\ndata:  b\n\n"}).events, (Events{{"e", "a\n b"}}));
  EXPECT_EQ(cut({": ping\n\nid: 1\nretry: 5\ndata\ndata: x\n\n"}).events, (Events{{"", "\nx"}}));
  EXPECT_EQ(cut({"dataset: a\n\ndata: b"}).events, (Events{{"", "b"}}));
  EXPECT_EQ(cut({"\xEF\xBB\xBF"
                 "data: a\n\n"})
                .events,
            (Events{{"", "a"}}));
}

TEST(Sse, TakesEveryLineEnd) {
  const Events both{{"", "a"}, {"n", "b\nc"}};
  EXPECT_EQ(cut({"data: a\n\nevent: n\ndata: b\ndata: c\n\n"}).events, both);
  EXPECT_EQ(cut({"data: a\r\revent: n\rdata: b\rdata: c\r\r"}).events, both);
  EXPECT_EQ(cut({"data: a\r\n\r\nevent: n\r\ndata: b\r\ndata: c\r\n\r\n"}).events, both);
  EXPECT_EQ(cut({"data: a\r\n\revent: n\ndata: b\r\ndata: c\n\r\n"}).events, both);
}

TEST(Sse, PassesOnWhatIsTooLargeWithoutReadingIt) {
  const std::string large = "data: " + std::string(100, 'x') + "\n\n";
  const Seen seen = cut({large, "data: a\n\n"}, 50);
  EXPECT_EQ(seen.events, (Events{{"", "a"}}));
  EXPECT_EQ(seen.raw, large + "data: a\n\n");
}

rc::Gen<std::string> streams() {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
          "data: ", "data:", "event: e", ":", "x", "{\"a\":1}", "\n", "\r", "\r\n", "\n\n",
          "\r\n\r\n", "\r\r", "id", "\xEF\xBB\xBF", "0123456789012345678901234567890")),
      [](const auto& pieces) {
        std::string text;
        for (const std::string& each : pieces) {
          text += each;
        }
        return text;
      });
}

RC_GTEST_PROP(Sse, NoSplitChangesWhatIsRead, ()) {
  const std::string stream = *streams();
  for (const std::size_t event_max : {std::size_t{1} << 20, std::size_t{24}}) {
    const Seen whole = cut({stream}, event_max);
    RC_ASSERT(whole.raw == stream);
    std::vector<std::string> bytes;
    for (std::size_t at = 0; at <= stream.size(); ++at) {
      RC_ASSERT(cut({stream.substr(0, at), stream.substr(at)}, event_max) == whole);
      bytes.push_back(stream.substr(at, 1));
    }
    RC_ASSERT(cut(bytes, event_max) == whole);
  }
}

}  // namespace
}  // namespace purser
