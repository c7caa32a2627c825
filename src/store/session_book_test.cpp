// store/session_book_test.cpp — what is read back is what was written.
#include "store/session_book.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace purser {
namespace {

const Instant kNow = Instant::from_seconds(1'795'000'000);

class SessionBookTest : public testing::Test {
 protected:
  SessionBookTest() {
    std::string name = (std::filesystem::temp_directory_path() / "purser-ended-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~SessionBookTest() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<SessionBook> open() const {
    return std::move(SessionBook::open(folder_).value());
  }

  static EndedSession some(const std::string& name, std::uint64_t scope, Instant last) {
    EndedSession session;
    session.name = name;
    session.why = "ended by key_a";
    session.named = scope % 2 == 0;
    session.met_midway = true;
    session.scope = {.high = scope, .low = 1};
    session.preamble = {.high = 2, .low = scope};
    session.root = {.high = 3, .low = 4};
    session.trace = {.high = 5, .low = 6};
    session.turns = 7;
    session.tool_calls = 8;
    session.spent = Amount::from_nanos(9);
    session.tokens_in = Tokens(10);
    session.tokens_out = Tokens(11);
    session.started = kNow;
    session.last = last;
    for (std::uint64_t i = 0; i < scope; ++i) {
      session.conversations.push_back({.preamble = {.high = i, .low = 12},
                                       .length = static_cast<std::int64_t>(i),
                                       .answered = i % 2 == 0,
                                       .names = {Digest{.high = i, .low = 13}, {}, {}, {}}});
    }
    return session;
  }

  std::filesystem::path folder_;
};

TEST_F(SessionBookTest, ReadsBackWhatItWasToldByALaterOne) {
  const EndedSession early = some("s", 0, kNow);
  EndedSession late = some("s", 3, kNow + std::chrono::seconds(5));  // the same name elsewhere
  {
    const auto book = open();
    ASSERT_TRUE(book->add(late));
    ASSERT_TRUE(book->add(early));
    late.why = "ended again";
    ASSERT_TRUE(book->add(late));
  }
  EXPECT_EQ(open()->read(kNow).value(), (std::vector{early, late}));
  EXPECT_EQ(open()->read(kNow + std::chrono::seconds(1)).value(), std::vector{late});
}

TEST_F(SessionBookTest, ForgetsWhatNobodyAsksForAndKeepsTheRest) {
  const auto book = open();
  for (const std::string name : {"asked", "quiet"}) {
    ASSERT_TRUE(book->add(some(name, 1, kNow)));
  }
  const Instant later = kNow + std::chrono::hours(1);
  const std::vector<EndedUse> uses{
      {.name = "asked", .scope = {.high = 1, .low = 1}, .last = later},
      {.name = "asked", .scope = {.high = 2, .low = 1}, .last = later}};  // not in the book
  ASSERT_TRUE(book->note(uses, later));
  EXPECT_EQ(book->read(kNow).value(), std::vector{some("asked", 1, later)});
}

}  // namespace
}  // namespace purser
