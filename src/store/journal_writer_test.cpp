// store/journal_writer_test.cpp — a disk that fails to sync. This binary's own fdatasync stands
// before the C library's, and fails as often as a test says.
#include "store/journal_writer.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <future>

#include "store/reports.hpp"

namespace {
std::atomic<int> failures_left{0};
}  // namespace

extern "C" int fdatasync(int file) {
  if (failures_left.load() > 0) {
    --failures_left;
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}

namespace purser {
namespace {

const Instant kNow = Instant::from_seconds(1'795'000'000);

class SyncTest : public testing::Test {
 protected:
  SyncTest() {
    std::string name = (std::filesystem::temp_directory_path() / "purser-sync-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~SyncTest() override {
    failures_left = 0;
    std::filesystem::remove_all(folder_);
  }
  std::unique_ptr<Store> open() {
    return Store::open({.folder = folder_}, kNow, recovered_).value();
  }
  static HoldEntry hold(std::int64_t id) {
    HoldEntry entry;
    entry.call = CallId(id);
    entry.at = kNow;
    entry.worst = Amount::from_nanos(1000);
    return entry;
  }
  static Result<void> hold_durably(Store& store, std::int64_t id) {
    std::promise<Result<void>> told;
    store.hold(hold(id), [&](Result<void> result) { told.set_value(std::move(result)); });
    return told.get_future().get();
  }
  static void settle(Store& store, std::int64_t id) {
    SettleEntry end;
    end.call = CallId(id);
    end.cost = Amount::from_nanos(300);
    store.settle(end);
  }

  std::filesystem::path folder_;
  Recovered recovered_;
};

TEST_F(SyncTest, AHoldThatIsNotOnTheDiskIsRefusedAndNeverPresumed) {
  {
    const auto store = open();
    ASSERT_TRUE(hold_durably(*store, 1));
    settle(*store, 1);
    ASSERT_TRUE(store->fold());
    failures_left = 2;
    EXPECT_FALSE(hold_durably(*store, 2));
    EXPECT_TRUE(store->health().failed);
    EXPECT_FALSE(hold_durably(*store, 3)) << "every later hold gets an Error";
    std::int64_t id = 4;
    while (!hold_durably(*store, id)) {
      ++id;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_EQ(failures_left, 0);
    EXPECT_FALSE(store->health().failed);
  }
  const auto again = open();
  EXPECT_EQ(recovered_.presumed, 1U) << "only the one that was accepted";
  EXPECT_EQ(recovered_.damaged_bytes, 0);
  const auto proof = verify_books(folder_);
  ASSERT_TRUE(proof);
  EXPECT_TRUE(proof->findings.empty()) << proof->findings.front();
  EXPECT_EQ(proof->total, Amount::from_nanos(1300));
}

TEST_F(SyncTest, OutcomesWaitForABetterDisk) {
  {
    const auto store = open();
    ASSERT_TRUE(hold_durably(*store, 1));
    failures_left = 3;
    settle(*store, 1);
    while (failures_left > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    while (store->health().failed || !store->fold()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_EQ(verify_books(folder_)->total, Amount::from_nanos(300));
  }
  const auto again = open();
  EXPECT_EQ(recovered_.presumed, 0U);
}

}  // namespace
}  // namespace purser
