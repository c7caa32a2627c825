// http/http_test.cpp — framing: what is read, what is refused, at any split of the bytes.
#include <gtest/gtest.h>

#include "http/buffer.hpp"
#include "http/reader.hpp"
#include "http/upstream.hpp"

namespace purser {
namespace {

constexpr std::string_view kPost =
    "POST /v1/messages?beta=true HTTP/1.1\r\nHost: x\r\nX-Api-Key: k\r\nContent-Length: 3\r\n\r\n";

TEST(RequestReader, ReadsAHeadAtAnySplit) {
  for (std::size_t split = 0; split < kPost.size(); ++split) {
    std::vector<Field> fields;
    RequestReader reader(fields);
    EXPECT_EQ(reader.read_head(kPost.substr(0, split)).value(), 0U);
    ASSERT_EQ(reader.read_head(kPost).value(), kPost.size());
    EXPECT_EQ(reader.method(), "POST");
    EXPECT_EQ(reader.target(), "/v1/messages?beta=true");
    EXPECT_EQ(field_value(fields, "x-api-key"), "k");
    EXPECT_EQ(reader.framing(), Framing::length);
    EXPECT_EQ(reader.length(), 3U);
    EXPECT_TRUE(reader.keep_alive());
  }
}

TEST(RequestReader, RefusesWhatTwoServersCouldReadDifferently) {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
  for (const char* fields :
       {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", "Content-Length: -1\r\n\r\n",
        "Content-Length: 99999999999999999999999\r\n\r\n", "Transfer-Encoding: gzip\r\n\r\n",
        "Transfer-Encoding: gzip, chunked\r\n\r\n", "X: a\r\n folded\r\n\r\n",
        "Bad Name: x\r\n\r\n", "X: \x01\r\n\r\n"}) {
    std::vector<Field> found;
    RequestReader reader(found);
    EXPECT_FALSE(reader.read_head(head + fields)) << fields;
  }
}

TEST(RequestReader, RefusesFloods) {
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 200; ++i) {
    many += "X: y\r\n";
  }
  std::vector<Field> fields;
  EXPECT_FALSE(RequestReader(fields).read_head(many + "\r\n"));
  const std::string endless = "GET / HTTP/1.1\r\nX: " + std::string(40'000, 'a');
  EXPECT_FALSE(RequestReader(fields).read_head(endless));
}

TEST(ResponseReader, DecodesChunksAtAnySplit) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string body = "5;name=v\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nTrailer: x\r\n\r\n";
  for (std::size_t split = 0; split <= body.size(); ++split) {
    std::vector<Field> fields;
    ResponseReader reader(fields);
    ASSERT_EQ(reader.read_head(head).value(), head.size());
    std::string payload;
    std::string pending = body.substr(0, split);
    pending.erase(0, reader.decode(pending, payload).value());
    pending += body.substr(split);
    EXPECT_EQ(reader.decode(pending, payload).value(), pending.size());
    EXPECT_EQ(payload, "hello world") << split;
    EXPECT_TRUE(reader.finished());
    EXPECT_EQ(fields.size(), 1U);
  }
}

TEST(ResponseReader, RefusesBrokenChunks) {
  for (const char* body : {"x\r\n", "5\r\nhelloXY\r\n", "-1\r\n", "fffffffffffffffff\r\n"}) {
    std::vector<Field> fields;
    ResponseReader reader(fields);
    ASSERT_TRUE(reader.read_head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
    std::string payload;
    EXPECT_FALSE(reader.decode(body, payload)) << body;
  }
}

TEST(Buffer, KeepsWhatItHoldsWhileItMoves) {
  Buffer buffer;
  std::string expected;
  for (int round = 0; round < 200; ++round) {
    const std::string more(static_cast<std::size_t>(round % 37 + 1),
                           static_cast<char>('a' + round % 26));
    const auto space = buffer.space(more.size());
    std::copy(more.begin(), more.end(), space.begin());
    buffer.filled(more.size());
    expected += more;
    const std::size_t used = expected.size() / 3;
    buffer.consume(used);
    expected.erase(0, used);
    ASSERT_EQ(buffer.view(), expected);
  }
  const std::size_t middle = expected.size() / 2;
  buffer.discard_between(1, middle);
  EXPECT_EQ(buffer.view(), expected.substr(0, 1) + expected.substr(middle));
}

TEST(Origin, ReadsUrlsAndRefusesTheRest) {
  const auto origin = parse_origin("https://api.openai.com/v1/");
  ASSERT_TRUE(origin);
  EXPECT_EQ(origin->host, "api.openai.com");
  EXPECT_EQ(origin->port, "443");
  EXPECT_EQ(origin->base_path, "/v1");
  const auto local = parse_origin("http://[::1]:8080");
  ASSERT_TRUE(local);
  EXPECT_EQ(local->host, "::1");
  EXPECT_EQ(local->port, "8080");
  EXPECT_EQ(local->authority, "[::1]:8080");
  for (const char* url : {"api.openai.com", "ftp://x", "https://", "https://a:b", "https://a b",
                          "https://u@h", "http://h:123456", "https://h?q=1"}) {
    EXPECT_FALSE(parse_origin(url)) << url;
  }
}

}  // namespace
}  // namespace purser
