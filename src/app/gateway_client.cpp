// app/gateway_client.cpp — one connection a question, and a thread that does nothing but wait for
// it.
#include "app/gateway_client.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <optional>

#include "http/incoming.hpp"
#include "money/json_tree.hpp"

namespace purser {
namespace {

/// A batch is posted in milliseconds; a gateway that takes this long is not there.
constexpr std::chrono::seconds kPatience{60};
constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

Awaitable<Result<GatewayAnswer>> ask(asio::io_context& io, Origin origin, std::string request) {
  auto upstream = std::make_unique<Upstream>(Socket(io));
  const UpstreamLimits limits;
  if (auto connected = co_await upstream->connect(origin, limits); !connected) {
    co_return std::unexpected(connected.error());
  }
  if (auto sent = co_await upstream->send({request}, limits.write); !sent) {
    co_return std::unexpected(sent.error());
  }
  Incoming incoming(std::move(upstream));
  if (auto read = co_await incoming.read_head(limits); !read) {
    co_return std::unexpected(read.error());
  }
  GatewayAnswer answer{.status = incoming.status(), .body = {}};
  while (true) {
    std::string_view piece;
    const auto more = co_await incoming.next(piece, kPieceBytes, limits.between_bytes);
    if (!more) {
      co_return std::unexpected(more.error());
    }
    if (!*more) {
      co_return answer;
    }
    answer.body += piece;
  }
}

}  // namespace

std::string GatewayAnswer::message() const {
  const auto tree = read_json_tree(body);
  const JsonTree* error = tree ? tree->find("error") : nullptr;
  return error == nullptr ? fmt::format("it answered {}", status)
                          : std::string(error->text_of("message"));
}

std::string gateway_base(const Config& config) {
  std::string host = config.listen_host;
  if (host == "0.0.0.0") {
    host = "127.0.0.1";
  } else if (host == "::") {
    host = "::1";
  }
  const bool six = host.contains(':');
  return fmt::format("http://{}{}{}:{}", six ? "[" : "", host, six ? "]" : "", config.listen_port);
}

Result<GatewayAnswer> post_to_gateway(std::string_view base, std::string_view path,
                                      std::string_view key, std::string_view body) {
  auto origin = parse_origin(base);
  if (!origin) {
    return std::unexpected(origin.error());
  }
  if (origin->tls) {
    return fail(Fault::config, "the gateway's own address begins with http://");
  }
  std::string request = fmt::format(
      "POST {}{} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n"
      "content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{}",
      origin->base_path, path, origin->authority, key, body.size(), body);
  asio::io_context io(1);
  std::optional<Result<GatewayAnswer>> answer;
  asio::co_spawn(io, ask(io, std::move(*origin), std::move(request)),
                 [&](std::exception_ptr failure, Result<GatewayAnswer> result) {
                   INVARIANT(!failure, "no exception leaves a question");
                   answer = std::move(result);
                 });
  io.run_for(kPatience);
  if (!answer) {
    return fail(Fault::upstream, fmt::format("{} does not answer", base));
  }
  return std::move(*answer);
}

}  // namespace purser
