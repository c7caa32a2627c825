// dispatch/dispatch_test.cpp — the desk with real programs behind it: what is raised arrives, in
// order, from any thread, and after a restart. Webhooks are driven end to end in tests/e2e.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "dispatch/alert_desk.hpp"
#include "dispatch/webhook.hpp"
#include "store/outbox.hpp"
#include "store/sqlite.hpp"

namespace purser {
namespace {

using namespace std::chrono_literals;

const Instant kNow = Instant::from_seconds(1'795'000'000);

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "purser-desk-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(const char* name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::shared_ptr<const Outlet> shell(std::string name, std::string script,
                                    std::chrono::seconds timeout = 20s) {
  Command command{.program = "/bin/sh", .arguments = {"-c", std::move(script)}, .environment = {}};
  AlertTarget target{.name = std::move(name), .way = std::move(command), .match = {}};
  target.timeout = timeout;
  return *make_outlet(std::move(target));
}

std::unique_ptr<AlertDesk> open_desk(const Folder& folder,
                                     std::vector<std::shared_ptr<const Outlet>> outlets) {
  auto desk = AlertDesk::open({.folder = folder.path(),
                               .clock = [] { return kNow; },
                               .say = [](const std::string&) {},
                               .chance = Seed(7)},
                              {.outlets = std::move(outlets)});
  EXPECT_TRUE(desk) << desk.error().message;
  return std::move(*desk);
}

Alert about(std::string key) {
  Alert alert;
  alert.key = std::move(key);
  return alert;
}

/// Waits for the desk's thread: for what holds at last, at most 20 s.
template <typename Holds>
void until(Holds holds) {
  for (int i = 0; i < 2000 && !holds(); ++i) {
    ::usleep(10'000);
  }
  ASSERT_TRUE(holds());
}

std::string text_of(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

TEST(AlertCommand, SaysHowItEndedAndIsKilledWithAllItStarted) {
  const Folder folder;
  const std::string mark = (folder / "late").string();
  const auto tried = attempt_all(
      {shell("good", "exit 0"), shell("bad", "exit 3"), shell("signal", "kill -9 $$"),
       shell("slow", "(sleep 3; touch " + mark + ") & sleep 60", 1s),
       *make_outlet({.name = "none",
                     .way = Command{.program = "/nowhere", .arguments = {}, .environment = {}},
                     .match = {}})},
      about("k"));
  std::vector<std::string> said;
  for (const Tried& each : tried) {
    said.push_back(each.attempt.said);
  }
  EXPECT_EQ(said, (std::vector<std::string>{"exit 0", "exit 3", "ended by signal 9",
                                            "killed: it took too long",
                                            "cannot start /nowhere: No such file or directory"}));
  EXPECT_LT(tried[3].took, 10s);
}

TEST(AlertCommand, NeedNotReadWhatItIsGivenAndSeesNothingOfOurs) {
  const Folder folder;
  ::setenv("PURSER_TEST_PROVIDER_KEY", "sk-secret", 1);
  const std::string out = (folder / "env").string();
  const auto tried = attempt_all({shell("env", "env > " + out)}, about("k"));
  EXPECT_EQ(tried[0].attempt.result, Attempt::Result::delivered);
  EXPECT_NE(text_of(out).find("PURSER_ALERT_KEY=k\n"), std::string::npos);
  EXPECT_EQ(text_of(out).find("sk-secret"), std::string::npos);
}

TEST(AlertDesk, OneTargetThatHangsHoldsUpNoOther) {
  const Folder folder;
  const std::string out = (folder / "out").string();
  const auto desk =
      open_desk(folder, {shell("hangs", "sleep 60", 30s), shell("works", "cat >> " + out)});
  desk->raise(about("one"));
  desk->raise(about("two"));
  until([&] { return desk->counts().delivered == 2; });
  const std::string text = text_of(out);
  EXPECT_LT(text.find("\"key\":\"one\""), text.find("\"key\":\"two\""));
}

TEST(AlertDesk, WhatIsRaisedFromManyThreadsIsCountedOnceEach) {
  const Folder folder;
  {
    const auto desk = open_desk(folder, {});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&desk] {
        for (int i = 0; i < 500; ++i) {
          desk->raise(about("same"));
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  }
  const auto rows = list_alerts(folder.path(), kNow);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ((*rows)[0].alert.count, 2000);
}

TEST(AlertDesk, WhatWasNotDeliveredIsAfterARestartAndTheEndToo) {
  const Folder folder;
  const std::string out = (folder / "out").string();
  {
    const auto desk = open_desk(folder, {shell("t", "exit 1")});
    desk->raise(about("k"));
    until([&] { return desk->counts().failed > 0; });
  }
  const auto rows = list_alerts(folder.path(), kNow);
  ASSERT_TRUE(rows && rows->size() == 1 && (*rows)[0].sent.size() == 1);
  EXPECT_EQ((*rows)[0].sent[0].delivery.error, "exit 1");
  const auto desk = open_desk(folder, {});  // the target is gone: given up
  desk->change({.outlets = {shell("t", "cat >> " + out)}});
  desk->raise(about("other"));
  until([&] { return desk->counts().delivered == 1; });
  EXPECT_EQ(text_of(out).find("\"key\":\"k\""), std::string::npos);
  desk->recover("k");  // its only hearer never heard
  desk->recover("other");
  desk->recover("nothing");
  until([&] { return desk->counts().delivered == 2; });
  EXPECT_NE(text_of(out).find("\"state\":\"recovered\""), std::string::npos);
  EXPECT_EQ(desk->counts().told, 3);
}

TEST(AlertDesk, WhileTheDatabaseRefusesAlertsAreSentFromMemoryOnceAndEndToo) {
  const Folder folder;
  const std::string out = (folder / "out").string();
  const auto desk = open_desk(folder, {shell("t", "cat >> " + out)});
  {
    const auto database = Database::open(folder / "purser.db", Database::Access::write);
    ASSERT_TRUE(database && database->execute("DROP TABLE outbox; DROP TABLE alerts"));
  }
  desk->raise(about("books"));
  until([&] { return desk->counts().delivered == 1; });
  desk->raise(about("books"));
  desk->recover("books");
  until([&] { return desk->counts().delivered == 2; });
  const std::string text = text_of(out);
  EXPECT_EQ(std::ranges::count(text, '\n'), 2);
  EXPECT_NE(text.find("\"state\":\"recovered\""), std::string::npos);
  EXPECT_NE(text.find("\"count\":2"), std::string::npos);
}

TEST(AlertWebhook, TheRequestIsWhatItShouldBe) {
  Webhook webhook;
  webhook.url = "http://h.example:81/p?q";
  webhook.headers = {{"X-A", "b"}};
  webhook.secret = "key";
  const auto outlet = *make_outlet({.name = "w", .way = webhook, .match = {}});
  const std::string request = webhook_request(*outlet, about("k"));
  EXPECT_TRUE(request.starts_with("POST /p?q HTTP/1.1\r\nHost: h.example:81\r\n")) << request;
  EXPECT_NE(request.find("\r\nX-A: b\r\n"), std::string::npos);
  const std::string body = request.substr(request.find("\r\n\r\n") + 4);
  EXPECT_NE(request.find("\r\nX-Purser-Signature: " + sign_body("key", body) + "\r\n"),
            std::string::npos);
}

TEST(AlertWebhook, SignsAsRfc4231Does) {
  EXPECT_EQ(sign_body("Jefe", "what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace purser
