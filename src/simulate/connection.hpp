// simulate/connection.hpp — one caller's connection to the simulated provider.
#pragma once

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "simulate/performance.hpp"

namespace purser::simulate {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
template <typename T>
using Awaitable = asio::awaitable<T, Executor>;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable_t<Executor>{});

/// What all connections share. One thread runs them all; only the bill and the count are read by
/// others.
struct Premises {
  explicit Premises(const Options& chosen)
      : options(chosen), stage(chosen), bill(chosen.bill_rows_max) {}
  const Options options;
  Stage stage;
  Bill bill;
  std::atomic<std::int64_t> calls_open = 0;
};

/// Serves requests until either side ends the connection.
Awaitable<void> serve_connection(Socket socket, Premises& premises);

}  // namespace purser::simulate
