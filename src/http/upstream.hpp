// http/upstream.hpp — connections to one origin, kept alive and reused on the same core.
#pragma once

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "http/asio.hpp"
#include "http/buffer.hpp"
#include "http/deadline.hpp"
#include "http/fields.hpp"

namespace purser {

/// Where a provider lives: "https://api.openai.com/v1" taken apart.
struct Origin {
  std::string host;
  std::string port;
  std::string authority;  // value of the Host header: host, and port when it is not the default
  std::string base_path;  // "" or "/v1": no slash at the end
  std::string name;       // scheme and authority: who shares connections
  bool tls = true;
};
/// Error (config) when it is not http://… or https://…
Result<Origin> parse_origin(std::string_view url);

struct UpstreamLimits {
  std::chrono::seconds connect{10};
  std::chrono::seconds first_byte{600};  // reasoning models think for minutes
  std::chrono::seconds between_bytes{120};
  std::chrono::seconds write{60};
  std::chrono::seconds idle{45};  // below the 60 s after which most front ends close
  std::size_t kept = 1024;        // idle connections kept a core
};

/// One connection. Used by one call at a time.
class Upstream final : public Waiting {
 public:
  using Tls = asio::ssl::stream<Socket>;
  explicit Upstream(Socket socket);
  Upstream(Socket socket, asio::ssl::context& trust);

  Awaitable<Result<void>> connect(const Origin& origin, const UpstreamLimits& limits);
  Awaitable<Result<void>> send(std::array<std::string_view, 4> parts, std::chrono::seconds wait);
  /// Reads at least one byte behind what is in `in()`. False: the other end closed cleanly.
  Awaitable<Result<bool>> read(std::size_t room, std::chrono::seconds wait);

  Buffer& in() { return in_; }
  std::vector<Field>& fields() { return fields_; }
  /// False when the other end has closed or sent what nobody asked for: not to be reused.
  bool quiet();
  void close();
  void overdue() override;
  bool timed_out() const { return timed_out_; }

  SteadyTime idle_since;

 private:
  Socket& socket();
  std::unexpected<Error> lost(std::string_view doing, const ErrorCode& error) const;

  std::variant<Socket, Tls> stream_;
  Buffer in_;
  std::vector<Field> fields_;
  bool timed_out_ = false;
};

/// The idle connections of one core to one origin, last used first.
class Pool {
 public:
  Pool(asio::io_context& io, Deadlines& deadlines, Origin origin, UpstreamLimits limits,
       std::shared_ptr<asio::ssl::context> trust);

  const Origin& origin() const { return origin_; }
  const UpstreamLimits& limits() const { return limits_; }

  /// A connection that is ready to send on. Error (upstream): not resolved, refused, not trusted.
  Awaitable<Result<std::unique_ptr<Upstream>>> take();
  /// Keeps it for the next call. Only after a whole answer on a connection that stays open.
  void give_back(std::unique_ptr<Upstream> upstream);
  /// Closes what has been idle for too long.
  void sweep(SteadyTime now);
  std::size_t idle() const { return idle_.size(); }

 private:
  asio::io_context& io_;
  Deadlines& deadlines_;
  Origin origin_;
  UpstreamLimits limits_;
  std::shared_ptr<asio::ssl::context> trust_;
  std::vector<std::unique_ptr<Upstream>> idle_;
  std::vector<Buffer> spare_;  // of connections that wait: the next call reads into one
};

/// TLS client trust: the system's certificates, or those in `ca_file` when it is not empty.
Result<std::shared_ptr<asio::ssl::context>> make_trust(const std::string& ca_file);

}  // namespace purser
