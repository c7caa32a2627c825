// app/replay_test.cpp — recorded sessions against the simulated provider: nothing is lost on the
// way, and every request is one that a provider accepts.
#include "app/replay.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "app/replay_recording.hpp"
#include "app/replay_request.hpp"
#include "app/replay_tally.hpp"
#include "simulate/provider.hpp"

namespace purser {
namespace {

namespace json = boost::json;

constexpr std::string_view kSession =
    R"({"id":"s 1","model":"gpt-4o","domain":"airline customer service","messages":[)"
    R"({"role":"system","content":"Be brief."},)"
    R"({"role":"user","content":"Where is my bag?","ts":"2026-01-01T10:00:00Z"},)"
    R"({"role":"assistant","content":"","ts":"2026-01-01T10:00:02Z","tool_calls":[)"
    R"({"id":"a","name":"find","arguments":"{\"bag\":1}"},)"
    R"({"id":"b","name":"find","arguments":"{\"bag\":2}"}]},)"
    R"({"role":"tool","tool_call_id":"b","content":"at the gate"},)"
    R"({"role":"tool","tool_call_id":"zzz","content":"nobody asked"},)"
    R"({"role":"assistant","content":""},)"
    R"({"role":"assistant","content":"At the gate."}]})";

/// A file of its own, gone with the test.
class File {
 public:
  explicit File(std::string_view content)
      : path_(std::filesystem::path(testing::TempDir()) /
              (std::string("replay-") +
               testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~File() { std::filesystem::remove(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::unique_ptr<simulate::Provider> provider() {
  simulate::Options options;
  options.port = 0;
  auto started = simulate::Provider::start(options);
  EXPECT_TRUE(started);
  return std::move(*started);
}

struct Played {
  int exit = 0;
  json::value report;
};

Played play(ReplayOptions options) {
  options.speed = 0;
  options.format = Format::json;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Played played{.exit = replay(options), .report = {}};
  testing::internal::GetCapturedStderr();
  const std::string out = testing::internal::GetCapturedStdout();
  played.report = out.empty() ? json::value() : json::parse(out);
  return played;
}

std::int64_t total(const Played& played, std::string_view column) {
  return played.report.at("total").as_array().at(0).at(column).as_int64();
}

TEST(Recording, MendsWhatProvidersRefuse) {
  const File file(kSession);
  const auto recordings = read_recordings(file.path());
  ASSERT_TRUE(recordings) << recordings.error().message;
  ASSERT_EQ(recordings->size(), 1);
  const Recording& recording = recordings->front();
  const auto& messages = recording.messages;
  ASSERT_EQ(messages.size(), 7);
  ASSERT_EQ(messages[2].calls.size(), 1) << "the call without a result is gone";
  EXPECT_EQ(messages[2].calls[0].id, "b");
  EXPECT_EQ(messages[3].role, Said::Role::tool);
  EXPECT_EQ(messages[4].role, Said::Role::user) << "a result that no call asked for";
  EXPECT_EQ(messages[2].pause, std::chrono::seconds(2));
  EXPECT_TRUE(messages[2].asks());
  EXPECT_FALSE(messages[5].asks()) << "an answer that was aborted is not asked for again";
  ASSERT_EQ(recording.tools.size(), 1);
  EXPECT_EQ(recording.tools[0].name, "find");
}

TEST(Recording, GivesAResultWithoutAnIdTheOldestOpenCall) {
  const File file(R"({"id":"t","messages":[{"role":"user","content":"x"},)"
                  R"({"role":"assistant","content":"","tool_calls":[{"id":"3","name":"search"}]},)"
                  R"({"role":"tool","name":"search","content":"found"}]})");
  const auto recordings = read_recordings(file.path());
  ASSERT_TRUE(recordings);
  EXPECT_EQ(recordings->front().messages[2].call_id, "3");
}

TEST(Recording, NamesTheLineThatCannotBeRead) {
  const File file(std::string(kSession) + "\n\n{\"id\":7}\n");
  const auto recordings = read_recordings(file.path());
  ASSERT_FALSE(recordings);
  EXPECT_TRUE(recordings.error().message.contains("line 3")) << recordings.error().message;
  EXPECT_FALSE(read_recordings("/nowhere/at/all"));
  const File broken("\x28\xB5\x2F\xFDnot zstd");
  EXPECT_FALSE(read_recordings(broken.path()));
}

TEST(History, SaysTheSameInBothDialects) {
  const File file(kSession);
  const auto recordings = read_recordings(file.path());
  ASSERT_TRUE(recordings);
  const auto ask = [&](const char* model) {
    History history(recordings->front(),
                    {.model = model, .dialect = dialect_of_model(model), .output_max = 99});
    for (const Said& said : recordings->front().messages) {
      history.add(said);
    }
    return json::parse(history.request());
  };
  const json::value chat = ask("gpt-4o");
  EXPECT_EQ(chat.at_pointer("/messages/2/tool_calls/0/function/arguments"), R"({"bag":2})");
  EXPECT_EQ(chat.at_pointer("/messages/3/tool_call_id"), "b");
  EXPECT_EQ(chat.at("max_tokens"), 99);
  EXPECT_EQ(ask("o3").at("max_completion_tokens"), 99);
  const json::value messages = ask("claude-opus-5-5");
  EXPECT_EQ(messages.at_pointer("/system/0/text"), "Be brief.");
  EXPECT_EQ(messages.at_pointer("/messages/1/content/0/input/bag"), 2);
  EXPECT_EQ(messages.at_pointer("/messages/2/content/0/tool_use_id"), "b");
  EXPECT_EQ(messages.at_pointer("/tools/0/input_schema/type"), "object");
}

TEST(History, ForgetsWhatTheAgentCompacted) {
  const Recording recording;
  History history(recording, {.model = "gpt-4o", .output_max = 9});
  history.add({.role = Said::Role::user, .text = "long ago"});
  history.add({.role = Said::Role::user, .text = "now", .forgets = true});
  EXPECT_FALSE(history.request().contains("long ago"));
  EXPECT_TRUE(history.request().contains("now"));
}

TEST(Replay, PlaysEveryTurnInBothDialectsAndAddsUpWhatTheProviderCounted) {
  const File file(kSession);
  for (const std::int64_t stream_percent : {0, 100}) {
    for (const char* model : {"gpt-4o", "claude-opus-5-5", "gpt-6-sol"}) {
      const auto shop = provider();
      const Played played = play({.file = file.path(),
                                  .base = shop->base_url(),
                                  .users = 2,
                                  .concurrency = 3,
                                  .sessions = 5,
                                  .stream_percent = stream_percent,
                                  .models = {{"", model}}});
      EXPECT_EQ(played.exit, 0);
      EXPECT_EQ(total(played, "calls"), 10) << model;
      EXPECT_EQ(total(played, "cost unknown"), 10) << "a provider does not tell its price";
      EXPECT_EQ(played.report.at("users").as_array().size(), 2);
      std::int64_t tokens_in = 0;
      std::int64_t tokens_out = 0;
      for (const simulate::BillRow& row : shop->bill().rows()) {
        tokens_in += row.usage.prompt();
        tokens_out += row.usage.output;
      }
      EXPECT_EQ(total(played, "tokens in"), tokens_in) << model;
      EXPECT_EQ(total(played, "tokens out"), tokens_out) << model;
    }
  }
}

TEST(Replay, EndsASessionThatIsRefusedAndCountsIt) {
  const File file(kSession);
  const auto shop = provider();
  const Played played =
      play({.file = file.path(), .base = shop->base_url(), .models = {{"gpt", "gpt-4o#402"}}});
  EXPECT_EQ(played.exit, 0);
  EXPECT_EQ(total(played, "denied"), 1);
  EXPECT_EQ(total(played, "calls"), 0);
  EXPECT_EQ(shop->bill().rows().size(), 1) << "a refusal for money is not tried again";
}

TEST(Replay, SaysWhenNobodyAnswers) {
  const File file(kSession);
  auto shop = provider();
  const std::string base = shop->base_url();
  shop.reset();
  const Played played = play({.file = file.path(), .base = base});
  EXPECT_EQ(played.exit, 1);
  EXPECT_EQ(total(played, "failed"), 1);
  EXPECT_EQ(total(played, "retries"), 2);
}

TEST(Replay, PlaysRealSessions) {
  const char* const data = std::getenv("PURSER_DATA");
  const std::filesystem::path file =
      std::filesystem::path(data != nullptr ? data : PURSER_SOURCE_DIR "/../shared/data") /
      "trajectories/sessions.jsonl.zst";
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << "no recorded sessions at " << file;
  }
  const auto shop = provider();
  const Played played = play({.file = file, .base = shop->base_url(), .sessions = 150});
  EXPECT_EQ(played.exit, 0);
  EXPECT_EQ(total(played, "failed"), 0);
  EXPECT_EQ(total(played, "denied"), 0);
  EXPECT_GT(total(played, "calls"), 1'000);
}

TEST(Tally, AddsOneCallToItsSessionUserTierAndFeature) {
  Tally tally;
  const Player player{.user = "u", .tier = "free", .feature = "f", .session = "s"};
  tally.add(player, "gpt-4o", {.kind = Heard::Kind::answered, .cost = Amount::from_nanos(1'500)});
  tally.add(player, "gpt-4o", {.kind = Heard::Kind::denied, .message = "limit user-day"});
  const json::value report = json::parse(tally.report(Format::json));
  for (const char* table : {"sessions", "users", "tiers", "features", "total"}) {
    const json::value& row = report.at(table).as_array().at(0);
    EXPECT_EQ(row.at("cost usd"), 0.0000015) << table;
    EXPECT_EQ(row.at("calls"), 1) << table;
    EXPECT_EQ(row.at("denied"), 1) << table;
  }
  EXPECT_EQ(report.at_pointer("/messages/0/refusal or failure"), "limit user-day");
  EXPECT_TRUE(tally.report(Format::table).contains("0.000001500"));
}

TEST(Replay, ReadsSpeedsAndMappings) {
  EXPECT_EQ(parse_speed("100x"), 100.0);
  EXPECT_EQ(parse_speed("2.5"), 2.5);
  EXPECT_EQ(parse_speed("max"), 0.0);
  for (const char* text : {"", "x", "0", "-1x", "fast", "1e9x", "nan"}) {
    EXPECT_FALSE(parse_speed(text)) << text;
  }
  EXPECT_EQ(parse_model_mapping("gpt-4-turbo=gpt-4o")->played, "gpt-4o");
  EXPECT_FALSE(parse_model_mapping("gpt-4o"));
  EXPECT_FALSE(parse_model_mapping("gpt-4o="));
  EXPECT_EQ(played_model("litellm_proxy/claude-sonnet-4-20250514", {}), "claude-sonnet-5-5");
  EXPECT_EQ(played_model("gpt-4o-class", {{"gpt-4o", "o3"}}), "o3");
  EXPECT_EQ(played_model("", {}), "gpt-4.1");
}

}  // namespace
}  // namespace purser
