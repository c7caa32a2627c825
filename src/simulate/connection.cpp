// simulate/connection.cpp — HTTP in, performances out at their pace, and the bill at each end.
#include "simulate/connection.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "simulate/pages.hpp"

namespace purser::simulate {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using Parser = http::request_parser<http::string_body>;
using Request = Parser::value_type;

constexpr std::uint64_t kBodyBytesMax = 64 << 20;  // a million tokens of prompt and its pictures
constexpr std::uint32_t kHeadBytesMax = 64 << 10;
constexpr std::size_t kSendBytes = 64 << 10;  // of a stream that is not paced, at a time
constexpr std::size_t kDripBytes = 7;         // cuts UTF-8, JSON and event borders alike

Instant now() {
  return Instant::from_nanos(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                 std::chrono::system_clock::now().time_since_epoch())
                                 .count());
}

std::string_view header(const Request& request, std::string_view name) {
  const auto found = request.find(name);
  return found == request.end() ? std::string_view()
                                : std::string_view(found->value().data(), found->value().size());
}

std::string_view phrase(int status) {
  const auto text = http::obsolete_reason(static_cast<http::status>(status));
  return {text.data(), text.size()};
}

enum class Sent : std::uint8_t { yes, caller_left };

/// The sending side of one connection.
class Line {
 public:
  explicit Line(Socket& socket) : socket_(socket), timer_(socket.get_executor()) {}

  Awaitable<Sent> send(std::string_view bytes) {
    const auto [error, count] =
        co_await asio::async_write(socket_, asio::const_buffer(bytes.data(), bytes.size()), kAwait);
    co_return error ? Sent::caller_left : Sent::yes;
  }

  /// One piece of a stream, as an HTTP chunk.
  Awaitable<Sent> send_chunk(std::string_view bytes) {
    if (bytes.empty()) {
      co_return Sent::yes;  // an empty chunk would end the body
    }
    const std::string size = fmt::format("{:x}\r\n", bytes.size());
    const std::array<asio::const_buffer, 3> parts{asio::const_buffer(size.data(), size.size()),
                                                  asio::const_buffer(bytes.data(), bytes.size()),
                                                  asio::const_buffer("\r\n", 2)};
    const auto [error, count] = co_await asio::async_write(socket_, parts, kAwait);
    co_return error ? Sent::caller_left : Sent::yes;
  }

  Awaitable<void> wait(std::chrono::nanoseconds span) {
    if (span.count() > 0) {
      timer_.expires_after(span);
      co_await timer_.async_wait(kAwait);
    }
  }

  /// Has the caller closed its end? A write would notice only at the second try.
  bool left() const {
    char byte = 0;
    const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
  }

  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  Socket& socket_;
  Timer timer_;
};

std::string head_of(const Performance& performance, bool keep_alive) {
  const bool is_stream = performance.stream;
  std::string head = fmt::format(
      "HTTP/1.1 {} {}\r\ncontent-type: {}\r\n", performance.status, phrase(performance.status),
      is_stream && !performance.in_one_array ? "text/event-stream; charset=utf-8"
                                             : "application/json");
  if (is_stream) {
    head += "cache-control: no-cache\r\ntransfer-encoding: chunked\r\n";
  } else {
    fmt::format_to(std::back_inserter(head), "content-length: {}\r\n",
                   performance.reel.bytes.size());
  }
  head += performance.fields;
  head += keep_alive ? "\r\n" : "connection: close\r\n\r\n";
  return head;
}

/// Plays one performance, and writes its row before the caller can have seen the end of it.
class Play {
 public:
  Play(Line& line, const Performance& performance, Premises& premises)
      : line_(line), performance_(performance), premises_(premises) {}

  /// Answers whether the connection can serve another request.
  Awaitable<bool> run(bool keep_alive) {
    if (performance_.close) {
      settle_once(Ending::provider_broke_off);
      line_.close();
      co_return false;
    }
    co_await line_.wait(performance_.first_byte);
    const std::string head = head_of(performance_, keep_alive);
    if (!performance_.stream) {
      co_return co_await run_plain(head) && keep_alive;
    }
    co_return co_await run_stream(head) && keep_alive;
  }

 private:
  /// A plain answer exists as a whole before its first byte leaves.
  Awaitable<bool> run_plain(const std::string& head) {
    generated_ = performance_.row.usage.output;
    co_await line_.wait(performance_.per_token * generated_);
    const std::string_view body = performance_.reel.bytes;
    if (performance_.cut && *performance_.cut < body.size()) {
      settle_once(Ending::provider_broke_off);
      co_await line_.send(head + std::string(body.substr(0, *performance_.cut)));
      line_.close();
      co_return false;
    }
    settle_once(line_.left() ? Ending::caller_left : Ending::whole);
    if (performance_.drip) {
      co_return co_await line_.send(head) == Sent::yes&& co_await drip_plain(body);
    }
    co_return co_await line_.send(head + performance_.reel.bytes) == Sent::yes;
  }

  Awaitable<bool> drip_plain(std::string_view body) {
    while (!body.empty()) {
      if (co_await line_.send(body.substr(0, kDripBytes)) == Sent::caller_left) {
        co_return false;
      }
      body.remove_prefix(std::min(kDripBytes, body.size()));
      co_await line_.wait(*performance_.drip);
    }
    co_return true;
  }

  Awaitable<bool> run_stream(const std::string& head) {
    Sent sent = co_await line_.send(head);
    const auto& marks = performance_.reel.marks;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < marks.size() && sent == Sent::yes; ++i) {
      co_await pace(i);
      const bool last = i + 1 == marks.size();
      if (performance_.cut && *performance_.cut < marks[i].end) {
        co_await break_off(begin, i);
        co_return false;
      }
      generated_ = marks[i].generated;
      if (last) {
        settle_once(line_.left() ? Ending::caller_left : Ending::whole);
      } else if (gathers(begin, i)) {
        continue;
      }
      sent = co_await send_piece(begin, marks[i].end);
      begin = marks[i].end;
    }
    if (sent == Sent::caller_left) {
      drain();
      co_return false;
    }
    settle_once(Ending::whole);
    co_return co_await line_.send("0\r\n\r\n") == Sent::yes;
  }

  /// Waits as long as the tokens of mark `index` take to think of.
  Awaitable<void> pace(std::size_t index) {
    const auto& marks = performance_.reel.marks;
    if (performance_.stall && index == marks.size() / 2) {
      co_await line_.wait(*performance_.stall);
    }
    co_await line_.wait(performance_.per_token * (marks[index].generated - generated_));
  }

  /// An answer without pace is sent in few large pieces; events before a wait are sent at once.
  bool gathers(std::size_t begin, std::size_t index) const {
    const bool paced = performance_.per_token.count() > 0 || performance_.stall;
    return !paced && performance_.reel.marks[index].end - begin < kSendBytes;
  }

  Awaitable<Sent> send_piece(std::size_t begin, std::size_t end) {
    if (line_.left()) {
      co_return Sent::caller_left;
    }
    std::string_view piece = std::string_view(performance_.reel.bytes).substr(begin, end - begin);
    if (!performance_.drip) {
      co_return co_await line_.send_chunk(piece);
    }
    while (!piece.empty()) {
      if (co_await line_.send_chunk(piece.substr(0, kDripBytes)) == Sent::caller_left) {
        co_return Sent::caller_left;
      }
      piece.remove_prefix(std::min(kDripBytes, piece.size()));
      co_await line_.wait(*performance_.drip);
    }
    co_return Sent::yes;
  }

  /// The cut lies in event `index`: that event had been generated when it began to be sent.
  Awaitable<void> break_off(std::size_t begin, std::size_t index) {
    if (*performance_.cut > begin) {
      const auto& marks = performance_.reel.marks;
      const std::size_t event_begin = index == 0 ? 0 : marks[index - 1].end;
      generated_ = *performance_.cut > event_begin ? marks[index].generated : generated_;
    }
    settle_once(Ending::provider_broke_off);
    co_await send_piece(begin, *performance_.cut);
    line_.close();
  }

  /// The caller left. Generation goes on to its end, or for as long as the options say.
  void drain() {
    const std::int64_t all = performance_.row.usage.output;
    const auto& after = premises_.options.tokens_after_disconnect;
    generated_ = after ? std::min(all, generated_ + *after) : all;
    settle_once(Ending::caller_left);
  }

  void settle_once(Ending ending) {
    if (!settled_) {
      settled_ = true;
      premises_.bill.add(settle(performance_, ending, generated_));
    }
  }

  Line& line_;
  const Performance& performance_;
  Premises& premises_;
  std::int64_t generated_ = 0;
  bool settled_ = false;
};

/// In the dialect of who asks: Anthropic's clients always say which version they speak, and
/// Google's have a field of their own for the key.
Dialect dialect_of(const Request& request) {
  if (!header(request, "x-goog-api-key").empty()) {
    return Dialect::gemini;
  }
  return header(request, "anthropic-version").empty() ? Dialect::chat : Dialect::messages;
}

Awaitable<bool> send_page(Line& line, const Page& page, const Request& request) {
  Performance plain;
  plain.status = page.status;
  plain.stream = page.events;
  plain.reel.bytes = page.body;
  if (page.events) {
    co_return co_await line.send(head_of(plain, request.keep_alive())) ==
        Sent::yes&& co_await line.send_chunk(page.body) ==
        Sent::yes&& co_await line.send("0\r\n\r\n") == Sent::yes&& request.keep_alive();
  }
  std::string answer = head_of(plain, request.keep_alive());
  if (request.method() != http::verb::head) {
    answer += page.body;
  }
  co_return co_await line.send(answer) == Sent::yes&& request.keep_alive();
}

std::string_view credential_of(const Request& request) {
  for (const std::string_view name : {"authorization", "x-api-key", "x-goog-api-key"}) {
    if (const std::string_view credential = header(request, name); !credential.empty()) {
      return credential;
    }
  }
  return {};
}

Awaitable<bool> serve_call(Line& line, const Request& request, Dialect dialect, Route route,
                           Premises& premises) {
  const Incoming incoming{.dialect = dialect,
                          .body = request.body(),
                          .route = route,
                          .words = header(request, "x-simulate"),
                          .tag = header(request, "x-request-tag"),
                          .credential = credential_of(request)};
  premises.calls_open += 1;
  const Performance performance = premises.stage.perform(incoming, now());
  const bool open = co_await Play(line, performance, premises).run(request.keep_alive());
  premises.calls_open -= 1;
  co_return open;
}

std::optional<Dialect> dialect_at(std::string_view path) {
  struct Place {
    std::string_view path;
    Dialect dialect;
  };
  constexpr std::array kPlaces{
      Place{"/v1/chat/completions", Dialect::chat},   Place{"/v1/messages", Dialect::messages},
      Place{"/v1/responses", Dialect::responses},     Place{"/v1/embeddings", Dialect::embeddings},
      Place{"/v1/completions", Dialect::completions},
  };
  const auto found = std::ranges::find(kPlaces, path, &Place::path);
  return found == kPlaces.end() ? std::nullopt : std::optional(found->dialect);
}

Awaitable<bool> send_count(Line& line, const Request& request, const Incoming& incoming,
                           Premises& premises) {
  const Performance counted = premises.stage.count_tokens(incoming);
  co_return co_await line.send(head_of(counted, request.keep_alive()) + counted.reel.bytes) ==
      Sent::yes&& request.keep_alive();
}

/// ".../models/gemini-2.5-flash:generateContent?alt=sse"; nothing: it is no such path.
std::optional<Route> read_route(std::string_view path, std::string_view query) {
  for (const std::string_view models : {"/v1beta/models/", "/v1/models/"}) {
    const auto colon = path.rfind(':');
    if (path.starts_with(models) && colon != std::string_view::npos) {
      return Route{.model = path.substr(models.size(), colon - models.size()),
                   .method = path.substr(colon + 1),
                   .events = query.find("alt=sse") != std::string_view::npos};
    }
  }
  return std::nullopt;
}

Awaitable<bool> serve_request(Line& line, const Request& request, Premises& premises) {
  std::string_view path(request.target().data(), request.target().size());
  std::string_view query;
  if (const auto mark = path.find('?'); mark != std::string_view::npos) {
    query = path.substr(mark + 1);
    path = path.substr(0, mark);
  }
  if (request.method() == http::verb::post) {
    if (const auto dialect = dialect_at(path)) {
      co_return co_await serve_call(line, request, *dialect, {}, premises);
    }
    if (path == "/v1/messages/count_tokens") {
      const Incoming incoming{.dialect = Dialect::messages, .body = request.body()};
      co_return co_await send_count(line, request, incoming, premises);
    }
    if (const auto route = read_route(path, query)) {
      const Incoming incoming{.dialect = Dialect::gemini, .body = request.body(), .route = *route};
      co_return route->method == "countTokens"
          ? co_await send_count(line, request, incoming, premises)
          : co_await serve_call(line, request, Dialect::gemini, *route, premises);
    }
  }
  const Wanted wanted{.path = path,
                      .query = query,
                      .posted = request.method() == http::verb::post,
                      .dialect = dialect_of(request)};
  co_return co_await send_page(line, page_for(wanted, premises), request);
}

enum class Arrived : std::uint8_t { whole, over };

Awaitable<Arrived> read_request(Socket& socket, beast::flat_buffer& buffer, Parser& parser,
                                Line& line) {
  const auto [head_error, head_bytes] =
      co_await http::async_read_header(socket, buffer, parser, kAwait);
  if (head_error) {
    co_return Arrived::over;
  }
  if (beast::iequals(header(parser.get(), "expect"), "100-continue") &&
      co_await line.send("HTTP/1.1 100 Continue\r\n\r\n") == Sent::caller_left) {
    co_return Arrived::over;
  }
  const auto [error, bytes] = co_await http::async_read(socket, buffer, parser, kAwait);
  if (error == http::error::body_limit) {
    Performance refused;
    refused.status = 413;
    refused.reel.bytes =
        failure_body(Dialect::messages, failure_of(413), "Request too large.", "", "", "0");
    co_await line.send(head_of(refused, false) + refused.reel.bytes);
  }
  co_return error ? Arrived::over : Arrived::whole;
}

}  // namespace

Awaitable<void> serve_connection(Socket socket, Premises& premises) {
  boost::system::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  beast::flat_buffer buffer;
  Line line(socket);
  bool open = true;
  while (open) {
    Parser parser;
    parser.body_limit(kBodyBytesMax);
    parser.header_limit(kHeadBytesMax);
    if (co_await read_request(socket, buffer, parser, line) == Arrived::over) {
      break;
    }
    open = co_await serve_request(line, parser.get(), premises);
  }
  socket.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
}

}  // namespace purser::simulate
