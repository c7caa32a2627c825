// translate/recorded_test.cpp — every recorded exchange of these four dialects, in every other one.
// Nothing of it may crash or be refused by a reader, and what was not carried is counted by reason.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "translate/recordings_test.hpp"

namespace purser::translate {
namespace {

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
