// translate/recorded_test.cpp — every recorded exchange of these four dialects, in every other one.
// Nothing of it may crash or be refused by a reader, and what was not carried is counted by reason.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "translate/json.hpp"
#include "translate/translate.hpp"

namespace purser::translate {
namespace {

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

std::optional<Wire> wire_of(std::string_view api) {
  constexpr std::pair<std::string_view, Wire> kApis[] = {{"openai.chat", Wire::chat},
                                                         {"anthropic.messages", Wire::messages},
                                                         {"openai.responses", Wire::responses},
                                                         {"gemini.generateContent", Wire::gemini}};
  for (const auto& [name, wire] : kApis) {
    if (name == api) {
      return wire;
    }
  }
  return {};
}

struct Exchange {
  std::string id;
  Wire wire = Wire::chat;
  bool streaming = false;
  int status = 0;
  std::string request = {};   // empty: not recorded
  std::string response = {};  // likewise
};

std::string body_text(const json::value& body) {
  return body.is_null()     ? std::string()
         : body.is_string() ? std::string(text_of(body))
                            : print(body);
}

std::vector<Exchange> exchanges() {
  std::vector<Exchange> read;
  const std::string all = unpacked(recordings());
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find('\n', at), all.size());
    const auto row = parsed(std::string_view(all).substr(at, end - at));
    at = end + 1;
    if (!row) {
      continue;
    }
    const json::object& fields = row->as_object();
    const auto wire = wire_of(text_of(fields.at("api")));
    const json::object* const request = fields.at("request").if_object();
    const json::object* const response = fields.at("response").if_object();
    if (!wire || response == nullptr) {
      continue;
    }
    const json::value* const status = response->if_contains("status");
    Exchange exchange{.id = std::string(text_of(fields.at("id"))),
                      .wire = *wire,
                      .streaming = fields.at("streaming").as_bool(),
                      .status = status != nullptr && status->is_int64()
                                    ? static_cast<int>(status->get_int64())
                                    : 0};
    if (request != nullptr && request->contains("body")) {
      exchange.request = body_text(request->at("body"));
    }
    exchange.response = body_text(response->at("body"));
    read.push_back(std::move(exchange));
  }
  return read;
}

class Recorded : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(recordings())) {
      GTEST_SKIP() << "no recordings at " << recordings();
    }
    exchanges_ = exchanges();
    ASSERT_GT(exchanges_.size(), 1000u);
  }
  void count(const Losses& losses) {
    for (const Loss& loss : losses) {
      ++counts_[std::string(to_string(loss.fate)) + " " + std::string(to_string(loss.concern)) +
                ": " + (loss.concern == Concern::unknown ? loss.path : loss.why)];
    }
  }
  void print_counts() const {
    for (const auto& [why, times] : counts_) {
      std::printf("%6d  %s\n", times, why.c_str());
    }
  }
  std::vector<Exchange> exchanges_;
  std::map<std::string, int> counts_;
};

TEST_F(Recorded, EveryRequestIsReadAndWrittenInEveryOtherDialect) {
  int read_count = 0;
  for (const Exchange& exchange : exchanges_) {
    if (exchange.request.empty()) {
      continue;
    }
    const auto conversation = read(exchange.wire, exchange.request, {.model = "a-model"});
    ASSERT_TRUE(conversation) << exchange.id << ": " << conversation.error().message;
    ++read_count;
    count(conversation->losses);
    for (const Wire to : kWires) {
      const auto written = write(to, *conversation, Policy::report_all());
      ASSERT_TRUE(written) << exchange.id;
      const auto again = read(to, written->body, {.model = written->path_model});
      ASSERT_TRUE(again) << exchange.id << ": " << again.error().message << "\n" << written->body;
      for (const Loss& loss : again->losses) {
        EXPECT_NE(loss.concern, Concern::unknown) << exchange.id << " " << loss.path;
      }
      count(
          Losses(written->losses.begin() + static_cast<std::ptrdiff_t>(conversation->losses.size()),
                 written->losses.end()));
    }
  }
  print_counts();
  EXPECT_GT(read_count, 1900);
}

/// Recorded under these names, and answers of other endpoints.
constexpr std::string_view kOthers[] = {"w01458", "w04146", "w04147"};

TEST_F(Recorded, EveryPlainAnswerIsReadAndWrittenInEveryOtherDialect) {
  int read_count = 0;
  for (const Exchange& exchange : exchanges_) {
    if (exchange.streaming || exchange.response.empty() ||
        std::ranges::find(kOthers, exchange.id) != std::end(kOthers)) {
      continue;
    }
    if (exchange.status != 200) {
      const Problem problem = read_error(exchange.wire, exchange.status, exchange.response);
      EXPECT_FALSE(problem.message.empty()) << exchange.id;
      continue;
    }
    const auto answer = read_answer(exchange.wire, exchange.response, {.id = "x"});
    EXPECT_TRUE(answer) << exchange.id << ": " << answer.error().message << "\n"
                        << exchange.response.substr(0, 300);
    if (!answer) {
      continue;
    }
    ++read_count;
    if (answer->problem) {
      continue;
    }
    count(answer->losses);
    for (const Wire to : kWires) {
      const WrittenAnswer written = write_answer(to, *answer, {.id = "x", .now = 1});
      const auto again = read_answer(to, written.body, {.id = "x"});
      ASSERT_TRUE(again) << exchange.id << ": " << again.error().message << written.body;
      if (answer->usage) {
        ASSERT_TRUE(again->usage) << exchange.id;
        EXPECT_EQ(again->usage->prompt(), answer->usage->prompt()) << exchange.id;
        EXPECT_EQ(again->usage->output, answer->usage->output) << exchange.id;
      }
    }
  }
  print_counts();
  EXPECT_GT(read_count, 1600);
}

}  // namespace
}  // namespace purser::translate
