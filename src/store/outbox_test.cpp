// store/outbox_test.cpp — what was told is kept, handed out in order, and survives.
#include "store/outbox.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <map>

#include "alerts/episode.hpp"
#include "store/tables.hpp"

namespace purser {
namespace {

using namespace std::chrono_literals;

const Instant kNow = Instant::from_seconds(1'795'000'000);

/// A folder of its own, gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "purser-outbox-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Alert some_alert(std::string key, Instant at) {
  return {.key = std::move(key),
          .kind = AlertKind::spike,
          .severity = Severity::critical,
          .subject = "user ada",
          .limit = "l",
          .used = "1",
          .max = "2",
          .share = "0.5",
          .text = "It's \"up\".",
          .at = at,
          .since = at,
          .count = 7};
}

TEST(Outbox, AnAlertIsReadBackAsItWasTold) {
  const Folder folder;
  auto outbox = Outbox::open(folder.path());
  ASSERT_TRUE(outbox) << outbox.error().message;
  const auto told = (*outbox)->tell(some_alert("k", kNow), {"a", "b"});
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->id, 1);
  const auto last = (*outbox)->last("k");
  ASSERT_TRUE(last && *last);
  const Alert& alert = **last;
  EXPECT_EQ(alert.kind, AlertKind::spike);
  EXPECT_EQ(alert.severity, Severity::critical);
  EXPECT_EQ(alert.state, AlertState::firing);
  EXPECT_EQ(alert.subject + alert.limit + alert.used + alert.max + alert.share, "user adal120.5");
  EXPECT_EQ(alert.text, "It's \"up\".");
  EXPECT_EQ(alert.at, kNow);
  EXPECT_EQ(alert.since, kNow);
  EXPECT_EQ(alert.count, 7);
  EXPECT_FALSE(*(*outbox)->last("other"));
}

TEST(Outbox, DeliveriesAreHandedOutInOrderEachOnce) {
  const Folder folder;
  auto outbox = *Outbox::open(folder.path());
  for (const char* key : {"one", "two"}) {
    ASSERT_TRUE(outbox->tell(some_alert(key, kNow), {"a"}));
  }
  auto head = **outbox->head("a", 0);
  EXPECT_EQ(head.alert.key, "one");
  head.delivery.attempts = 1;
  head.delivery.error = "503";
  ASSERT_TRUE(outbox->record(head.delivery));
  outbox = *Outbox::open(folder.path());  // as after a restart
  head = **outbox->head("a", 0);
  EXPECT_EQ(head.alert.key, "one");
  EXPECT_EQ(head.delivery.attempts, 1);
  EXPECT_EQ(head.delivery.error, "503");
  head.delivery.state = Delivery::State::delivered;
  ASSERT_TRUE(outbox->record(head.delivery));
  EXPECT_EQ((*outbox->head("a", 0))->alert.key, "two");
  EXPECT_FALSE(*outbox->head("b", 0));
}

TEST(Outbox, WhoWasToldHearsTheEndAndNobodyElse) {
  const Folder folder;
  auto outbox = *Outbox::open(folder.path());
  ASSERT_TRUE(outbox->tell(some_alert("k", kNow - 1h), {"before"}));
  ASSERT_TRUE(outbox->tell(some_alert("k", kNow), {"b", "a"}));
  ASSERT_TRUE(outbox->tell(some_alert("other", kNow), {"c"}));
  EXPECT_EQ(*outbox->told("k", kNow), (std::vector<std::string>{"a", "b"}));
  auto head = **outbox->head("a", 0);
  head.delivery.state = Delivery::State::given_up;
  ASSERT_TRUE(outbox->record(head.delivery));
  EXPECT_EQ(*outbox->told("k", kNow), std::vector<std::string>{"b"});
}

TEST(Outbox, WhatWaitsForATargetThatIsGoneIsGivenUp) {
  const Folder folder;
  auto outbox = *Outbox::open(folder.path());
  ASSERT_TRUE(outbox->tell(some_alert("k", kNow), {"a", "it's \"b\""}));
  ASSERT_TRUE(outbox->keep_only({"it's \"b\""}));
  EXPECT_FALSE(*outbox->head("a", 0));
  EXPECT_TRUE(*outbox->head("it's \"b\"", 0));
  const auto rows = list_alerts(folder.path(), kNow);
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 1U);
  ASSERT_EQ((*rows)[0].sent.size(), 2U);
  EXPECT_EQ((*rows)[0].sent[0].delivery.state, Delivery::State::given_up);
  EXPECT_EQ((*rows)[0].sent[1].delivery.state, Delivery::State::waiting);
}

TEST(Outbox, ForgetsWhatIsOldButNotWhatWaitsOrStillFires) {
  const Folder folder;
  auto outbox = *Outbox::open(folder.path());
  const auto old = kNow - kAlertsKept - 1h;
  Alert over = some_alert("over", old);
  over.state = AlertState::recovered;
  ASSERT_TRUE(outbox->tell(some_alert("over", old), {}));
  ASSERT_TRUE(outbox->tell(over, {}));
  ASSERT_TRUE(outbox->tell(some_alert("fires", old), {}));
  ASSERT_TRUE(outbox->tell(some_alert("waits", old), {"a"}));
  ASSERT_TRUE(outbox->tell(some_alert("long gone", kNow - kFiringKept - 1h), {}));
  ASSERT_TRUE(outbox->tell(some_alert("new", kNow), {}));
  ASSERT_TRUE(outbox->forget(kNow));
  EXPECT_FALSE(*outbox->last("over"));
  EXPECT_FALSE(*outbox->last("long gone"));
  EXPECT_TRUE(*outbox->last("fires"));
  EXPECT_TRUE(*outbox->last("waits"));
  EXPECT_TRUE(*outbox->last("new"));
}

/// One target that is up or down by chance: what it hears is what was told, in order, and the last
/// word of every key is the true one.
RC_GTEST_PROP(Outbox, ATargetThatComesBackHearsEverythingInOrder, (std::uint64_t seed)) {
  const Folder folder;
  auto outbox = *Outbox::open(folder.path());
  Seed chance(seed);
  Instant now = kNow;
  std::vector<std::int64_t> told;
  std::vector<Alert> heard;
  std::map<std::string, AlertState> truth;
  const auto attempt = [&](Attempt::Result result) {
    const auto head = *outbox->head("t", 0);
    if (head && head->delivery.next_at <= now) {
      const Attempt tried{.result = result, .said = "x"};
      RC_ASSERT(outbox->record(after_attempt(head->delivery, tried, now, 8760h, chance)));
      if (result == Attempt::Result::delivered) {
        heard.push_back(head->alert);
      }
    }
  };
  for (int step = 0; step < 25; ++step) {
    now = now + std::chrono::minutes(chance.below(40));
    const std::string key = chance.below(2) == 0 ? "x" : "y";
    const bool recovers = chance.below(3) == 0;
    const auto last = *outbox->last(key);
    const Decision decision =
        recovers ? on_recover(last, now) : on_fire(last, some_alert(key, now), 1h);
    if (decision.what == Decision::What::tell) {
      const auto kept = outbox->tell(decision.alert, {"t"});
      RC_ASSERT(kept.has_value());
      told.push_back(kept->id);
      truth[key] = kept->state;
    } else if (decision.what == Decision::What::count) {
      RC_ASSERT(outbox->count(decision.alert));
    }
    if (chance.below(2) == 0) {
      attempt(chance.below(2) == 0 ? Attempt::Result::failed : Attempt::Result::delivered);
    }
    if (step == 12) {  // a restart
      outbox = *Outbox::open(folder.path());
    }
  }
  for (std::size_t i = 0; i < told.size(); ++i) {
    now = now + kRetryLongest;
    attempt(Attempt::Result::delivered);
  }
  RC_ASSERT(heard.size() == told.size());
  std::map<std::string, AlertState> believed;
  for (std::size_t i = 0; i < heard.size(); ++i) {
    RC_ASSERT(heard[i].id == told[i]);
    believed[heard[i].key] = heard[i].state;
  }
  RC_ASSERT(believed == truth);
}

}  // namespace
}  // namespace purser
