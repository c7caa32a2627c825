// store/keys_test.cpp — keys open what they should, and nothing tells their secrets.
#include "store/keys.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace purser {
namespace {

const Instant kNow = Instant::from_seconds(1'795'000'000);

/// A folder of its own, gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "purser-store-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(Keys, AKeyOpensUntilItExpiresOrIsRevoked) {
  const Folder folder;
  auto book = KeyBook::open(folder.path());
  ASSERT_TRUE(book);
  KeyRecord wanted;
  wanted.name = "test";
  wanted.caller.user = "ann";
  wanted.caller.tags = {{"team \"x\"", "y"}};
  wanted.expires = kNow + std::chrono::hours(1);
  const auto made = (*book)->create(wanted, kNow);
  ASSERT_TRUE(made);
  auto ring = *(*book)->read();
  const KeyRecord* found = ring->find(made->secret, kNow);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->caller.user, "ann");
  EXPECT_EQ(found->caller.key, made->id);
  EXPECT_EQ(found->caller.tags, wanted.caller.tags);
  EXPECT_EQ(ring->find(made->secret, wanted.expires), nullptr);
  EXPECT_EQ(ring->find(made->secret + "x", kNow), nullptr);
  EXPECT_EQ(ring->find("", kNow), nullptr);
  ASSERT_TRUE((*book)->revoke(made->id, kNow));
  EXPECT_FALSE((*book)->revoke(made->id, kNow)) << "once is enough";
  EXPECT_EQ((*(*book)->read())->find(made->secret, kNow), nullptr);
}

TEST(Keys, ARotatedKeyHasTwoSecretsForAWhile) {
  const Folder folder;
  auto book = KeyBook::open(folder.path());
  const auto made = (*book)->create({}, kNow);
  const Instant until = kNow + std::chrono::minutes(5);
  const auto rotated = (*book)->rotate(made->id, kNow, until);
  ASSERT_TRUE(rotated);
  EXPECT_NE(rotated->secret, made->secret);
  const auto ring = *(*book)->read();
  EXPECT_NE(ring->find(made->secret, kNow), nullptr);
  EXPECT_EQ(ring->find(made->secret, until), nullptr);
  EXPECT_NE(ring->find(rotated->secret, until), nullptr);
  EXPECT_FALSE((*book)->rotate("key_nobody", kNow, until));
}

TEST(Keys, OnlyAKeyThatWasMadeForItOperates) {
  const Folder folder;
  auto book = KeyBook::open(folder.path());
  KeyRecord wanted;
  wanted.operates = true;
  const auto able = (*book)->create(wanted, kNow);
  const auto plain = (*book)->create({}, kNow);
  const auto ring = *(*book)->read();
  EXPECT_TRUE(ring->find(able->secret, kNow)->operates);
  EXPECT_FALSE(ring->find(plain->secret, kNow)->operates);
}

TEST(Keys, ASecretIsNowhereInTheFile) {
  const Folder folder;
  std::string secret;
  {
    auto book = KeyBook::open(folder.path());
    secret = (*book)->create({}, kNow)->secret;
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
    EXPECT_EQ(bytes.find(secret), std::string::npos) << entry.path();
  }
}

TEST(KeyWatch, SeesWhatAnotherProcessDoes) {
  const Folder folder;
  auto watch = KeyWatch::open(folder.path());
  ASSERT_TRUE(watch);
  ASSERT_TRUE(*(*watch)->look());
  EXPECT_FALSE(*(*watch)->look());
  auto book = KeyBook::open(folder.path());
  const auto made = (*book)->create({}, kNow);
  ASSERT_TRUE(*(*watch)->look());
  EXPECT_NE((*watch)->ring()->find(made->secret, kNow), nullptr);
}

TEST(Rights, AreReadAndWritten) {
  EXPECT_EQ(to_text(*parse_rights("all")), "user,tier,team,feature,session,priority,tags");
  EXPECT_EQ(to_text(*parse_rights("none")), "none");
  EXPECT_EQ(to_text(*parse_rights("session,user")), "user,session");
  EXPECT_FALSE(parse_rights("usr"));
}

}  // namespace
}  // namespace purser
