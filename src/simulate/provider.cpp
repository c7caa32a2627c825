// simulate/provider.cpp — the listening socket and the thread.
#include "simulate/provider.hpp"

#include <fmt/format.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <thread>

#include "simulate/connection.hpp"

namespace purser::simulate {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

namespace {

Awaitable<void> accept_connections(Acceptor& acceptor, Premises& premises) {
  while (true) {
    auto [error, socket] = co_await acceptor.async_accept(kAwait);
    if (error == asio::error::operation_aborted) {
      co_return;
    }
    if (error) {  // out of descriptors: those that end make room
      Timer pause(acceptor.get_executor(), std::chrono::milliseconds(50));
      co_await pause.async_wait(kAwait);
      continue;
    }
    asio::co_spawn(acceptor.get_executor(), serve_connection(std::move(socket), premises),
                   asio::detached);
  }
}

Result<void> listen(Acceptor& acceptor, const Options& options) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.host, error);
  const asio::ip::tcp::endpoint endpoint(address, options.port);
  if (!error) {
    acceptor.open(endpoint.protocol(), error);
  }
  if (!error) {
    acceptor.set_option(asio::socket_base::reuse_address(true), error);
  }
  if (!error) {
    acceptor.bind(endpoint, error);
  }
  if (!error) {
    acceptor.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    return fail(Fault::config,
                fmt::format("listening on {}:{}: {}", options.host, options.port, error.message()));
  }
  return {};
}

Result<void> check(const Options& options) {
  for (const FaultRate& fault : options.faults) {
    Script scratch;
    if (const auto known = add_words(scratch, fault.word); !known) {
      return fail(Fault::config, known.error().message);
    }
  }
  if (options.output_mean < 1 || options.tokens_per_event < 1) {
    return fail(Fault::config, "an answer and an event have at least one token");
  }
  return {};
}

}  // namespace

struct Provider::State {
  explicit State(const Options& options) : premises(options), acceptor(io) {}
  Premises premises;
  asio::io_context io{1};
  Acceptor acceptor;  // before io ends, after premises begin: coroutines use both
  std::uint16_t port = 0;
  std::thread thread;
};

Result<std::unique_ptr<Provider>> Provider::start(Options options) {
  if (const auto sound = check(options); !sound) {
    return std::unexpected(sound.error());
  }
  auto state = std::make_unique<State>(options);
  if (const auto listening = listen(state->acceptor, options); !listening) {
    return std::unexpected(listening.error());
  }
  boost::system::error_code ignored;
  state->port = state->acceptor.local_endpoint(ignored).port();
  asio::co_spawn(state->io, accept_connections(state->acceptor, state->premises), asio::detached);
  state->thread = std::thread([running = state.get()] { running->io.run(); });
  return std::unique_ptr<Provider>(new Provider(std::move(state)));
}

Provider::Provider(std::unique_ptr<State> state) : state_(std::move(state)) {}

Provider::~Provider() {
  state_->io.stop();
  state_->thread.join();
}

std::uint16_t Provider::port() const {
  return state_->port;
}

std::string Provider::base_url() const {
  return fmt::format("http://{}:{}", state_->premises.options.host, state_->port);
}

const Bill& Provider::bill() const {
  return state_->premises.bill;
}

std::int64_t Provider::calls_open() const {
  return state_->premises.calls_open.load();
}

int serve(const Options& options) {
  const auto provider = Provider::start(options);
  if (!provider) {
    fmt::print(stderr, "purser simulate: {}\n", provider.error().message);
    return 1;
  }
  fmt::print(stderr, "simulated provider at {} (seed {}); its bill at {}/bill\n",
             (*provider)->base_url(), options.seed, (*provider)->base_url());
  asio::io_context io;
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([](const boost::system::error_code&, int) {});
  io.run();
  fmt::print(stderr, "billed {} nanodollars\n", (*provider)->bill().total());
  return 0;
}

}  // namespace purser::simulate
