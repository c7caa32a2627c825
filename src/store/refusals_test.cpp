// store/refusals_test.cpp — refusals are kept, the oldest go, and each key sees its own.
#include "store/refusals.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace purser {
namespace {

class Refusals : public testing::Test {
 protected:
  Refusals() { std::filesystem::create_directories(folder_); }
  ~Refusals() override { std::filesystem::remove_all(folder_); }
  static RefusedCall refused(std::int64_t id, const std::string& key) {
    RefusedCall call;
    call.call = CallId(id);
    call.at = Instant::from_seconds(id);
    call.caller.key = key;
    call.caller.user = "ann";
    call.model = "gpt-4o";
    call.limit = "daily";
    call.message = "You have reached your daily limit.";
    return call;
  }
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("purser_refusals_" + std::to_string(::getpid()));
};

TEST_F(Refusals, AreReadBackAsTheyWereByTheKeyThatMadeThem) {
  auto book = RefusalBook::open(folder_);
  ASSERT_TRUE(book) << book.error().message;
  const std::vector calls{refused(7, "key_a"), refused(8, "key_b")};
  ASSERT_TRUE((*book)->add(calls));
  const auto mine = find_refusal(folder_, CallId(7), "key_a");
  ASSERT_TRUE(mine && *mine);
  EXPECT_EQ((*mine)->caller, calls[0].caller);
  EXPECT_EQ((*mine)->at, calls[0].at);
  EXPECT_EQ((*mine)->model, "gpt-4o");
  EXPECT_EQ((*mine)->limit, "daily");
  EXPECT_EQ((*mine)->message, calls[0].message);
  EXPECT_FALSE(*find_refusal(folder_, CallId(7), "key_b"));
  EXPECT_TRUE(*find_refusal(folder_, CallId(8), ""));
  EXPECT_FALSE(*find_refusal(folder_, CallId(9), ""));
}

TEST_F(Refusals, OnlyTheLatestAreKept) {
  auto book = RefusalBook::open(folder_);
  ASSERT_TRUE(book);
  for (std::int64_t id = 1; id <= 25; ++id) {
    const RefusedCall call = refused(id, "key_a");
    ASSERT_TRUE((*book)->add({&call, 1}, 10));
  }
  EXPECT_FALSE(*find_refusal(folder_, CallId(15), ""));
  EXPECT_TRUE(*find_refusal(folder_, CallId(16), ""));
  EXPECT_TRUE(*find_refusal(folder_, CallId(25), ""));
}

}  // namespace
}  // namespace purser
