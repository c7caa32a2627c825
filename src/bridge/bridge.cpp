// bridge/bridge.cpp — a small HTTP server on a thread of its own, for the gateway alone.
#include "bridge/bridge.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <random>
#include <thread>

#include "base/digits.hpp"
#include "base/thread_name.hpp"
#include "bridge/hall.hpp"
#include "http/connection.hpp"

namespace purser {
namespace {

constexpr std::chrono::milliseconds kSweep{250};
constexpr std::string_view kStateless = "2026-07-28";

std::string session_name() {
  std::random_device system;  // nobody outside can guess it
  std::string name;
  for (int i = 0; i < 4; ++i) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (std::uint32_t left = system(), digit = 0; digit < 8; ++digit, left >>= 4) {
      name += kDigits[left & 15];
    }
  }
  return name;
}

/// Looks whether the gateway has hung up while a listener waits.
class HangUp final : public Waiting {
 public:
  HangUp(Connection& client, Listener& listener) : client_(client), listener_(listener) {
    deadline = SteadyTime::min();
  }
  void overdue() override {
    deadline = SteadyTime::min();
    if (client_.look_whether_gone()) {
      listener_.end();
    }
  }

 private:
  Connection& client_;
  Listener& listener_;
};

struct Answer {
  int status = 200;
  std::string_view reason = "OK";
  std::string body = {};
  std::string session = {};  // a new one
};

Awaitable<bool> send(Connection& client, const Request& request, const Answer& answer) {
  std::string head = "HTTP/1.1 ";
  append_number(head, answer.status);
  head += ' ';
  head += answer.reason;
  head += "\r\n";
  head += answer.body.empty() ? "" : "Content-Type: application/json\r\n";
  head += answer.session.empty() ? "" : "Mcp-Session-Id: " + answer.session + "\r\n";
  head += "Content-Length: ";
  append_number(head, static_cast<std::int64_t>(answer.body.size()));
  head += "\r\n\r\n";
  co_return co_await client.send({head, answer.body}) && request.keep_alive;
}

Awaitable<bool> send_event(Connection& client, std::string_view line) {
  const std::string event = "event: message\ndata: " + std::string(line) + "\n\n";
  std::array<char, 24> digits;
  char* end = std::to_chars(digits.data(), digits.data() + 16, event.size(), 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  co_return co_await client.send(
      {std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())), event,
       "\r\n"});
}

Awaitable<bool> begin_stream(Connection& client, std::string_view session) {
  constexpr std::string_view kHead =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
      "X-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\n";
  const std::string named =
      session.empty() ? std::string() : "Mcp-Session-Id: " + std::string(session) + "\r\n";
  co_return co_await client.send({kHead, named, "\r\n"});
}
constexpr std::string_view kLastChunk = "0\r\n\r\n";

class Server final : public Bridge {
 public:
  Server(std::string secret, Say say) : secret_(std::move(secret)), say_(std::move(say)) {}
  ~Server() override;
  Result<void> start();
  void serve(std::vector<Program> programs) override;
  std::string url(const std::string& name) const override {
    return "http://127.0.0.1:" + std::to_string(port_) + '/' + name;
  }
  const std::string& secret() const override { return secret_; }

 private:
  Awaitable<void> accept();
  Awaitable<void> sweep();
  Awaitable<void> serve_connection(Socket socket);
  Awaitable<bool> serve_request(Connection& client, const Request& request);
  Awaitable<bool> serve_message(Connection& client, const Request& request, Hall& hall);
  Awaitable<bool> ask(Connection& client, const Request& request, std::shared_ptr<Room> room,
                      const RpcMessage& message, std::string session);
  Awaitable<bool> listen(Connection& client, const Request& request, std::shared_ptr<Room> room);

  std::string secret_;
  Say say_;
  asio::io_context io_{1};
  Acceptor acceptor_{io_};
  Deadlines deadlines_;
  std::uint16_t port_ = 0;
  std::map<std::string, std::shared_ptr<Hall>, std::less<>> halls_;
  std::thread thread_;
};

Server::~Server() {
  asio::post(io_, [this] {
    halls_.clear();
    io_.stop();
  });
  if (thread_.joinable()) {
    thread_.join();
  }
}

Result<void> Server::start() {
  ErrorCode error;
  const asio::ip::tcp::endpoint here(asio::ip::address_v4::loopback(), 0);
  acceptor_.open(here.protocol(), error);
  if (!error) {
    acceptor_.bind(here, error);
  }
  if (!error) {
    acceptor_.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    return fail(Fault::config, "MCP servers as programs: no port: " + error.message());
  }
  port_ = acceptor_.local_endpoint().port();
  thread_ = std::thread([this] {
    name_this_thread("purser-bridge");
    asio::co_spawn(io_, accept(), asio::detached);
    asio::co_spawn(io_, sweep(), asio::detached);
    io_.run();
  });
  return {};
}

void Server::serve(std::vector<Program> programs) {
  asio::post(io_, [this, programs = std::move(programs)] {
    auto before = std::move(halls_);
    halls_.clear();
    for (const Program& program : programs) {
      const auto known = before.find(program.name);
      halls_[program.name] = known != before.end() && known->second->program() == program
                                 ? known->second
                                 : std::make_shared<Hall>(io_, program, say_);
    }
  });
}

Awaitable<void> Server::accept() {
  while (true) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (error == asio::error::operation_aborted) {
      co_return;
    }
    if (error) {  // out of descriptors: those that end make room
      Timer pause(io_, std::chrono::milliseconds(100));
      co_await pause.async_wait(kAwait);
      continue;
    }
    asio::co_spawn(io_, serve_connection(std::move(socket)), [](std::exception_ptr failure) {
      INVARIANT(!failure, "no exception leaves a connection");
    });
  }
}

Awaitable<void> Server::sweep() {
  Timer timer(io_);
  while (true) {
    timer.expires_after(kSweep);
    co_await timer.async_wait(kAwait);
    deadlines_.sweep(std::chrono::steady_clock::now());
    for (const auto& [name, hall] : halls_) {
      hall->sweep();
    }
  }
}

Awaitable<void> Server::serve_connection(Socket socket) {
  Connection client(std::move(socket), deadlines_, {});
  bool open = true;
  while (open) {
    Request request;
    const auto arrival = co_await client.next(request);
    if (!arrival || *arrival == Connection::Arrival::closed) {
      break;
    }
    open = co_await serve_request(client, request) && !client.gone();
    client.finish_request();
  }
  client.close();
}

Awaitable<bool> Server::serve_request(Connection& client, const Request& request) {
  if (field_value(*request.fields, "authorization") != "Bearer " + secret_) {
    co_return co_await send(client, request, {.status = 401, .reason = "Unauthorized"});
  }
  const auto found = halls_.find(request.path.substr(1));
  if (found == halls_.end()) {
    co_return co_await send(client, request, {.status = 404, .reason = "Not Found"});
  }
  const std::shared_ptr<Hall> hall = found->second;
  const std::string_view session = field_value(*request.fields, "mcp-session-id");
  if (request.method == "POST") {
    co_return co_await serve_message(client, request, *hall);
  }
  const bool listens = request.method == "GET";
  if (session.empty() || (!listens && request.method != "DELETE")) {
    co_return co_await send(client, request, {.status = 405, .reason = "Method Not Allowed"});
  }
  const std::shared_ptr<Room> room = hall->find(session);
  if (!room) {
    co_return co_await send(client, request, {.status = 404, .reason = "Not Found"});
  }
  if (listens) {
    co_return co_await listen(client, request, room);
  }
  hall->close(session);
  co_return co_await send(client, request, {});
}

Awaitable<bool> Server::serve_message(Connection& client, const Request& request, Hall& hall) {
  const auto message = read_rpc(request.body);
  if (!message || message->kind == RpcMessage::Kind::batch) {
    const std::string why = message ? "one message at a time" : message.error().message;
    co_return co_await send(client, request,
                            {.status = 400,
                             .reason = "Bad Request",
                             .body = rpc_error({}, message ? kRpcInvalid : kRpcParse, why)});
  }
  const std::string_view named = field_value(*request.fields, "mcp-session-id");
  const bool begins = message->asks("initialize");
  const bool stateless = !begins && named.empty() &&
                         (field_value(*request.fields, "mcp-protocol-version") >= kStateless ||
                          message->version >= kStateless);
  if (named.empty() && !begins && !stateless) {
    co_return co_await send(client, request,
                            {.status = 400,
                             .reason = "Bad Request",
                             .body = rpc_error(message->id, kRpcInvalid, "no Mcp-Session-Id")});
  }
  std::string session = begins ? session_name() : std::string();
  const std::shared_ptr<Room> room = begins      ? hall.open(session)
                                     : stateless ? hall.shared()
                                                 : hall.find(named);
  if (!room && !begins && !stateless) {
    co_return co_await send(client, request, {.status = 404, .reason = "Not Found"});
  }
  if (!room) {
    co_return co_await send(client, request,
                            {.status = 503,
                             .reason = "Service Unavailable",
                             .body = rpc_error(message->id, kRpcUpstream,
                                               "the server's program cannot be started now")});
  }
  if (message->kind == RpcMessage::Kind::request) {
    co_return co_await ask(client, request, room, *message, std::move(session));
  }
  const bool told = room->tell(request.body);
  co_return co_await send(client, request,
                          told ? Answer{.status = 202, .reason = "Accepted"}
                               : Answer{.status = 503, .reason = "Unavailable"});
}

/// The answer alone is sent plainly; with something before it, as a stream.
Awaitable<bool> Server::ask(Connection& client, const Request& request, std::shared_ptr<Room> room,
                            const RpcMessage& message, std::string session) {
  const auto listener = room->ask(message, request.body);
  if (!listener) {
    co_return co_await send(
        client, request,
        {.status = 503,
         .reason = "Service Unavailable",
         .body = rpc_error(message.id, kRpcUpstream, "the server's program does not listen")});
  }
  HangUp watch(client, *listener);
  deadlines_.watch(watch);
  co_await listener->wait();
  if (listener->lines.size() == 1 && listener->over && !client.gone()) {
    co_return co_await send(client, request,
                            {.body = listener->lines.front(), .session = std::move(session)});
  }
  bool sent = !client.gone() && co_await begin_stream(client, session);
  while (sent && !listener->lines.empty()) {
    const std::string line = std::move(listener->lines.front());
    listener->lines.pop_front();
    sent = co_await send_event(client, line);
    co_await listener->wait();
  }
  if (client.gone()) {
    room->leave(listener);
    co_return false;
  }
  co_return co_await client.send({kLastChunk}) && request.keep_alive;
}

Awaitable<bool> Server::listen(Connection& client, const Request& request,
                               std::shared_ptr<Room> room) {
  const auto listener = room->listen();
  HangUp watch(client, *listener);
  deadlines_.watch(watch);
  bool sent = co_await begin_stream(client, {});
  while (sent) {
    co_await listener->wait();
    if (listener->lines.empty()) {
      break;
    }
    const std::string line = std::move(listener->lines.front());
    listener->lines.pop_front();
    sent = co_await send_event(client, line);
  }
  room->stop_listening(listener);
  co_return sent && !client.gone() && co_await client.send({kLastChunk}) && request.keep_alive;
}

}  // namespace

Result<std::unique_ptr<Bridge>> Bridge::open(std::string secret, Say say) {
  auto server = std::make_unique<Server>(std::move(secret), std::move(say));
  if (auto started = server->start(); !started) {
    return std::unexpected(started.error());
  }
  return server;
}

}  // namespace purser
