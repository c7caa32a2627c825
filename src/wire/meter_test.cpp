// wire/meter_test.cpp — meters against golden answers, whole and in every split.
// A golden answer is tests/golden/wire/NAME.json, NAME.sse or NAME.array; NAME.want is what the
// meter must say of it, NAME.hidden what a client that did not ask for usage gets.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json_text.hpp"
#include "wire/wire.hpp"

namespace purser {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(PURSER_SOURCE_DIR) / "tests/golden/wire";

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Golden {
  std::string name;
  Dialect dialect;
  bool stream;
  StreamFraming framing;
  std::string body;
};

std::vector<Golden> goldens() {
  std::vector<Golden> found;
  for (const auto& entry : fs::directory_iterator(kGolden)) {
    const fs::path& path = entry.path();
    const bool array = path.extension() == ".array";
    const bool stream = array || path.extension() == ".sse";
    if (stream || path.extension() == ".json") {
      const std::string name = path.stem();
      found.push_back({.name = name,
                       .dialect = dialect_named(name.substr(0, name.find('_')), kModelDialects)
                                      .value_or(Dialect::chat),
                       .stream = stream,
                       .framing = array ? StreamFraming::array : StreamFraming::events,
                       .body = content(path)});
    }
  }
  return found;
}

std::string told(const Usage& usage) {
  const auto count = [](Tokens tokens) { return std::to_string(tokens.count()); };
  return "in " + count(usage.input_uncached) + " read " + count(usage.cache_read) + " write " +
         count(usage.cache_write_short) + "/" + count(usage.cache_write_long) + " out " +
         count(usage.output) + " reasoning " + count(usage.reasoning) +
         (usage.image_out > Tokens(0) ? " drawn " + count(usage.image_out) : "") +
         (usage.file_searches > 0 ? " files " + std::to_string(usage.file_searches) : "");
}

std::string told(const Reply& reply, std::string visible) {
  constexpr std::string_view kEndings[] = {"complete", "refused", "no_usage", "broken",
                                           "under_way"};
  std::string text = "ending " + std::string(kEndings[static_cast<int>(reply.ending)]) + "\n";
  const auto line = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) {
      text += std::string(name) + " " + std::string(value) + "\n";
    }
  };
  line("model", reply.model);
  line("id", reply.provider_id);
  line("stop", reply.stop_reason);
  line("tier", to_string(reply.tier.value_or(ServiceTier::standard)));
  line("speed", reply.speed == Speed::fast ? "fast" : "");
  line("geo", reply.geo);
  line("usage", told(reply.usage) + (reply.saw_usage ? "" : " unseen"));
  if (reply.usage.web_searches + reply.usage.web_fetches > 0) {
    line("searches", std::to_string(reply.usage.web_searches) + " fetches " +
                         std::to_string(reply.usage.web_fetches));
  }
  for (const Pass& pass : reply.passes) {
    line("pass", pass.model + " " + told(pass.usage));
  }
  for (std::size_t at = visible.find('\n'); at != std::string::npos; at = visible.find('\n', at)) {
    visible.replace(at, 1, "\\n");
  }
  return text + "visible " + visible + "\n";
}

struct Seen {
  std::string told;
  std::string forwarded;
  bool operator==(const Seen&) const = default;
};

Seen meter(const Golden& golden, MeterOptions options,
           const std::vector<std::string_view>& pieces) {
  options.stream = golden.stream;
  options.framing = golden.framing;
  options.keep_text = true;
  const auto meter = make_meter(golden.dialect, options);
  Seen seen;
  std::string visible;
  for (const std::string_view piece : pieces) {
    meter->see(piece, seen.forwarded);
    visible += meter->take_text();
  }
  const Reply reply = meter->finish(true, seen.forwarded);
  visible += meter->take_text();
  EXPECT_EQ(reply.visible_bytes, static_cast<std::int64_t>(visible.size())) << golden.name;
  seen.told = told(reply, visible);
  return seen;
}

TEST(Meter, SaysOfEveryGoldenAnswerWhatItCost) {
  int read = 0;
  for (const Golden& golden : goldens()) {
    const std::string want = content(kGolden / (golden.name + ".want"));
    EXPECT_EQ(meter(golden, {}, {golden.body}).told, want) << golden.name;
    ++read;
  }
  EXPECT_GE(read, 24);
}

TEST(Meter, HidesExactlyTheUsageThatWasAskedForByUs) {
  for (const Golden& golden : goldens()) {
    if (const fs::path hidden = kGolden / (golden.name + ".hidden"); fs::exists(hidden)) {
      EXPECT_EQ(meter(golden, {.hide_usage = true}, {golden.body}).forwarded, content(hidden));
    }
  }
}

TEST(Meter, IsBlindToWhereBytesAreSplit) {
  for (const Golden& golden : goldens()) {
    for (const MeterOptions options :
         {MeterOptions{}, MeterOptions{.hide_usage = true}, MeterOptions{.whole_events = true}}) {
      const std::string_view body = golden.body;
      const Seen whole = meter(golden, options, {body});
      if (options.whole_events && golden.stream) {
        EXPECT_EQ(whole.forwarded, body) << golden.name;
      }
      std::vector<std::string_view> bytes;
      for (std::size_t at = 0; at < body.size(); ++at) {
        ASSERT_EQ(meter(golden, options, {body.substr(0, at), body.substr(at)}), whole)
            << golden.name << " split at " << at;
        bytes.push_back(body.substr(at, 1));
      }
      EXPECT_EQ(meter(golden, options, bytes), whole) << golden.name;
    }
  }
}

std::string with_line_ends(std::string text, std::string_view end) {
  std::string out;
  for (const char c : text) {
    c == '\n' ? out += end : out += c;
  }
  return out;
}

RC_GTEST_PROP(Meter, FiltersTheSameInRandomSplitsWithEveryLineEnd, ()) {
  static const std::vector<Golden> all = goldens();
  Golden golden = *rc::gen::elementOf(all);
  if (golden.stream && golden.framing == StreamFraming::events) {
    golden.body = with_line_ends(golden.body, *rc::gen::element<std::string>("\n", "\r", "\r\n"));
  }
  const MeterOptions options{.hide_usage = *rc::gen::arbitrary<bool>(), .whole_events = true};
  std::vector<std::string_view> pieces;
  for (std::string_view rest = golden.body; !rest.empty();) {
    const auto size = *rc::gen::inRange<std::size_t>(1, 200);
    pieces.push_back(rest.substr(0, size));
    rest.remove_prefix(pieces.back().size());
  }
  RC_ASSERT(meter(golden, options, pieces) == meter(golden, options, {golden.body}));
}

TEST(Meter, IsCutOffAnywhereWithoutCallingItWhole) {
  for (const Golden& golden : goldens()) {
    if (golden.stream) {
      continue;
    }
    const std::string_view body = std::string_view(golden.body).substr(0, golden.body.size() / 2);
    const auto cut = make_meter(golden.dialect, {});
    std::string unused;
    cut->see(body, unused);
    EXPECT_EQ(cut->finish(false, unused).ending, Ending::broken) << golden.name;
  }
}

TEST(Meter, EndsAStreamWellFormedAfterAnyEvent) {
  for (const Golden& golden : goldens()) {
    if (!golden.stream) {
      continue;
    }
    for (std::size_t at = 0; at < golden.body.size(); ++at) {
      const auto first = make_meter(
          golden.dialect, {.stream = true, .whole_events = true, .framing = golden.framing});
      std::string shown;
      first->see(std::string_view(golden.body).substr(0, at), shown);
      const std::string closing = first->closing_events();
      if (closing.empty()) {
        continue;  // nothing began, or it ended by itself
      }
      const auto again = make_meter(
          golden.dialect, {.stream = true, .hide_usage = true, .framing = golden.framing});
      std::string rest;
      again->see(shown + closing, rest);
      EXPECT_EQ(again->closing_events(), "") << golden.name << " cut at " << at;
      const Reply reply = again->finish(true, rest);
      if (reply.ending != Ending::broken) {
        EXPECT_FALSE(reply.stop_reason.empty()) << golden.name << " cut at " << at << "\n"
                                                << closing;
      }
    }
  }
}

TEST(Meter, ClosesEveryOpenChoiceAndBlock) {
  std::string unused;
  const auto chat = make_meter(Dialect::chat, {.stream = true});
  chat->see(R"(data: {"id":"c","model":"m","created":7,"choices":[{"index":0,)"
            R"("delta":{},"finish_reason":"stop"},)"
            R"({"index":2,"delta":{"content":"x"}}]})"
            "\n\n",
            unused);
  EXPECT_EQ(chat->closing_events(),
            R"(data: {"id":"c","object":"chat.completion.chunk","created":7,"model":"m",)"
            R"("choices":[{"index":2,"delta":{},"finish_reason":"length"}]})"
            "\n\ndata: [DONE]\n\n");
  const auto messages = make_meter(Dialect::messages, {.stream = true});
  messages->see(
      "data: "
      "{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"output_tokens\":3}}}\n\n"
      "data: {\"type\":\"content_block_start\",\"index\":4,\"content_block\":{}}\n\n",
      unused);
  EXPECT_EQ(messages->closing_events(),
            "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":4}\n\n"
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
            "\"max_tokens\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":3}}\n\n"
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
}

TEST(Meter, PassesOnWhatIsTooLargeToRead) {
  std::string forward;
  const auto stream = make_meter(Dialect::chat, {.stream = true, .hide_usage = true});
  const std::string large = "data: {\"x\":\"" + std::string(kEventBytesMax, 'x') + "\"}\n\n";
  const std::string done = "data: [DONE]\n\n";
  stream->see(large, forward);
  stream->see(done, forward);
  EXPECT_TRUE(forward == large + done);
  EXPECT_EQ(stream->finish(true, forward).ending, Ending::no_usage);
}

}  // namespace
}  // namespace purser
