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
#include <charconv>

#include "base/json_text.hpp"

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
constexpr std::size_t kBillRowsShown = 10'000;

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

/// Answers that are not performed: complete, at once, never billed.
struct Page {
  int status = 200;
  std::string body;
};

Page not_found() {
  const Failure& failure = failure_of(404);
  return {404, failure_body(Dialect::chat, failure, "No such path.", "", "", "0")};
}

std::uint64_t query_number(std::string_view query, std::string_view name, std::uint64_t otherwise) {
  const auto found = query.find(name);
  if (found == std::string_view::npos) {
    return otherwise;
  }
  const std::string_view digits = query.substr(found + name.size());
  std::uint64_t number = otherwise;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

std::string model_json(const Model& model) {
  if (model.dialect == Dialect::gemini) {
    return fmt::format(R"({{"name":"models/{}","displayName":"{}","outputTokenLimit":{},)"
                       R"("supportedGenerationMethods":["{}","countTokens"]}})",
                       model.id, model.id, model.output_max,
                       model.embeds ? "embedContent" : "generateContent");
  }
  if (model.dialect == Dialect::chat) {
    return fmt::format(
        R"({{"id":"{}","object":"model","created":1700000000,"owned_by":"simulated"}})", model.id);
  }
  return fmt::format(
      R"({{"type":"model","id":"{}","display_name":"{}","created_at":"2026-01-01T00:00:00Z"}})",
      model.id, model.id);
}

/// In the dialect of who asks: Anthropic's clients always say which version they speak, and
/// Google's have a field of their own for the key.
Dialect dialect_of(const Request& request) {
  if (!header(request, "x-goog-api-key").empty()) {
    return Dialect::gemini;
  }
  return header(request, "anthropic-version").empty() ? Dialect::chat : Dialect::messages;
}

Page models_page(const Request& request) {
  const Dialect dialect = dialect_of(request);
  std::vector<std::string> rows;
  std::vector<std::string_view> ids;
  for (const Model& model : models()) {
    if (model.dialect == dialect) {
      rows.push_back(model_json(model));
      ids.push_back(model.id);
    }
  }
  const std::string data = fmt::format("{}", fmt::join(rows, ","));
  if (dialect == Dialect::chat) {
    return {200, fmt::format(R"({{"object":"list","data":[{}]}})", data)};
  }
  if (dialect == Dialect::gemini) {
    return {200, fmt::format(R"({{"models":[{}]}})", data)};
  }
  return {200, fmt::format(R"({{"data":[{}],"has_more":false,"first_id":"{}","last_id":"{}"}})",
                           data, ids.front(), ids.back())};
}

Page page_for(const Request& request, std::string_view path, std::string_view query,
              Premises& premises) {
  constexpr std::string_view kBill = "/bill/";
  constexpr std::array<std::string_view, 2> kModels{"/v1/models", "/v1beta/models"};
  const bool posted = request.method() == http::verb::post;
  if (posted) {
    if (path == "/bill/reset") {
      premises.bill.reset();
      return {200, "{}"};
    }
    return not_found();
  }
  if (path == "/bill") {
    return {200, premises.bill.to_json(query_number(query, "since=", 1),
                                       query_number(query, "limit=", kBillRowsShown))};
  }
  if (path.starts_with(kBill)) {
    auto row = premises.bill.find_json(path.substr(kBill.size()));
    return row ? Page{200, std::move(*row)} : not_found();
  }
  for (const std::string_view list : kModels) {
    if (path == list) {
      return models_page(request);
    }
    if (path.starts_with(list) && path[list.size()] == '/') {
      const Model* const model = find_model(path.substr(list.size() + 1));
      return model == nullptr ? not_found() : Page{200, model_json(*model)};
    }
  }
  if (path == "/healthz" || path == "/") {
    return {200, fmt::format(R"({{"service":"purser simulate","calls_open":{}}})",
                             premises.calls_open.load())};
  }
  return not_found();
}

Awaitable<bool> send_page(Line& line, const Page& page, const Request& request) {
  Performance plain;
  plain.status = page.status;
  plain.reel.bytes = page.body;
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
    if (path == "/v1/chat/completions") {
      co_return co_await serve_call(line, request, Dialect::chat, {}, premises);
    }
    if (path == "/v1/messages") {
      co_return co_await serve_call(line, request, Dialect::messages, {}, premises);
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
  co_return co_await send_page(line, page_for(request, path, query, premises), request);
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
