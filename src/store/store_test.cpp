// store/store_test.cpp — the books: what was promised is there after any end.
#include "store/store.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/seed.hpp"
#include "store/balances.hpp"
#include "store/codec.hpp"
#include "store/journal_reader.hpp"
#include "store/keys.hpp"
#include "store/reports.hpp"
#include "store/sample_entries.hpp"

namespace purser {
namespace {

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

struct Books {
  std::unique_ptr<Store> store;
  Recovered recovered;
};
Books open_books(const Folder& folder, Durability durability = Durability::strict) {
  Books books;
  auto store =
      Store::open({.folder = folder.path(), .durability = durability}, kNow, books.recovered);
  EXPECT_TRUE(store) << (store ? "" : store.error().message);
  books.store = std::move(*store);
  return books;
}

/// Holds and waits until it may leave.
Result<void> hold_durably(Store& store, const HoldEntry& entry) {
  std::mutex mutex;
  std::condition_variable done;
  std::optional<Result<void>> result;
  store.hold(entry, [&](Result<void> outcome) {
    const std::lock_guard lock(mutex);
    result = std::move(outcome);
    done.notify_one();
  });
  std::unique_lock lock(mutex);
  done.wait(lock, [&] { return result.has_value(); });
  return *result;
}

std::int64_t spent(const Folder& folder) {
  const auto proof = verify_books(folder.path());
  EXPECT_TRUE(proof) << proof.error().message;
  EXPECT_TRUE(proof->findings.empty()) << proof->findings.front();
  return proof->total.nanos();
}

TEST(Store, ANameStandsForItsHoldOnceThatIsOverHoweverItEnds) {
  const Folder folder;
  const auto named = [](std::int64_t id) {
    HoldEntry hold = some_hold(id);
    hold.name = HoldName{.name = digest(std::to_string(id)), .words = digest("words")};
    return hold;
  };
  {
    Books books = open_books(folder);
    ASSERT_TRUE(hold_durably(*books.store, named(1)));
    books.store->settle(some_settle(named(1)));
    ASSERT_TRUE(hold_durably(*books.store, named(2)));  // in flight at the end
    ASSERT_TRUE(hold_durably(*books.store, named(3)));
    SettleEntry never = some_settle(named(3));
    never.outcome = Outcome::released;
    never.cost = {};
    never.stop_reason = kNeverSent;
    never.legs.clear();
    books.store->settle(never);
    ASSERT_TRUE(books.store->fold());
  }
  const Books again = open_books(folder);
  for (const std::int64_t id : {1, 2}) {
    const auto found = find_named_hold(folder.path(), digest(std::to_string(id)));
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->call, CallId(id));
    EXPECT_EQ((*found)->words, digest("words"));
  }
  for (const std::string_view name : {"3", "4"}) {  // its caller was told that it failed
    const auto found = find_named_hold(folder.path(), digest(name));
    ASSERT_TRUE(found);
    EXPECT_FALSE(*found);
  }
}

TEST(Journal, ATornEndIsCutAtTheLastWholeRecord) {
  std::string whole;
  append_record(whole, some_hold(1));
  const std::size_t first = whole.size();
  append_record(whole, some_hold(2));
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const Folder folder;
    std::ofstream(folder.path() / "journal-000001.log", std::ios::binary)
        << whole.substr(0, length);
    JournalReader reader(folder.path(), {});
    const auto payloads = reader.read(kJournalEnd);
    ASSERT_TRUE(payloads);
    const std::size_t expected = length < first ? 0 : length < whole.size() ? 1 : 2;
    ASSERT_EQ(payloads->size(), expected) << length;
    EXPECT_EQ(reader.damaged(), 0);
  }
}

TEST(Store, ASettledCallIsInTheLedgerOnce) {
  const Folder folder;
  {
    Books books = open_books(folder);
    for (std::int64_t id = 1; id <= 20; ++id) {
      const HoldEntry hold = some_hold(id);
      ASSERT_TRUE(hold_durably(*books.store, hold));
      books.store->settle(some_settle(hold));
    }
    ASSERT_TRUE(books.store->fold());
    EXPECT_EQ(spent(folder), 20 * 1'234'567);
    const auto rows = report(folder.path(), "tier", Instant(), Instant::never());
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 2U);
    EXPECT_EQ(rows->front().calls, 10);
    EXPECT_EQ(rows->front().tokens_in, Tokens(1400));
  }
  const Books again = open_books(folder);
  EXPECT_EQ(again.recovered.calls, 20U);
  EXPECT_EQ(again.recovered.presumed, 0U);
  EXPECT_EQ(again.recovered.next_call, CallId(21));
  EXPECT_EQ(spent(folder), 20 * 1'234'567);
  const auto balances = BalanceReader::open(folder.path());
  ASSERT_TRUE(balances);
  EXPECT_EQ((*balances)->posted(account(1)), Units(20 * 1'234'567));
  EXPECT_EQ((*balances)->posted(digest("nobody")), std::nullopt);
  std::vector<Units> read;
  ASSERT_TRUE((*balances)->each(Instant(), [&](const Balance& balance) {
    if (balance.account == account(1)) {
      read.push_back(balance.posted);
    }
  }));
  EXPECT_EQ(read, std::vector{Units(20 * 1'234'567)});
}

TEST(Store, AHoldWithoutAnEndIsPresumedAtItsWorst) {
  const Folder folder;
  const HoldEntry hold = some_hold(9);
  {
    Books books = open_books(folder);
    ASSERT_TRUE(hold_durably(*books.store, hold));
  }
  const Books again = open_books(folder);
  EXPECT_EQ(again.recovered.presumed, 1U);
  EXPECT_EQ(spent(folder), hold.worst.nanos());
  const auto call = find_call(folder.path(), hold.call, "key_a");
  ASSERT_TRUE(call && *call);
  EXPECT_NE((*call)->find("\"outcome\":\"presumed\""), std::string::npos);
  EXPECT_FALSE(*find_call(folder.path(), hold.call, "key_b")) << "another key's call";
}

TEST(Store, ASecondGatewayOnTheSameFolderIsRefused) {
  const Folder folder;
  const Books books = open_books(folder);
  Recovered unused;
  const auto second = Store::open({.folder = folder.path()}, kNow, unused);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("another Purser"), std::string::npos);
}

TEST(Store, OpenHoldsSurviveTheChangeOfSegments) {
  const Folder folder;
  const HoldEntry open = some_hold(1);
  {
    Books books = open_books(folder, Durability::relaxed);
    ASSERT_TRUE(hold_durably(*books.store, open));
    const std::string long_label(kLabelBytesMax, 'x');
    for (std::int64_t id = 2; id < 60'000; ++id) {  // some forty megabytes of journal
      HoldEntry hold = some_hold(id);
      hold.caller.team = long_label;
      hold.caller.feature = long_label;
      hold.model = long_label;
      books.store->hold(hold, [](const Result<void>&) {});
      SettleEntry settle = some_settle(hold);
      settle.provider_id = long_label;
      books.store->settle(settle);
    }
    ASSERT_TRUE(books.store->fold());
  }
  const auto segments = list_segments(folder.path());
  ASSERT_TRUE(segments);
  EXPECT_LE(segments->size(), 2U) << "the one before may stay until the mark has left it";
  EXPECT_GT(segments->back(), 1);
  const Books again = open_books(folder);
  EXPECT_EQ(again.recovered.presumed, 1U);
  EXPECT_EQ(again.recovered.calls, 59'999U);
  EXPECT_EQ(spent(folder), 59'998 * std::int64_t{1'234'567} + open.worst.nanos());
}

/// The child of a crash: holds, tells its parent what is durable, settles some, and is killed.
[[noreturn]] void keep_books_until_killed(const std::filesystem::path& folder, int tell) {
  Recovered recovered;
  auto store = Store::open({.folder = folder}, kNow, recovered);
  for (std::int64_t id = recovered.next_call.count();; ++id) {
    const HoldEntry hold = some_hold(id);
    if (!hold_durably(**store, hold)) {
      ::_exit(3);
    }
    if (::write(tell, &id, sizeof id) != sizeof id) {
      ::_exit(4);
    }
    if (id % 5 != 0) {
      (*store)->settle(some_settle(hold));
    }
  }
}

TEST(Store, NothingThatWasPromisedIsLostWhenTheProcessIsKilled) {
  const Folder folder;
  Seed seed(7);
  std::int64_t promised = 0;
  for (int round = 0; round < 50; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      keep_books_until_killed(folder.path(), ends[1]);
    }
    ::close(ends[1]);
    std::int64_t id = 0;
    const std::uint64_t enough = 1 + seed.below(40);
    for (std::uint64_t told = 0; told < enough && ::read(ends[0], &id, sizeof id) == sizeof id;
         ++told) {
      promised = id;
    }
    ::kill(child, SIGKILL);
    while (::read(ends[0], &id, sizeof id) == sizeof id) {
      promised = id;
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
  }
  const Books books = open_books(folder);
  EXPECT_GE(books.recovered.calls, static_cast<std::uint64_t>(promised));
  EXPECT_GE(spent(folder), promised * 1'234'567) << "at or above the true bill";
}

TEST(Store, AFullDiskRefusesHoldsAndRecovers) {
  const Folder folder;
  const pid_t child = ::fork();  // the limit is the process's: not to be ours
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    Recovered recovered;
    auto store = Store::open({.folder = folder.path()}, kNow, recovered);
    const rlimit none{.rlim_cur = 16'384, .rlim_max = RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &none);
    std::int64_t id = 1;
    while (id < 1000 && hold_durably(**store, some_hold(id))) {
      (*store)->settle(some_settle(some_hold(id)));
      ++id;
    }
    if (id == 1000 || !(*store)->health().failed) {
      ::_exit(2);  // nothing was refused
    }
    const rlimit enough{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &enough);
    for (int tries = 0; tries < 100; ++tries) {
      if (hold_durably(**store, some_hold(1000 + tries))) {
        ::_exit((*store)->health().failed ? 4 : 0);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ::_exit(3);  // it did not recover
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const Books again = open_books(folder);
  EXPECT_EQ(again.recovered.presumed, 1U) << "refused calls were released, the last one was held";
}

TEST(Store, ManyThreadsAppendAtOnce) {
  const Folder folder;
  constexpr std::int64_t kEach = 500;
  {
    Books books = open_books(folder);
    std::vector<std::thread> threads;
    std::atomic<std::int64_t> durable{0};
    for (std::int64_t thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::int64_t i = 1; i <= kEach; ++i) {
          const HoldEntry hold = some_hold(thread * kEach + i);
          books.store->hold(hold, [&](const Result<void>& result) { durable += result ? 1 : 0; });
          books.store->settle(some_settle(hold));
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    ASSERT_TRUE(books.store->fold());
    EXPECT_EQ(durable, 4 * kEach);
  }
  EXPECT_EQ(spent(folder), 4 * kEach * 1'234'567);
}

TEST(VerifyBooks, FindsEveryKindOfDamage) {
  for (const char* damage :
       {"UPDATE calls SET cost = cost + 1 WHERE id = 1 AND outcome = 'presumed'",
        "UPDATE accounts SET posted = posted + 1", "DELETE FROM accounts",
        "UPDATE calls SET tokens_in = tokens_in + 1 WHERE id = 2", "DELETE FROM calls WHERE id = 2",
        "UPDATE calls SET legs = x'00' WHERE id = 2",
        "UPDATE calls SET outcome = 'released' WHERE id = 2",
        "INSERT INTO corrections(call, at, amount, why, legs) VALUES(77, 0, 1, '', x'')"}) {
    const Folder folder;
    {
      Books books = open_books(folder);
      ASSERT_TRUE(hold_durably(*books.store, some_hold(1)));  // presumed at the next start
      ASSERT_TRUE(hold_durably(*books.store, some_hold(2)));
      books.store->settle(some_settle(some_hold(2)));
    }
    {
      const Books books = open_books(folder);
    }
    ASSERT_TRUE(verify_books(folder.path())->findings.empty());
    {
      const auto database = Database::open(folder.path() / "purser.db", Database::Access::write);
      ASSERT_TRUE(database->execute(std::string("PRAGMA foreign_keys=OFF;") + damage));
    }
    EXPECT_FALSE(verify_books(folder.path())->findings.empty()) << damage;
  }
}

TEST(KeyWatch, DoesNotMindCalls) {
  const Folder folder;
  const Books books = open_books(folder);
  auto watch = KeyWatch::open(folder.path());
  ASSERT_TRUE(*(*watch)->look());
  ASSERT_TRUE(hold_durably(*books.store, some_hold(1)));
  books.store->settle(some_settle(some_hold(1)));
  ASSERT_TRUE(books.store->fold());
  EXPECT_FALSE(*(*watch)->look()) << "the ring was read again for a row of the ledger";
}

}  // namespace
}  // namespace purser
