// http/asio.hpp — the few Asio names we use, bound to one executor type.
// Why: io_context::executor_type instead of any_io_executor saves a virtual call and an allocation
// on every operation; one io_context a core needs no strand.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

namespace purser {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Executor = asio::io_context::executor_type;

template <typename T>
using Awaitable = asio::awaitable<T, Executor>;

/// Awaiting yields (error, …) tuples: an error on the wire is a value, never an exception.
inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable_t<Executor>{});

using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

}  // namespace purser
