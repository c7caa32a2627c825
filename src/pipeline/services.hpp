// pipeline/services.hpp — what a call needs around it: the policy it is judged by, the books it is
// held in, and the core it runs on.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "call/call.hpp"
#include "call/prompt_count.hpp"
#include "dispatch/alert_desk.hpp"
#include "http/asio.hpp"
#include "http/connection.hpp"
#include "http/deadline.hpp"
#include "http/upstream.hpp"
#include "ledger/treasury.hpp"
#include "limits/burn.hpp"
#include "limits/call_rule.hpp"
#include "limits/limit_set.hpp"
#include "limits/pace.hpp"
#include "money/price_book.hpp"
#include "money/tool_price.hpp"
#include "pipeline/account_desk.hpp"
#include "pipeline/answer_sizes.hpp"
#include "pipeline/background.hpp"
#include "pipeline/breakers.hpp"
#include "pipeline/counters.hpp"
#include "pipeline/draft.hpp"
#include "pipeline/gates.hpp"
#include "pipeline/identify.hpp"
#include "pipeline/kill_desk.hpp"
#include "pipeline/notices.hpp"
#include "pipeline/open_holds.hpp"
#include "pipeline/open_tools.hpp"
#include "pipeline/provider.hpp"
#include "pipeline/refusal_desk.hpp"
#include "pipeline/running.hpp"
#include "pipeline/seat.hpp"
#include "pipeline/signal.hpp"
#include "pipeline/turn_log.hpp"
#include "routing/attempts.hpp"
#include "store/keys.hpp"
#include "store/store.hpp"
#include "wire/outline.hpp"

namespace purser {

/// An MCP server as the pipeline sees it. Its tools' calls are held and settled; whatever else is
/// said to it costs nothing and passes.
struct McpServer {
  Provider provider;  // its name, and where it is spoken to
  std::string path;   // of its address
  /// Sent with every request, in place of what the client sent under that name.
  std::vector<std::pair<std::string, std::string>> headers;
  ToolList tools;
  struct Priced {
    std::string tool;  // a * stands for any text
    ToolPrice price;
  };
  std::vector<Priced> prices;  // the first that fits; none: free, and counted

  ToolPrice price_of(std::string_view tool) const;
};

/// What a call with a key that is not Purser's is taken for (docs/configuration.md, keys.unknown).
enum class UnknownKey : std::uint8_t { refuse, forward, admit };

enum class Leaving : std::uint8_t { drain, cancel };

/// Everything an operator decides, as it stood when the call came. Immutable: a reload makes
/// another, and calls in flight keep the one they began with.
struct Policy {
  std::shared_ptr<const PriceBook> prices;
  LimitSet limits;
  std::vector<CallRule> calls;
  std::vector<Workload> workloads;
  SessionPolicy sessions;
  SpikeAction spikes = SpikeAction::observe;
  RetryRules retries;
  std::vector<Fallback> fallbacks;
  BreakerRules breaker;
  std::vector<Provider> providers;  // in the order of purser.yaml
  std::vector<McpServer> mcp;       // by name
  UnknownKey unknown_key = UnknownKey::refuse;
  bool unknown_labels = false;
  Tokens output_default{8192};
  Tokens output_least{64};
  struct Ceiling {
    Rate input;
    Rate output;
  };
  std::optional<Ceiling> ceiling;  // nothing: a model without a price is refused
  Leaving leaving = Leaving::drain;
  std::chrono::seconds drain_max{300};
  std::int64_t drains_max = 256;
  std::chrono::milliseconds admission_wait{2000};
};

/// Calls that wait for money held by others. First come, first looked at.
class WaitingRoom {
 public:
  struct Seat {
    Inbox* inbox;
    Signal* signal;
  };
  std::uint64_t ticket() { return next_.fetch_add(1, std::memory_order_relaxed); }
  /// Sits down with the ticket drawn at arrival: waking and sitting down again loses no place.
  void sit(std::uint64_t ticket, Seat seat);
  /// Leaves without having been called. False: the call is already on its way.
  bool leave(std::uint64_t ticket);
  /// Money came back: everybody looks again, in order of arrival.
  void call_all();

 private:
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::size_t> seated_{0};
  std::mutex mutex_;
  std::map<std::uint64_t, Seat> seats_;
};

/// Chance at the edge, from the system: nobody outside can guess it.
Seed secret_seed();

/// How many budgets' burn is watched: more, and the quietest begins anew.
inline constexpr std::size_t kBurnMeters = 4096;

/// The treasury and the buckets behind their one lock, and those who wait for it.
struct Books {
  std::mutex mutex;
  Treasury treasury{secret_seed()};
  Paces paces;
  BurnMeters burn{kBurnMeters};
  PassedShares passed;
  WaitingRoom waiting;
};

/// One thread's world. Nothing in it is touched from elsewhere, but for what says so.
struct Core {
  explicit Core(Books& shared) : books(shared) {}
  std::thread::id thread;  // set before its first call
  asio::io_context io{1};
  Deadlines deadlines;
  Inbox inbox{io};
  Counters counters;
  Drafts drafts;
  PromptCount prompts;
  OutlineMemory outlines;
  InputRatio ratios;
  std::map<std::string, std::unique_ptr<Pool>> pools;  // by provider and origin
  std::shared_ptr<const Policy> policy;
  std::shared_ptr<const KeyRing> keys;
  std::shared_ptr<const KillSet> kills;  // never null once calls come
  RunningCalls running;
  Books& books;

  /// This core's connections to where the provider lives; made on first use.
  Pool& pool(const Provider& provider);
  std::int64_t draining = 0;  // answers read to their end although the client has left
};

/// Counts a call as in flight for as long as it lives.
class InFlight {
 public:
  explicit InFlight(Core& core) : core_(core) { core_.counters.in_flight.add(1); }
  ~InFlight() { core_.counters.in_flight.add(-1); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

 private:
  Core& core_;
};

/// The keys of the database, followed. Any thread.
class KeyDesk {
 public:
  static Result<std::unique_ptr<KeyDesk>> open(const std::filesystem::path& folder);
  std::shared_ptr<const KeyRing> ring() const;
  /// Looks whether another process has made or revoked keys. True: there is a new ring.
  Result<bool> look();
  /// For a key nobody knows: it may have been made this very moment. Looks no more often than every
  /// kLookEvery, but for a few at once, so that strangers cannot keep the disk busy.
  std::shared_ptr<const KeyRing> look_for_unknown(SteadyTime now);

 private:
  explicit KeyDesk(std::unique_ptr<KeyWatch> watch) : watch_(std::move(watch)) {}
  static constexpr std::chrono::milliseconds kLookEvery{20};
  static constexpr int kLooksAtOnce = 10;
  mutable std::mutex mutex_;
  std::unique_ptr<KeyWatch> watch_;
  SteadyTime looks_until_;  // were each look to take kLookEvery
};

/// Shared by all cores.
struct Services {
  Books books;
  SessionDesk sessions;
  SpikeDesk spikes;
  OpenHolds holds;
  OpenTools tools;
  Gates gates;
  Breakers breakers;
  BackgroundCalls background;
  AnswerSizes answers;
  std::unique_ptr<Store> store;
  std::unique_ptr<AccountDesk> accounts;  // reads what `store` writes: goes before it
  std::unique_ptr<TurnLog> turns;
  std::unique_ptr<KeyDesk> keys;
  std::unique_ptr<KillDesk> kills;
  std::unique_ptr<RefusalDesk> refusals;
  std::unique_ptr<AlertDesk> alerts;
  std::atomic<std::int64_t> next_call{1};
  std::atomic<bool> stopping{false};
  std::atomic<bool> limits_changed{false};  // over HTTP: the main thread reads them anew
};

/// "call_0000000000000a1f": sixteen hexadecimal digits.
std::string to_text(CallId id);
void append_text(std::string& out, CallId id);
std::optional<CallId> parse_call_id(std::string_view text);

/// The clock at the edge: the pure folders get what it said as a value.
Instant now();

}  // namespace purser
