// simulate/provider_test.cpp — the wire over a real socket: framing, faults, and who is billed.
#include "simulate/provider.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <thread>

#include "simulate/connection.hpp"

namespace purser::simulate {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;

struct Received {
  int status = 0;
  std::string request_id;
  std::string body;
  bool whole = false;
};

/// A caller with one connection, blocking.
class Caller {
 public:
  explicit Caller(const Provider& provider) {
    socket_.connect({asio::ip::make_address("127.0.0.1"), provider.port()});
  }

  void send(std::string_view path, std::string_view body, std::string_view words = "") {
    asio::write(socket_,
                asio::buffer(fmt::format("POST {} HTTP/1.1\r\nhost: x\r\nx-simulate: {}\r\n"
                                         "x-request-tag: tagged\r\n"
                                         "content-length: {}\r\n\r\n{}",
                                         path, words, body.size(), body)));
  }
  void fetch(std::string_view path) {
    asio::write(socket_, asio::buffer(fmt::format("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", path)));
  }
  Received receive() {
    http::response_parser<http::string_body> parser;
    boost::system::error_code error;
    http::read(socket_, buffer_, parser, error);
    Received received{.status = static_cast<int>(parser.get().result_int()),
                      .request_id = std::string(parser.get()["x-request-id"]),
                      .body = parser.get().body(),
                      .whole = !error};
    return received;
  }
  /// Reads until `bytes` have come, whatever they are.
  void receive_some(std::size_t bytes) {
    std::string room(bytes, '\0');
    asio::read(socket_, asio::buffer(room));
  }
  void leave() { socket_.close(); }

 private:
  asio::io_context io_;
  asio::ip::tcp::socket socket_{io_};
  beast::flat_buffer buffer_;
};

std::unique_ptr<Provider> provider(Options options = {}) {
  options.port = 0;
  auto started = Provider::start(std::move(options));
  EXPECT_TRUE(started) << started.error().message;
  return std::move(*started);
}

constexpr std::string_view kChat = "/v1/chat/completions";
constexpr std::string_view kPlain =
    R"({"model":"gpt-4o","messages":[{"role":"user","content":"hello"}]})";
constexpr std::string_view kStream =
    R"({"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true},)"
    R"("messages":[{"role":"user","content":"hello"}]})";
constexpr std::string_view kMessagesStream =
    R"({"model":"claude-opus-5-5","stream":true,"max_tokens":900,)"
    R"("messages":[{"role":"user","content":"hello"}]})";
// "hello" is two tokens, the message and the request three each, at $2.50 a million.
constexpr std::int64_t kInputNanos = 8 * 2'500;
constexpr std::int64_t kOutputNanos = 10'000;

/// Waits until no call is open; a call's row is written before it is counted out.
BillRow last_row(const Provider& provider) {
  while (provider.calls_open() > 0) {
    std::this_thread::yield();
  }
  const auto rows = provider.bill().rows();
  EXPECT_FALSE(rows.empty());
  return rows.empty() ? BillRow{} : rows.back();
}

TEST(Provider, ServesManyRequestsOnOneConnection) {
  const auto shop = provider();
  Caller caller(*shop);
  for (int i = 0; i < 3; ++i) {
    caller.send(kChat, kPlain, "output=10");
    const Received received = caller.receive();
    EXPECT_EQ(received.status, 200);
    EXPECT_TRUE(received.whole);
    const json::value body = json::parse(received.body);
    EXPECT_EQ(body.at_pointer("/usage/completion_tokens").as_int64(), 10);
    EXPECT_EQ(received.request_id.substr(4), std::string_view(body.at("id").as_string()).substr(9));
  }
  EXPECT_EQ(shop->bill().total(), 3 * (kInputNanos + 10 * kOutputNanos));
  caller.fetch("/bill");
  const json::value bill = json::parse(caller.receive().body);
  EXPECT_EQ(bill.at("total_nanodollars").as_int64(), shop->bill().total());
  EXPECT_EQ(bill.at_pointer("/rows/2/tag").as_string(), "tagged");
}

TEST(Provider, EndsAChatStreamWithItsUsageAndDone) {
  const auto shop = provider();
  Caller caller(*shop);
  caller.send(kChat, kStream, "output=10");
  const Received received = caller.receive();
  EXPECT_TRUE(received.whole);
  EXPECT_TRUE(received.body.ends_with("\n\ndata: [DONE]\n\n"));
  EXPECT_TRUE(received.body.contains(R"("choices":[],"usage":{"prompt_tokens":8,)"));
  EXPECT_TRUE(received.body.contains(R"("finish_reason":null}],"usage":null})"));
  EXPECT_EQ(last_row(*shop).nanodollars, kInputNanos + 10 * kOutputNanos);
}

TEST(Provider, TellsNoUsageToAStreamThatDidNotAsk) {
  const auto shop = provider();
  Caller caller(*shop);
  caller.send(kChat, R"({"model":"gpt-4o","stream":true,"messages":[{"role":"user"}]})");
  EXPECT_FALSE(caller.receive().body.contains("usage"));
}

TEST(Provider, TellsAMessageEventByEvent) {
  const auto shop = provider();
  Caller caller(*shop);
  caller.send("/v1/messages?beta=true", kMessagesStream, "output=6");
  const Received received = caller.receive();
  std::string names;
  for (std::size_t at = 0; (at = received.body.find("event: ", at)) != std::string::npos; ++at) {
    names += received.body.substr(at + 7, received.body.find('\n', at) - at - 7) + ' ';
  }
  EXPECT_EQ(names,
            "message_start ping content_block_start content_block_delta content_block_delta "
            "content_block_stop message_delta message_stop ");
  EXPECT_EQ(last_row(*shop).nanodollars, 8 * 4'000 + 6 * 20'000);
}

TEST(Provider, BillsACutStreamForWhatItHadGenerated) {
  const auto shop = provider();
  for (std::size_t at = 0; at < 3'000; at += 131) {
    Caller caller(*shop);
    caller.send(kChat, kStream, fmt::format("output=40 cut={}", at));
    const Received received = caller.receive();
    EXPECT_FALSE(received.whole);
    EXPECT_EQ(received.body.size(), at);
    std::int64_t pieces = 0;
    for (std::size_t seen = 0;
         (seen = received.body.find("\"content\":\"", seen)) != std::string::npos; ++seen) {
      ++pieces;
    }
    const BillRow row = last_row(*shop);
    EXPECT_TRUE(row.billed);
    EXPECT_LE(row.usage.output, 4 * pieces);
    EXPECT_GE(row.usage.output, 4 * (pieces - 2));
    EXPECT_EQ(row.nanodollars, kInputNanos + row.usage.output * kOutputNanos);
  }
}

TEST(Provider, BillsNothingOfAnUnbilledCutOrABareClose) {
  const auto shop = provider();
  for (const std::string_view words : {"cut-unbilled=300", "close"}) {
    Caller caller(*shop);
    caller.send(kChat, kStream, words);
    EXPECT_FALSE(caller.receive().whole);
    EXPECT_FALSE(last_row(*shop).billed) << words;
  }
  EXPECT_EQ(shop->bill().total(), 0);
}

TEST(Provider, CutsAPlainAnswerInsideItsBody) {
  const auto shop = provider();
  Caller caller(*shop);
  caller.send(kChat, kPlain, "output=10 cut=20");
  const Received received = caller.receive();
  EXPECT_FALSE(received.whole);
  EXPECT_EQ(received.body.size(), 20);
  EXPECT_EQ(last_row(*shop).nanodollars, kInputNanos + 10 * kOutputNanos);
}

TEST(Provider, SaysAnErrorInTheMiddleOfAStream) {
  const auto shop = provider();
  Caller caller(*shop);
  caller.send("/v1/messages", kMessagesStream, "output=40 error=12");
  const Received received = caller.receive();
  EXPECT_TRUE(received.whole);
  EXPECT_TRUE(received.body.contains("event: error\ndata: {\"type\":\"error\""));
  EXPECT_FALSE(received.body.contains("message_stop"));
  EXPECT_EQ(last_row(*shop).nanodollars, 8 * 4'000 + 12 * 20'000);
  caller.send(kChat, kStream, "output=40 error=0");
  EXPECT_TRUE(caller.receive().body.contains("data: {\"error\":{\"message\""));
  EXPECT_EQ(last_row(*shop).nanodollars, kInputNanos);
}

TEST(Provider, GeneratesToTheEndWhenTheCallerLeaves) {
  const auto shop = provider();
  Caller caller(*shop);
  caller.send(kChat, kStream, "output=400 per-token=200");
  caller.receive_some(300);
  caller.leave();
  const BillRow row = last_row(*shop);
  EXPECT_EQ(row.why, "the caller left: generated to the end");
  EXPECT_EQ(row.nanodollars, kInputNanos + 400 * kOutputNanos);
}

TEST(Provider, StopsSoonAfterTheCallerLeftWhenToldSo) {
  const auto shop = provider({.tokens_after_disconnect = 7});
  Caller caller(*shop);
  caller.send(kChat, kStream, "output=4000 per-token=200");
  caller.receive_some(300);
  caller.leave();
  const BillRow row = last_row(*shop);
  EXPECT_EQ(row.why, "the caller left: what was generated");
  EXPECT_GE(row.usage.output, 7);
  EXPECT_LT(row.usage.output, 4'000);
  EXPECT_EQ(row.nanodollars, kInputNanos + row.usage.output * kOutputNanos);
}

TEST(Provider, DripsEveryByteOfTheSameAnswer) {
  const auto shop = provider();
  const auto twin = provider();
  Caller slow(*shop);
  Caller quick(*twin);
  slow.send(kChat, kStream, "output=8 drip=0");
  quick.send(kChat, kStream, "output=8");
  EXPECT_EQ(slow.receive().body.size(), quick.receive().body.size());
}

TEST(Provider, CountsTokensAndListsModelsForNothing) {
  const auto shop = provider();
  Caller caller(*shop);
  caller.send("/v1/messages/count_tokens",
              R"({"model":"claude-opus-5-5","messages":[{"role":"user","content":"hello"}]})");
  EXPECT_EQ(caller.receive().body, R"({"input_tokens":8})");
  caller.fetch("/v1/models");
  EXPECT_EQ(json::parse(caller.receive().body).at("object").as_string(), "list");
  caller.fetch("/v1/models/gpt-4o");
  EXPECT_EQ(json::parse(caller.receive().body).at("id").as_string(), "gpt-4o");
  caller.fetch("/nowhere");
  EXPECT_EQ(caller.receive().status, 404);
  caller.fetch("/healthz");
  EXPECT_EQ(caller.receive().status, 200);
  EXPECT_TRUE(shop->bill().rows().empty());
}

TEST(Provider, SaysWhereItCannotListen) {
  const auto first = provider();
  const auto second = Provider::start({.port = first->port()});
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().message.contains("listening on"));
  EXPECT_FALSE(Provider::start({.faults = {{"no-such-word", 0.1}}}));
}

TEST(FaultRate, IsAWordAndAShare) {
  EXPECT_EQ(parse_fault_rate("cut=0.5")->word, "cut");
  EXPECT_EQ(parse_fault_rate("cut=300=0.5")->word, "cut=300");
  for (const std::string_view text : {"", "429", "429=", "429=2", "429=-1", "nothing=0.5", "=1"}) {
    EXPECT_FALSE(parse_fault_rate(text)) << text;
  }
}

}  // namespace
}  // namespace purser::simulate
