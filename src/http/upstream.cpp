// http/upstream.cpp — connecting, with TLS verified; sending; reading; keeping what is still good.
#include "http/upstream.hpp"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>

namespace purser {
namespace {

using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;

SteadyTime after(std::chrono::seconds wait) {
  return std::chrono::steady_clock::now() + wait;
}

/// What a thousand idle connections keep between them, not each.
constexpr std::size_t kSpares = 16;
constexpr std::size_t kSpareBytes = std::size_t{16} << 10;

/// A connection that was used this recently is taken as alive without a look.
constexpr std::chrono::milliseconds kFresh{100};

}  // namespace

Result<Origin> parse_origin(std::string_view url) {
  Origin origin;
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    origin.tls = false;
    rest.remove_prefix(7);
  } else {
    return fail(Fault::config, "'" + std::string(url) + "' must start with http:// or https://");
  }
  const std::size_t slash = rest.find('/');
  const std::string_view authority = rest.substr(0, slash);
  std::string_view path = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash);
  while (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  const std::size_t bracket = authority.rfind(']');  // [::1]:8080
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  std::string_view host = has_port ? authority.substr(0, colon) : authority;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  const std::string_view port = has_port ? authority.substr(colon + 1) : std::string_view{};
  const bool digits = port.find_first_not_of("0123456789") == std::string_view::npos;
  if (host.empty() || (has_port && (port.empty() || port.size() > 5 || !digits)) ||
      url.find_first_of(" \r\n\t?#@") != std::string_view::npos) {
    return fail(Fault::config,
                "'" + std::string(url) + "' must be like https://api.example.com/v1");
  }
  origin.host = host;
  origin.port = has_port ? std::string(port) : origin.tls ? "443" : "80";
  origin.authority = authority;
  origin.base_path = path;
  origin.name = (origin.tls ? "https://" : "http://") + origin.authority;
  return origin;
}

Result<std::shared_ptr<asio::ssl::context>> make_trust(const std::string& ca_file) {
  auto trust = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  ErrorCode error;
  if (ca_file.empty()) {
    trust->set_default_verify_paths(error);
  } else {
    trust->load_verify_file(ca_file, error);
  }
  if (error) {
    return fail(Fault::config, "cannot read trusted certificates" +
                                   (ca_file.empty() ? std::string() : " from " + ca_file) + ": " +
                                   error.message());
  }
  trust->set_verify_mode(asio::ssl::verify_peer, error);
  return trust;
}

Upstream::Upstream(Socket socket) : stream_(std::move(socket)) {}

Upstream::Upstream(Socket socket, asio::ssl::context& trust)
    : stream_(std::in_place_type<Tls>, std::move(socket), trust) {}

Socket& Upstream::socket() {
  if (auto* plain = std::get_if<Socket>(&stream_)) {
    return *plain;
  }
  return std::get<Tls>(stream_).next_layer();
}

std::unexpected<Error> Upstream::lost(std::string_view doing, const ErrorCode& error) const {
  return fail(Fault::upstream,
              std::string(doing) + ": " + (timed_out_ ? "it took too long" : error.message()));
}

Awaitable<Result<void>> Upstream::connect(const Origin& origin, const UpstreamLimits& limits) {
  Resolver resolver(socket().get_executor());
  const auto [not_found, addresses] =
      co_await resolver.async_resolve(origin.host, origin.port, kAwait);
  if (not_found) {
    co_return lost("cannot find " + origin.host, not_found);
  }
  deadline = after(limits.connect);
  const auto [refused, address] = co_await asio::async_connect(socket(), addresses, kAwait);
  if (refused) {
    co_return lost("cannot connect to " + origin.authority, refused);
  }
  ErrorCode ignored;  // only costs latency when it fails
  socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  socket().non_blocking(true, ignored);
  if (auto* tls = std::get_if<Tls>(&stream_)) {
    // Server name indication: without it a shared front end shows another host's certificate.
    SSL_set_tlsext_host_name(tls->native_handle(), origin.host.c_str());
    ErrorCode error;
    tls->set_verify_callback(asio::ssl::host_name_verification(origin.host), error);
    const auto [distrusted] = co_await tls->async_handshake(Tls::client, kAwait);
    if (distrusted) {
      co_return lost("no trusted TLS connection to " + origin.authority, distrusted);
    }
  }
  deadline = SteadyTime::max();
  co_return Result<void>{};
}

Awaitable<Result<void>> Upstream::send(std::array<std::string_view, 4> parts,
                                       std::chrono::seconds wait) {
  std::array<asio::const_buffer, 4> buffers;
  std::size_t left = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    buffers[i] = asio::const_buffer(parts[i].data(), parts[i].size());
    left += parts[i].size();
  }
  if (auto* plain = std::get_if<Socket>(&stream_)) {
    // Most requests fit the socket's buffer: one system call, no trip through the scheduler.
    ErrorCode error;
    std::size_t sent = plain->write_some(buffers, error);
    if (error && error != asio::error::would_block) {
      co_return lost("cannot send the request", error);
    }
    left -= sent;
    for (asio::const_buffer& buffer : buffers) {
      const std::size_t step = std::min(sent, buffer.size());
      buffer += step;
      sent -= step;
    }
    if (left == 0) {
      co_return Result<void>{};
    }
  }
  deadline = after(wait);
  ErrorCode error;
  if (auto* tls = std::get_if<Tls>(&stream_)) {
    std::tie(error, std::ignore) = co_await asio::async_write(*tls, buffers, kAwait);
  } else {
    std::tie(error, std::ignore) =
        co_await asio::async_write(std::get<Socket>(stream_), buffers, kAwait);
  }
  deadline = SteadyTime::max();
  if (error) {
    co_return lost("cannot send the request", error);
  }
  co_return Result<void>{};
}

Awaitable<Result<bool>> Upstream::read(std::size_t room, std::chrono::seconds wait) {
  const std::span<char> space = in_.space(room);
  const auto buffer = asio::buffer(space.data(), space.size());
  deadline = after(wait);
  ErrorCode error;
  std::size_t bytes = 0;
  if (auto* tls = std::get_if<Tls>(&stream_)) {
    std::tie(error, bytes) = co_await tls->async_read_some(buffer, kAwait);
  } else {
    std::tie(error, bytes) = co_await std::get<Socket>(stream_).async_read_some(buffer, kAwait);
  }
  deadline = SteadyTime::max();
  in_.filled(bytes);
  // Many servers close TLS without a goodbye: framing, not TLS, says whether the answer is whole.
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    co_return false;
  }
  if (error) {
    co_return lost("the connection broke", error);
  }
  co_return true;
}

bool Upstream::quiet() {
  char byte = 0;
  const ssize_t seen = ::recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return seen < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Upstream::close() {
  ErrorCode ignored;  // closing twice is fine
  socket().close(ignored);
}

void Upstream::overdue() {
  timed_out_ = true;
  close();
}

Pool::Pool(asio::io_context& io, Deadlines& deadlines, Origin origin, UpstreamLimits limits,
           std::shared_ptr<asio::ssl::context> trust)
    : io_(io),
      deadlines_(deadlines),
      origin_(std::move(origin)),
      limits_(limits),
      trust_(std::move(trust)) {}

Awaitable<Result<std::unique_ptr<Upstream>>> Pool::take() {
  while (!idle_.empty()) {
    std::unique_ptr<Upstream> upstream = std::move(idle_.back());
    idle_.pop_back();
    const auto idle = std::chrono::steady_clock::now() - upstream->idle_since;
    if (idle < kFresh || (idle < limits_.idle && upstream->quiet())) {
      if (!spare_.empty()) {
        upstream->in() = std::move(spare_.back());
        spare_.pop_back();
      }
      co_return upstream;
    }
  }
  auto upstream = origin_.tls ? std::make_unique<Upstream>(Socket(io_), *trust_)
                              : std::make_unique<Upstream>(Socket(io_));
  deadlines_.watch(*upstream);
  if (auto connected = co_await upstream->connect(origin_, limits_); !connected) {
    co_return std::unexpected(std::move(connected.error()));
  }
  co_return upstream;
}

void Pool::give_back(std::unique_ptr<Upstream> upstream) {
  if (idle_.size() == limits_.kept || upstream->in().size() > 0) {
    return;
  }
  upstream->in().shrink(kSpareBytes);
  if (spare_.size() < kSpares) {
    spare_.push_back(std::exchange(upstream->in(), {}));
  }
  upstream->in().shrink(0);
  upstream->idle_since = std::chrono::steady_clock::now();
  idle_.push_back(std::move(upstream));
}

void Pool::sweep(SteadyTime now) {
  // Oldest in front: connections are taken from and given back to the end.
  std::size_t old = 0;
  while (old < idle_.size() && now - idle_[old]->idle_since >= limits_.idle) {
    ++old;
  }
  idle_.erase(idle_.begin(), idle_.begin() + static_cast<std::ptrdiff_t>(old));
}

}  // namespace purser
