// app/listening.cpp — binding, and saying why it cannot be done.
#include "app/listening.hpp"

#include <fmt/format.h>

namespace purser {

Result<void> listen(Acceptor& acceptor, const std::string& host, std::uint16_t port) {
  ErrorCode error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) {
    return fail(Fault::config, "listen: '" + host + "' is not an IP address");
  }
  const asio::ip::tcp::endpoint endpoint(address, port);
  using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
  acceptor.open(endpoint.protocol(), error);
  if (!error) {
    acceptor.set_option(Acceptor::reuse_address(true), error);
  }
  if (!error) {
    acceptor.set_option(ReusePort(true), error);
  }
  if (!error) {
    acceptor.bind(endpoint, error);
  }
  if (!error) {
    acceptor.listen(4096, error);
  }
  if (error) {
    return fail(Fault::config,
                fmt::format("cannot listen on {}:{}: {}", host, port, error.message()));
  }
  return {};
}

Result<void> port_is_free(const std::string& host, std::uint16_t port) {
  asio::io_context io;
  Acceptor probe(io);
  ErrorCode error;
  const asio::ip::tcp::endpoint endpoint(
      asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error), port);
  if (!error) {
    probe.open(endpoint.protocol(), error);
    probe.set_option(Acceptor::reuse_address(true), error);
    probe.bind(endpoint, error);
  }
  if (error) {
    return fail(Fault::config,
                fmt::format("cannot listen on {}:{}: {}", host, port, error.message()));
  }
  return {};
}

}  // namespace purser
