// wire/recorded_test.cpp — meters against answers that real providers gave, in public recordings.
// Each is fed whole and byte by byte, and its usage compared with what the collection's own
// normaliser made of it. Where we differ, a row below says why.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <ostream>

#include "call/stream_bound.hpp"
#include "wire/known_providers.hpp"
#include "wire/wire.hpp"

namespace purser {
namespace {

using simdjson::dom::element;

/// The collection's names of what we meter.
struct Api {
  std::string_view name;
  Dialect dialect;
};
constexpr std::array kApis{
    Api{"openai.chat", Dialect::chat},           Api{"anthropic.messages", Dialect::messages},
    Api{"openai.responses", Dialect::responses}, Api{"openai.completions", Dialect::completions},
    Api{"embeddings", Dialect::embeddings},      Api{"gemini.generateContent", Dialect::gemini},
};

/// Differences from the collection's figures, by the row's id.
struct Difference {
  std::string_view id;
  std::string_view reason;
};
constexpr std::string_view kSeveral =
    "several messages in one stream, each with its own id and bill; the collection keeps the last";
constexpr std::string_view kThoughts =
    "Gemini's thoughts show only in total_tokens, and are billed as output";
constexpr std::string_view kSpeech =
    "speech input of 375 tokens stands outside a prompt of 9: total_tokens counts both";
constexpr std::string_view kLargerPart =
    "11 reasoning tokens cannot be inside 10 completion tokens; the dearer reading, of a free "
    "model";
constexpr std::string_view kReadAndWritten =
    "2161 tokens both read and written: the provider's own bill charges them at both rates";
constexpr std::string_view kVercel =
    "the gateway's own bill charges completion plus reasoning tokens (113 in and 327+256 out of "
    "gpt-5 are its 0.00597125 dollars)";
constexpr std::string_view kVoyage =
    "an embedding's whole prompt stands in total_tokens alone; the collection reads none";
constexpr Difference kDifferences[] = {
    {"w00087", kVoyage},         {"w03835", kVoyage},  {"w04165", kSeveral},
    {"w04212", kSeveral},        {"w04224", kSeveral}, {"w04226", kSeveral},
    {"w04227", kSeveral},        {"w04238", kSeveral}, {"w01393", kThoughts},
    {"w01394", kThoughts},       {"w01836", kSpeech},  {"w01643", kLargerPart},
    {"w01788", kReadAndWritten}, {"w03231", kVercel},  {"w03233", kVercel},
    {"w03236", kVercel},         {"w03239", kVercel},  {"w03241", kVercel},
    {"w03242", kVercel},         {"w03243", kVercel},  {"w03244", kVercel},
    {"w03246", kVercel},         {"w03247", kVercel},  {"w03248", kVercel},
    {"w03251", kVercel},         {"w03255", kVercel},  {"w03256", kVercel},
    {"w03257", kVercel},         {"w03258", kVercel},  {"w03259", kVercel},
};

/// Pictures were drawn and nothing says what they cost: usage alone is no bill, so all that was
/// held is presumed.
constexpr std::array<std::string_view, 7> kUnbilledPictures{"w00015", "w01539", "w01542", "w01543",
                                                            "w01544", "w01547", "w01549"};

std::string recordings() {
  const char* const given = std::getenv("PURSER_DATA");
  const std::string folder = given != nullptr ? given : PURSER_SOURCE_DIR "/../shared/data";
  return folder + "/wire/recorded_exchanges.jsonl.zst";
}

std::string unpacked(const std::string& path) {
  std::string text;
  FILE* const pipe = popen(("zstd -dqc '" + path + "'").c_str(), "r");
  if (pipe == nullptr) {
    return text;
  }
  std::array<char, 65536> block;
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), pipe)) {
    text.append(block.data(), got);
  }
  pclose(pipe);
  return text;
}

std::int64_t number(element from, const char* name) {
  std::int64_t value = 0;
  return from[name].get(value) == simdjson::SUCCESS ? value : 0;
}

struct Figures {
  std::int64_t input = 0, cache_read = 0, cache_write = 0, cache_write_long = 0;
  std::int64_t output = 0, reasoning = 0, searches = 0;
  bool operator==(const Figures&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Figures& f) {
  return out << "in " << f.input << " read " << f.cache_read << " write " << f.cache_write
             << " of which long " << f.cache_write_long << " out " << f.output << " reasoning "
             << f.reasoning << " searches " << f.searches;
}

/// The collection counts the prompt as a whole, and passes besides the top level apart.
Figures expected(element row, bool messages) {
  const element tokens = row["expected"]["tokens"];
  Figures figures{.input = number(tokens, "input_total"),
                  .cache_read = number(tokens, "cache_read"),
                  .cache_write = number(tokens, "cache_write"),
                  .cache_write_long = messages ? number(tokens, "cache_write_1h") : 0,
                  .output = number(tokens, "output_total"),
                  .reasoning = number(tokens, "reasoning"),
                  .searches = messages ? number(tokens, "web_searches") : 0};
  element sum;
  if (tokens["iterations_sum"].get(sum) == simdjson::SUCCESS) {
    figures.cache_read = number(sum, "cache_read_input_tokens");
    figures.cache_write = number(sum, "cache_creation_input_tokens");
    figures.input = number(sum, "input_tokens") + figures.cache_read + figures.cache_write;
    figures.output = number(sum, "output_tokens");
  }
  // Grok at Azure leaves the cached part out of the prompt, which shows when it is the larger one.
  if (figures.cache_read > figures.input) {
    figures.input += figures.cache_read;
  }
  return figures;
}

Figures metered(const Reply& reply, bool messages) {
  const Usage& usage = reply.usage;
  return {.input = usage.prompt_total().count(),
          .cache_read = usage.cache_read.count(),
          .cache_write = (usage.cache_write_short + usage.cache_write_long).count(),
          .cache_write_long = usage.cache_write_long.count(),
          .output = usage.output.count(),
          .reasoning = usage.reasoning.count(),
          .searches = messages ? usage.web_searches : 0};
}

Reply meter(Dialect dialect, const MeterOptions& options, std::string_view body, std::size_t step) {
  const auto meter = make_meter(dialect, options);
  std::string unused;
  for (std::size_t at = 0; at < body.size(); at += step) {
    meter->see(body.substr(at, step), unused);
  }
  return meter->finish(true, unused);
}

void expect_same(const Reply& whole, const Reply& split, std::string_view id) {
  EXPECT_EQ(whole.usage, split.usage) << id;
  EXPECT_EQ(whole.ending, split.ending) << id;
  EXPECT_EQ(whole.model, split.model) << id;
  EXPECT_EQ(whole.stop_reason, split.stop_reason) << id;
  EXPECT_EQ(whole.visible_bytes, split.visible_bytes) << id;
  EXPECT_EQ(whole.passes.size(), split.passes.size()) << id;
}

std::optional<Dialect> dialect_of(std::string_view api) {
  const auto found = std::ranges::find(kApis, api, &Api::name);
  return found == kApis.end() ? std::nullopt : std::optional(found->dialect);
}

std::string body_of(element row) {
  const element body = row["response"]["body"];
  std::string_view text;
  if (body.get(text) == simdjson::SUCCESS) {
    return std::string(text);
  }
  return simdjson::minify(body);
}

TEST(Recorded, EveryAnswerIsMeteredAsItWasBilled) {
  if (!std::filesystem::exists(recordings())) {
    GTEST_SKIP() << "no recordings at " << recordings() << " (set PURSER_DATA)";
  }
  const std::string lines = unpacked(recordings());
  ASSERT_FALSE(lines.empty()) << "zstd could not unpack " << recordings();
  std::map<std::string_view, std::string_view> differ;
  for (const Difference& each : kDifferences) {
    differ.emplace(each.id, each.reason);
  }
  simdjson::dom::parser parser;
  int compared = 0;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    const element row = parser.parse(lines.data() + at, end - at);
    at = end + 1;
    const std::string_view api = row["api"];
    const auto dialect = dialect_of(api);
    if (!dialect) {
      continue;
    }
    const bool messages = dialect == Dialect::messages;
    const std::string body = body_of(row);
    const std::string_view provider = row["provider"];
    const MeterOptions options{
        .stream = row["streaming"],
        .quirks = quirks_of(provider),
        .framing = body.starts_with('[') ? StreamFraming::array : StreamFraming::events};
    const std::string_view id = row["id"];
    const Reply reply = meter(*dialect, options, body, body.size() + 1);
    expect_same(reply, meter(*dialect, options, body, 1), id);
    const std::string_view check = row["expected"]["check"];
    if (check == "error_response" || check == "no_usage_in_response") {
      EXPECT_FALSE(reply.saw_usage) << id;
      continue;
    }
    ++compared;
    EXPECT_TRUE(reply.saw_usage) << id;
    const bool same = metered(reply, messages) == expected(row, messages);
    EXPECT_EQ(same, !differ.contains(id))
        << id << (same ? " no longer differs: " + std::string(differ[id]) : "") << "\n  metered  "
        << metered(reply, messages) << "\n  expected " << expected(row, messages);
    const bool has_end = reply.ending == Ending::complete || reply.ending == Ending::refused;
    EXPECT_EQ(has_end, std::ranges::find(kUnbilledPictures, id) == kUnbilledPictures.end())
        << id << " ended as " << static_cast<int>(reply.ending);
  }
  EXPECT_GT(compared, 1000);
}

TEST(Recorded, StreamsOfThoseWhoNeedNotBeAskedReportTheirUsage) {
  if (!std::filesystem::exists(recordings())) {
    GTEST_SKIP() << "no recordings at " << recordings() << " (set PURSER_DATA)";
  }
  const std::string lines = unpacked(recordings());
  simdjson::dom::parser parser;
  int unasked = 0;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    const element row = parser.parse(lines.data() + at, end - at);
    at = end + 1;
    const Quirks quirks = quirks_of(std::string_view(row["provider"]));
    element asked;
    if (!quirks.usage_unasked || std::string_view(row["api"]) != "openai.chat" ||
        !bool(row["streaming"]) ||
        row["request"]["body"]["stream_options"].get(asked) == simdjson::SUCCESS) {
      continue;
    }
    ++unasked;
    const std::string body = body_of(row);
    const Reply reply =
        meter(Dialect::chat, {.stream = true, .quirks = quirks}, body, body.size() + 1);
    EXPECT_TRUE(reply.saw_usage) << std::string_view(row["id"]);
  }
  EXPECT_GE(unasked, 6);
}

/// An answer whose bound is what was billed for it, to the token: the least an honest one can have.
TEST(Recorded, NoAnswerIsPastTheTokensItWasBilledFor) {
  if (!std::filesystem::exists(recordings())) {
    GTEST_SKIP() << "no recordings at " << recordings() << " (set PURSER_DATA)";
  }
  const std::string lines = unpacked(recordings());
  simdjson::dom::parser parser;
  int counted = 0;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    const element row = parser.parse(lines.data() + at, end - at);
    at = end + 1;
    std::string_view model;
    const std::string_view provider = row["provider"];
    if (std::string_view(row["api"]) != "openai.chat" ||
        row["model_requested"].get(model) != simdjson::SUCCESS) {
      continue;
    }
    const auto encoding = public_encoding(provider, model);
    const std::string body = body_of(row);
    const auto meter =
        make_meter(Dialect::chat,
                   {.stream = row["streaming"], .keep_text = true, .quirks = quirks_of(provider)});
    std::string unused;
    meter->see(body, unused);
    const Reply reply = meter->finish(true, unused);
    StreamBound bound(reply.usage.output, encoding);
    if (!reply.saw_usage || !bound.wants_text(reply.visible_bytes)) {
      continue;
    }
    ++counted;
    bound.count(meter->take_text());
    EXPECT_FALSE(bound.passed(reply.visible_bytes))
        << std::string_view(row["id"]) << ": " << reply.usage.output.count() << " billed for "
        << reply.visible_bytes << " bytes of " << model;
  }
  EXPECT_GT(counted, 100);
}

/// What real clients sent to Google is read, and what was billed for it lies within its bound.
TEST(Recorded, NoGooglePromptIsBilledAboveItsBound) {
  if (!std::filesystem::exists(recordings())) {
    GTEST_SKIP() << "no recordings at " << recordings() << " (set PURSER_DATA)";
  }
  const std::string lines = unpacked(recordings());
  simdjson::dom::parser parser;
  int bounded = 0;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    const element row = parser.parse(lines.data() + at, end - at);
    at = end + 1;
    element asked;
    std::string_view url;
    if (dialect_of(row["api"]) != Dialect::gemini ||
        row["request"]["body"].get(asked) != simdjson::SUCCESS || !asked.is_object() ||
        row["request"]["url"].get(url) != simdjson::SUCCESS) {
      continue;
    }
    const std::string_view id = row["id"];
    const std::string body = simdjson::minify(asked);
    const auto call = read_request(Dialect::gemini, body, {}, url.substr(0, url.find('?')));
    ASSERT_TRUE(call) << id << ": " << call.error().message;
    EXPECT_EQ(call->stream, static_cast<bool>(row["streaming"])) << id;
    const Tokens billed(number(row["expected"]["tokens"], "input_total"));
    EXPECT_GE(input_bound(*call), billed) << id;
    ++bounded;
  }
  EXPECT_GT(bounded, 100);
}

}  // namespace
}  // namespace purser
