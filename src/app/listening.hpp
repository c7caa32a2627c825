// app/listening.hpp — the address that clients connect to.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "http/asio.hpp"

namespace purser {

/// Every core listens on the same port; the kernel spreads connections over them. Error (config):
/// no such address, or the port is taken.
Result<void> listen(Acceptor& acceptor, const std::string& host, std::uint16_t port);

/// SO_REUSEPORT would let a second gateway share the port unnoticed: ask first, without it.
Result<void> port_is_free(const std::string& host, std::uint16_t port);

}  // namespace purser
