// app/front.hpp — the front desk: which request goes where, and connections that carry many.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <span>

#include "http/connection.hpp"
#include "pipeline/services.hpp"

namespace purser {

/// What the front desk of one core knows. Lives as long as the core.
struct Front {
  Core& core;
  Services& services;
  std::span<Core* const> cores;  // all of them, for /metrics
  ConnectionLimits limits;
  asio::thread_pool& clerk;  // reads the books: SQLite may wait for the disk, a core may not
  std::filesystem::path data;
  std::filesystem::path config_file;  // empty: the defaults
};

/// Accepts connections, and serves each until either side ends it, until the acceptor is closed.
Awaitable<void> accept_connections(Acceptor& acceptor, Front& front);

}  // namespace purser
