// dispatch/outlet.cpp — the two ways out, and waiting for several of them.
#include "dispatch/outlet.hpp"

#include <boost/asio/detached.hpp>
#include <csignal>

#include "dispatch/command.hpp"
#include "dispatch/webhook.hpp"

namespace purser {
namespace {

constexpr std::chrono::milliseconds kSweep{100};

struct Trial {
  asio::io_context io{1};
  Deadlines deadlines;
  std::vector<Tried> tried;
  std::size_t open = 0;
};

Awaitable<void> try_one(Trial& trial, std::size_t index, std::shared_ptr<const Outlet> outlet,
                        Alert alert) {
  const auto began = std::chrono::steady_clock::now();
  Tried& tried = trial.tried[index];
  tried.attempt = co_await attempt(trial.io, trial.deadlines, outlet, alert);
  tried.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - began);
  --trial.open;
}

Awaitable<void> sweep_while_open(Trial& trial) {
  Timer timer(trial.io);
  while (trial.open > 0) {
    timer.expires_after(kSweep);
    co_await timer.async_wait(kAwait);
    trial.deadlines.sweep(std::chrono::steady_clock::now());
  }
}

}  // namespace

Result<std::shared_ptr<const Outlet>> make_outlet(AlertTarget target) {
  auto outlet = std::make_shared<Outlet>();
  if (const auto* webhook = std::get_if<Webhook>(&target.way)) {
    auto address = parse_webhook(webhook->url);
    if (!address) {
      return fail("alert target " + target.name, address.error());
    }
    auto trust = make_trust(webhook->ca_file);
    if (!trust) {
      return fail("alert target " + target.name, trust.error());
    }
    outlet->origin = std::move(address->origin);
    outlet->path = std::move(address->path);
    outlet->trust = std::move(*trust);
  }
  outlet->target = std::move(target);
  return outlet;
}

Awaitable<Attempt> attempt(asio::io_context& io, Deadlines& deadlines,
                           std::shared_ptr<const Outlet> outlet, Alert alert) {
  if (std::holds_alternative<Webhook>(outlet->target.way)) {
    co_return co_await post_webhook(io, deadlines, outlet, alert);
  }
  co_return co_await run_command(io, deadlines, outlet, alert);
}

std::vector<Tried> attempt_all(const std::vector<std::shared_ptr<const Outlet>>& outlets,
                               const Alert& alert) {
  std::signal(SIGPIPE, SIG_IGN);  // a webhook that hangs up shows as an error on its connection
  Trial trial;
  trial.tried.resize(outlets.size());
  trial.open = outlets.size();
  for (std::size_t i = 0; i < outlets.size(); ++i) {
    asio::co_spawn(trial.io, try_one(trial, i, outlets[i], alert), asio::detached);
  }
  asio::co_spawn(trial.io, sweep_while_open(trial), asio::detached);
  trial.io.run();
  return std::move(trial.tried);
}

}  // namespace purser
