// app/serve.cpp — the gateway put together, run, reloaded and stopped. Reads top to bottom.
#include "app/serve.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <thread>

#include "app/alert_policy.hpp"
#include "app/config_watch.hpp"
#include "app/front.hpp"
#include "app/listening.hpp"
#include "app/lookout.hpp"
#include "app/policy.hpp"
#include "app/programs.hpp"
#include "app/starter.hpp"
#include "app/upkeep.hpp"
#include "base/thread_name.hpp"
#include "pipeline/tool_call.hpp"
#include "pipeline/vendor_hold.hpp"
#include "simulate/provider.hpp"

namespace purser {
namespace {

/// How often waits are checked: deadlines are seconds, so a quarter of one is exact enough.
constexpr std::chrono::milliseconds kSweep{250};
/// How often the database is asked for kill switches: they hold within 100 ms, and the question
/// takes some microseconds.
constexpr std::chrono::milliseconds kKillLook{25};
/// How often configuration and keys are looked at.
constexpr std::chrono::seconds kLook{1};
/// Calls in flight when the process is told to stop may take this long to end.
constexpr std::chrono::seconds kStopPatience{30};

/// What the gateway's own alerts are about: one of each at a time.
constexpr std::string_view kPresumedKey = "calls_presumed";

using SignalSet = asio::basic_signal_set<Executor>;

std::size_t cores_allowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<std::size_t>(CPU_COUNT(&set))
                                                       : 1;
}

void say(const std::string& line) {
  std::fprintf(stderr, "purser: %s\n", line.c_str());
}

/// A core with everything that only it uses.
struct Worker {
  Worker(Books& books, Services& services, std::span<Core* const> cores, const Config& config,
         const std::filesystem::path& config_file, asio::thread_pool& clerk)
      : core(books),
        acceptor(core.io),
        front{.core = core,
              .services = services,
              .cores = cores,
              .limits = {.body_bytes_max = config.body_bytes_max},
              .clerk = clerk,
              .data = config.data,
              .config_file = config_file} {}
  Core core;
  Acceptor acceptor;
  Front front;
  std::thread thread;
};

Awaitable<void> sweep(Worker& worker) {
  Timer timer(worker.core.io);
  while (true) {
    timer.expires_after(kSweep);
    co_await timer.async_wait(kAwait);
    const SteadyTime time = std::chrono::steady_clock::now();
    worker.core.deadlines.sweep(time);
    presume_due(now(), worker.core, worker.front.services);
    presume_unfetched(now(), worker.core, worker.front.services);
    presume_tools_due(now(), worker.core, worker.front.services);
    for (auto& [name, pool] : worker.core.pools) {
      pool->sweep(time);
    }
  }
}

/// Queues are there before their first call, and a changed bound holds for those who wait already.
void set_queue_rules(const Policy& policy, Gates& gates) {
  for (const Provider& provider : policy.providers) {
    for (const Dialect dialect : provider.dialects) {
      gates.set_rules(provider.name, dialect, provider.queue);
    }
  }
}

class Gateway {
 public:
  Gateway(Config config, const ServeOptions& options)
      : config_(std::move(config)), options_(options) {}

  Result<void> start();
  void run();

 private:
  Result<void> open_books();
  Result<void> open_alerts();
  Result<void> take_policy();
  Result<void> start_workers();
  void hand_out(std::shared_ptr<const Policy> policy);
  void hand_out(std::shared_ptr<const KeyRing> keys);
  void reload(const Result<Config>& config);
  void look();
  void stop();
  Awaitable<void> look_again_and_again();
  Awaitable<void> look_for_kills();
  Awaitable<void> wait_for_signals();

  Config config_;
  ServeOptions options_;
  Services services_;
  std::unique_ptr<simulate::Provider> simulated_;
  std::unique_ptr<Bridge> bridge_;  // to MCP servers that are programs
  std::shared_ptr<const Policy> policy_;
  std::optional<ConfigWatch> watch_;
  asio::thread_pool clerk_{1};
  std::vector<Core*> cores_;
  std::vector<std::unique_ptr<Worker>> workers_;
  asio::io_context main_{1};
  std::uint64_t presumed_ = 0;  // calls in flight when the last gateway on these books ended
  std::optional<Lookout> lookout_;
  Upkeep upkeep_{services_, say};
};

Result<void> Gateway::open_books() {
  Recovered recovered;
  const SteadyTime began = std::chrono::steady_clock::now();
  auto store =
      Store::open({.folder = config_.data, .durability = config_.durability}, now(), recovered);
  if (!store) {
    return fail("opening the books in " + config_.data.string(), store.error());
  }
  services_.store = std::move(*store);
  presumed_ = recovered.presumed;
  services_.next_call.store(recovered.next_call.count());
  auto accounts =
      AccountDesk::open(config_.data, services_.books,
                        static_cast<std::size_t>(config_.accounts_in_memory_max), now());
  if (!accounts) {
    return fail("reading the balances", accounts.error());
  }
  services_.accounts = std::move(*accounts);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - began);
  say(
      fmt::format("books in {}: {} calls, {} accounts, {} in flight at the last stop (presumed), "
                  "opened in {} ms",
                  config_.data.string(), recovered.calls,
                  services_.accounts->counts().read_at_start, recovered.presumed, took.count()));
  const std::string& turns = config_.telemetry.turns;
  const auto target = turns == "off"      ? TurnLog::Target::off
                      : turns == "stdout" ? TurnLog::Target::standard_output
                                          : TurnLog::Target::file;
  auto log = TurnLog::open(target, turns);
  if (!log) {
    return fail("telemetry.turns", log.error());
  }
  services_.turns = std::move(*log);
  return {};
}

Result<void> Gateway::open_alerts() {
  auto policy = make_alert_policy(config_.alerts);
  if (!policy) {
    return std::unexpected(policy.error());
  }
  auto desk =
      AlertDesk::open({.folder = config_.data, .clock = now, .say = say, .chance = secret_seed()},
                      std::move(*policy));
  if (!desk) {
    return fail("opening the alerts", desk.error());
  }
  services_.alerts = std::move(*desk);
  if (presumed_ == 0) {
    services_.alerts->recover(kPresumedKey);
    return {};
  }
  Alert alert;
  alert.key = kPresumedKey;
  alert.kind = AlertKind::calls_presumed;
  alert.severity = Severity::info;
  alert.used = fmt::format("{} calls", presumed_);
  alert.text = fmt::format(
      "The gateway ended without being told to: {} calls in flight are settled at their hold.",
      presumed_);
  services_.alerts->raise(std::move(alert));
  return {};
}

Result<void> Gateway::take_policy() {
  if (auto started = start_programs(config_, bridge_, say); !started) {
    return started;
  }
  auto policy = make_policy(config_);
  if (!policy) {
    return std::unexpected(policy.error());
  }
  for (const std::string& doubt : doubts(config_.limits, config_.tiers)) {
    say("doubtful: " + doubt);
  }
  if (options_.simulate_when_keyless && keyless(**policy)) {
    simulate::Options options;
    options.port = 0;
    auto provider = simulate::Provider::start(options);
    if (!provider) {
      return fail("simulated provider", provider.error());
    }
    simulated_ = std::move(*provider);
    stand_in(config_, simulated_->port());
    say(
        fmt::format("no provider key found (OPENAI_API_KEY, ANTHROPIC_API_KEY): a simulated "
                    "provider answers instead, on 127.0.0.1:{}; nothing here costs money",
                    simulated_->port()));
    policy = make_policy(config_);
    if (!policy) {
      return std::unexpected(policy.error());
    }
  }
  policy_ = *policy;
  set_queue_rules(*policy_, services_.gates);
  return {};
}

Result<void> Gateway::start_workers() {
  if (auto free = port_is_free(config_.listen_host, config_.listen_port); !free) {
    return free;
  }
  const std::size_t count =
      config_.threads > 0 ? static_cast<std::size_t>(config_.threads) : cores_allowed();
  cores_.reserve(count);  // fronts see this list through a span
  for (std::size_t i = 0; i < count; ++i) {
    workers_.push_back(std::make_unique<Worker>(services_.books, services_,
                                                std::span<Core* const>(cores_.data(), count),
                                                config_, options_.config_file, clerk_));
    Worker& worker = *workers_.back();
    cores_.push_back(&worker.core);
    worker.core.policy = policy_;
    worker.core.keys = services_.keys->ring();
    worker.core.kills = services_.kills->kills();
    if (auto listening = listen(worker.acceptor, config_.listen_host, config_.listen_port);
        !listening) {
      return listening;
    }
  }
  for (const auto& made : workers_) {
    Worker& worker = *made;
    worker.thread = std::thread([&worker] {
      name_this_thread("purser-core");
      worker.core.thread = std::this_thread::get_id();
      asio::co_spawn(worker.core.io, accept_connections(worker.acceptor, worker.front),
                     asio::detached);
      asio::co_spawn(worker.core.io, sweep(worker), asio::detached);
      worker.core.io.run();
    });
  }
  return {};
}

Result<void> Gateway::start() {
  if (!options_.config_file.empty()) {
    watch_.emplace(options_.config_file, options_.data);
  }
  if (auto policy = take_policy(); !policy) {
    return policy;
  }
  if (auto books = open_books(); !books) {
    return books;
  }
  if (auto alerts = open_alerts(); !alerts) {
    return alerts;
  }
  auto keys = KeyDesk::open(config_.data);
  if (!keys) {
    return fail("opening the keys", keys.error());
  }
  services_.keys = std::move(*keys);
  auto starter = starter_key(config_.data, now());
  if (!starter) {
    return fail("making the first key", starter.error());
  }
  if (auto ring = services_.keys->look(); !ring) {
    return fail("reading the keys", ring.error());
  }
  auto kills = KillDesk::open(config_.data, now());
  if (!kills) {
    return fail("reading the kill switches", kills.error());
  }
  services_.kills = std::move(*kills);
  if (auto sessions = services_.sessions.open(config_.data, now()); !sessions) {
    return fail("reading the sessions that were ended", sessions.error());
  }
  auto refusals = RefusalBook::open(config_.data);
  if (!refusals) {
    return fail("opening the refusals", refusals.error());
  }
  services_.refusals = std::make_unique<RefusalDesk>(std::move(*refusals));
  if (auto workers = start_workers(); !workers) {
    return workers;
  }
  lookout_.emplace(services_);
  if (config_.spikes != SpikeAction::off) {
    asio::post(clerk_, [this, folder = config_.data] {
      if (auto learnt = lookout_->learn_what_is_usual(folder, now()); !learnt) {
        say("what is usual cannot be read from the books: " + learnt.error().message);
      }
    });
  }
  std::fputs(greeting(config_, *starter, simulated_ != nullptr).c_str(), stderr);
  return {};
}

/// Each core changes over between two events of its own: nobody waits, nobody sees half of it.
void Gateway::hand_out(std::shared_ptr<const Policy> policy) {
  policy_ = policy;
  set_queue_rules(*policy_, services_.gates);
  for (Core* core : cores_) {
    asio::post(core->io, [core, policy] { core->policy = policy; });
  }
}

void Gateway::hand_out(std::shared_ptr<const KeyRing> keys) {
  for (Core* core : cores_) {
    asio::post(core->io, [core, keys] { core->keys = keys; });
  }
}

void Gateway::reload(const Result<Config>& config) {
  if (!config) {
    say("the new configuration is refused, the old one stays:\n" + config.error().message);
    return;
  }
  Config wanted = *config;
  for (const std::string_view key : needs_restart(config_, wanted)) {
    say(fmt::format("'{}' has changed: it takes a restart", key));
  }
  if (simulated_) {
    stand_in(wanted, simulated_->port());
  }
  if (auto started = start_programs(wanted, bridge_, say); !started) {
    say("the new configuration is refused, the old one stays: " + started.error().message);
    return;
  }
  auto policy = make_policy(wanted);
  auto alerts = make_alert_policy(wanted.alerts);
  if (!policy || !alerts) {
    say("the new configuration is refused, the old one stays:\n" +
        (policy ? alerts.error() : policy.error()).message);
    return;
  }
  services_.alerts->change(std::move(*alerts));
  services_.accounts->change(static_cast<std::size_t>(wanted.accounts_in_memory_max));
  config_ = std::move(wanted);
  hand_out(std::move(*policy));
  say("the new configuration is in force");
}

void Gateway::look() {
  lookout_->look_at_books(config_.data);
  upkeep_.look(now());
  if (watch_) {
    if (const auto changed = watch_->look()) {
      reload(*changed);
    }
  }
  if (services_.limits_changed.exchange(false)) {
    reload(load_config(options_.config_file, options_.data));
  }
  if (const auto changed = services_.keys->look(); !changed) {
    say("keys cannot be read, the old ones stay: " + changed.error().message);
  } else if (*changed) {
    hand_out(services_.keys->ring());
  }
  lookout_->look_at_spikes();
}

Awaitable<void> Gateway::look_again_and_again() {
  Timer timer(main_);
  while (true) {
    timer.expires_after(kLook);
    const auto [error] = co_await timer.async_wait(kAwait);
    if (error) {
      co_return;
    }
    look();
  }
}

Awaitable<void> Gateway::look_for_kills() {
  Timer timer(main_);
  bool failing = false;
  while (true) {
    timer.expires_after(kKillLook);
    const auto [error] = co_await timer.async_wait(kAwait);
    if (error) {
      co_return;
    }
    const auto looked = services_.kills->look(cores_, now());
    if (!looked && !failing) {  // said once, not forty times a second
      say("kill switches cannot be read, those in force stay: " + looked.error().message);
    }
    failing = !looked;
    lookout_->look_at_kills(policy_->limits.calendar());
  }
}

Awaitable<void> Gateway::wait_for_signals() {
  SignalSet signals(main_, SIGINT, SIGTERM);
  signals.add(SIGHUP);
  while (true) {
    const auto [error, number] = co_await signals.async_wait(kAwait);
    if (error || number == SIGINT || number == SIGTERM) {
      main_.stop();
      co_return;
    }
    if (watch_) {
      reload(watch_->reread());
    }
  }
}

/// No new calls; those in flight end; then the books are closed.
void Gateway::stop() {
  say("stopping: calls in flight may end first");
  services_.stopping.store(true);
  for (const auto& worker : workers_) {
    asio::post(worker->core.io, [&worker = *worker] {
      ErrorCode ignored;  // it is closed either way
      worker.acceptor.close(ignored);
    });
  }
  const auto in_flight = [&] {
    std::int64_t calls = 0;
    for (const Core* core : cores_) {
      calls += core->counters.in_flight.now();
    }
    return calls;
  };
  const SteadyTime until = std::chrono::steady_clock::now() + kStopPatience;
  while (in_flight() > 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (in_flight() > 0) {
    say(fmt::format("{} calls did not end in time: they are presumed at their hold", in_flight()));
  }
  for (const auto& worker : workers_) {
    worker->core.io.stop();
    worker->thread.join();
  }
  presume_all(*cores_.front(), services_);
  presume_unfetched(Instant::never(), *cores_.front(), services_);
  presume_tools_due(Instant::never(), *cores_.front(), services_);
  upkeep_.finish(now());
  clerk_.join();
  services_.accounts.reset();  // with whatever it was still to read for calls that are gone
  services_.alerts
      .reset();  // what is told by now is kept; what is not yet sent goes with the next start
  if (auto folded = services_.store->fold(); !folded) {
    say("the last calls stay in the journal: " + folded.error().message);
  }
}

void Gateway::run() {
  asio::co_spawn(main_, look_again_and_again(), asio::detached);
  asio::co_spawn(main_, look_for_kills(), asio::detached);
  asio::co_spawn(main_, wait_for_signals(), asio::detached);
  main_.run();
  stop();
}

}  // namespace

int serve(const Config& config, const ServeOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // a client that left shows as an error on its connection
  Gateway gateway(config, options);
  if (auto started = gateway.start(); !started) {
    say(started.error().message);
    return 1;
  }
  gateway.run();
  return 0;
}

}  // namespace purser
