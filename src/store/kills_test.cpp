// store/kills_test.cpp — switches thrown by one process and seen by another.
#include "store/kills.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "store/audit.hpp"
#include "store/keys.hpp"

namespace purser {
namespace {

const Instant kNow = Instant::from_seconds(1'795'000'000);

/// A folder of its own, gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "purser-kills-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

KillSwitch kill_of(KillTarget target) {
  KillSwitch kill;
  kill.target = std::move(target);
  kill.at = kNow;
  kill.who = "eve";
  kill.why = "it loops";
  return kill;
}

TEST(KillBook, ASwitchIsReadBackAsItWasThrown) {
  const Folder folder;
  ASSERT_TRUE(KeyBook::open(folder.path())) << "it makes the books";
  const auto book = *KillBook::open(folder.path());
  KillSwitch kill = kill_of({.feature = "f",
                             .user = "u",
                             .model = "m",
                             .team = "t",
                             .tier = "r",
                             .key = "k",
                             .session = "s"});
  kill.reach = Reach::running;
  kill.until = kNow + std::chrono::hours(2);
  kill.id = *book->add(kill);
  const auto known = *book->list(kNow);
  ASSERT_EQ(known.size(), 1U);
  EXPECT_EQ(known[0].id, kill.id);
  EXPECT_EQ(known[0].target, kill.target);
  EXPECT_EQ(known[0].reach, kill.reach);
  EXPECT_EQ(known[0].at, kill.at);
  EXPECT_EQ(known[0].until, kill.until);
  EXPECT_EQ(known[0].who, kill.who);
  EXPECT_EQ(known[0].why, kill.why);
  EXPECT_TRUE(book->list(kill.until)->empty()) << "it has ended";
}

TEST(KillBook, AnotherProcessSeesANewVersionForEveryChange) {
  const Folder folder;
  ASSERT_TRUE(KeyBook::open(folder.path()));
  const auto seen = *KillBook::open(folder.path());
  const auto thrown = *KillBook::open(folder.path());
  const std::int64_t before = *seen->version();
  EXPECT_EQ(*seen->version(), before);
  ASSERT_TRUE(thrown->add(kill_of({.user = "ann"})));
  const std::int64_t after = *seen->version();
  EXPECT_NE(after, before);
  ASSERT_TRUE(thrown->resume({}, "eve", kNow));
  EXPECT_NE(*seen->version(), after);
}

TEST(KillBook, ResumesByIdByWhatASwitchNamesOrAll) {
  const Folder folder;
  ASSERT_TRUE(KeyBook::open(folder.path()));
  const auto book = *KillBook::open(folder.path());
  const KillId first = *book->add(kill_of({.user = "ann"}));
  const KillId both = *book->add(kill_of({.feature = "f", .user = "ann"}));
  const KillId all = *book->add(kill_of({}));
  ASSERT_TRUE(book->resume({.id = first, .target = {}}, "eve", kNow));
  EXPECT_FALSE(book->resume({.id = first, .target = {}}, "eve", kNow)) << "once is enough";
  EXPECT_FALSE(book->resume({.id = {}, .target = KillTarget{.user = "ann"}}, "eve", kNow));
  const auto resumed =
      book->resume({.id = {}, .target = KillTarget{.feature = "f", .user = "ann"}}, "eve", kNow);
  ASSERT_TRUE(resumed);
  ASSERT_EQ(resumed->size(), 1U);
  EXPECT_EQ(resumed->front().id, both);
  EXPECT_EQ(book->list(kNow)->front().id, all);
  ASSERT_TRUE(book->resume({}, "eve", kNow));
  EXPECT_TRUE(book->list(kNow)->empty());
}

TEST(KillBook, TheAuditSaysWhoAndWhyAndNothingOfWhatWasRefused) {
  const Folder folder;
  ASSERT_TRUE(KeyBook::open(folder.path()));
  const auto book = *KillBook::open(folder.path());
  KillSwitch kill = kill_of({.user = "ann"});
  kill.reach = Reach::running;
  ASSERT_TRUE(book->add(kill));
  kill.why = "";
  ASSERT_FALSE(book->add(kill));
  ASSERT_TRUE(book->resume({}, "bob", kNow + std::chrono::seconds(1)));
  ASSERT_FALSE(book->resume({}, "bob", kNow + std::chrono::seconds(2)));
  const auto lines = *read_audit(folder.path(), kNow);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].who, "eve");
  EXPECT_EQ(lines[0].what, "killed user ann, answers under way too: it loops");
  EXPECT_EQ(lines[1].who, "bob");
  EXPECT_EQ(lines[1].what, "resumed user ann (1)");
  EXPECT_EQ(read_audit(folder.path(), kNow + std::chrono::seconds(1))->size(), 1U);
}

TEST(KillBook, AFolderWithoutBooksIsAMistakeNotANewBook) {
  const Folder folder;
  EXPECT_FALSE(KillBook::open(folder.path()));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace purser
