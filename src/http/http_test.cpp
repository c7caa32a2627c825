// http/http_test.cpp — framing: what is read, what is refused, at any split of the bytes.
#include <gtest/gtest.h>

#include "http/buffer.hpp"
#include "http/chunks.hpp"
#include "http/head.hpp"
#include "http/upstream.hpp"

namespace purser {
namespace {

constexpr std::string_view kPost =
    "POST /v1/messages?beta=true HTTP/1.1\r\nHost: x\r\nX-Api-Key: k\r\nContent-Length: 3\r\n\r\n";

TEST(RequestHead, IsFoundAtAnySplitAndRead) {
  for (std::size_t split = 0; split < kPost.size(); ++split) {
    std::size_t searched = 0;
    EXPECT_EQ(head_length(kPost.substr(0, split), searched), 0U);
    ASSERT_EQ(head_length(kPost, searched), kPost.size());
  }
  std::vector<Field> fields;
  const auto head = read_request_head(kPost, fields);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->method, "POST");
  EXPECT_EQ(head->target, "/v1/messages?beta=true");
  EXPECT_EQ(field_value(fields, "x-api-key"), "k");
  EXPECT_EQ(head->framing, Framing::length);
  EXPECT_EQ(head->length, 3U);
  EXPECT_TRUE(head->keep_alive);
}

TEST(RequestHead, IsRefusedWhereTwoServersCouldReadItDifferently) {
  std::vector<Field> found;
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
  for (const char* fields : {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
                             "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
                             "Content-Length: 3\r\nContent-Length: 4\r\n\r\n",
                             "Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
                             "Content-Length: -1\r\n\r\n",
                             "Content-Length: +1\r\n\r\n",
                             "Content-Length: 1, 1\r\n\r\n",
                             "Content-Length:\r\n\r\n",
                             "Content-Length: 99999999999999999999999\r\n\r\n",
                             "Transfer-Encoding: gzip\r\n\r\n",
                             "Transfer-Encoding: gzip, chunked\r\n\r\n",
                             "Transfer-Encoding: xchunked\r\n\r\n",
                             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                             "X: a\r\n folded\r\n\r\n",
                             "Bad Name: x\r\n\r\n",
                             "Name : x\r\n\r\n",
                             ": x\r\n\r\n",
                             "no colon\r\n\r\n",
                             "X: \x01\r\n\r\n",
                             "X: a\rb\r\n\r\n",
                             "X: a\nY: b\r\n\r\n"}) {
    EXPECT_FALSE(read_request_head(head + fields, found)) << fields;
  }
  for (const char* line : {"POST /a b HTTP/1.1", "POST  / HTTP/1.1", "POST / HTTP/2.0", "POST /",
                           "POST / HTTP/1.1 ", " POST / HTTP/1.1", "P\x01ST / HTTP/1.1",
                           "POST /\x80 HTTP/1.1", "POST / http/1.1", "", "HTTP/1.1"}) {
    EXPECT_FALSE(read_request_head(std::string(line) + "\r\n\r\n", found)) << line;
  }
  EXPECT_FALSE(read_request_head("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", found));
}

TEST(RequestHead, KeepsTheConnectionAsItsVersionSays) {
  std::vector<Field> fields;
  const auto kept = [&](const std::string& head) {
    return read_request_head(head + "\r\n\r\n", fields)->keep_alive;
  };
  EXPECT_TRUE(kept("GET / HTTP/1.1"));
  EXPECT_FALSE(kept("GET / HTTP/1.1\r\nConnection: x, Close"));
  EXPECT_FALSE(kept("GET / HTTP/1.0"));
  EXPECT_TRUE(kept("GET / HTTP/1.0\r\nConnection: keep-alive"));
}

TEST(RequestHead, RefusesFloods) {
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 200; ++i) {
    many += "X: y\r\n";
  }
  std::vector<Field> fields;
  EXPECT_FALSE(read_request_head(many + "\r\n", fields));
}

TEST(ResponseHead, TellsWhereTheBodyEnds) {
  std::vector<Field> fields;
  const auto framing = [&](const std::string& head) {
    return read_response_head("HTTP/1.1 " + head + "\r\n\r\n", fields)->framing;
  };
  EXPECT_EQ(framing("200 OK\r\nContent-Length: 2"), Framing::length);
  EXPECT_EQ(framing("200 OK\r\nContent-Length: 0"), Framing::none);
  EXPECT_EQ(framing("200 OK\r\nTransfer-Encoding: Chunked"), Framing::chunked);
  EXPECT_EQ(framing("200"), Framing::until_close);
  EXPECT_EQ(framing("204 No Content\r\nContent-Length: 2"), Framing::none);
  EXPECT_EQ(framing("304 Not Modified\r\nContent-Length: 2"), Framing::none);
  for (const char* line : {"HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 099 OK",
                           "HTTP/1.1200 OK", "HTTP/1.1 -20 OK", "ICY 200 OK", "HTTP/1.1 200\x01"}) {
    EXPECT_FALSE(read_response_head(std::string(line) + "\r\n\r\n", fields)) << line;
  }
}

TEST(Fields, AreKnownInAnyCase) {
  EXPECT_EQ(known_name("CONTENT-length"), FieldName::content_length);
  EXPECT_EQ(known_name("Transfer-Encoding"), FieldName::transfer_encoding);
  EXPECT_EQ(known_name("tE"), FieldName::te);
  EXPECT_EQ(known_name("content-lengtj"), FieldName::unknown);
  EXPECT_EQ(known_name("Content_Length"), FieldName::unknown);
  EXPECT_TRUE(same_name("Session_ID", "session_id"));
  EXPECT_FALSE(same_name("session-id", "session_id"));
  EXPECT_FALSE(same_name("x-purser-usep", "x-purser-user"));
}

TEST(Chunks, AreDecodedInPlaceAtAnySplit) {
  const std::string body = "5;name=v\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nTrailer: x\r\n\r\n";
  for (std::size_t split = 0; split <= body.size(); ++split) {
    Chunks chunks(Fault::upstream);
    std::string pending = body.substr(0, split);
    const auto first = chunks.decode(pending);
    ASSERT_TRUE(first);
    std::string payload(first->payload);
    pending.erase(0, first->used);
    pending += body.substr(split) + "next";
    const auto second = chunks.decode(pending);
    ASSERT_TRUE(second);
    payload += second->payload;
    EXPECT_EQ(pending.substr(second->used), "next");
    EXPECT_EQ(payload, "hello world") << split;
    EXPECT_TRUE(chunks.finished());
  }
}

TEST(Chunks, AreRefusedWhenBroken) {
  for (const char* body : {"x\r\n", "5\r\nhelloXY\r\n", "-1\r\n", "fffffffffffffffff\r\n", "\r\n",
                           "5 x\ny\r\n", "5x\r\n", "0x5\r\n"}) {
    std::string bytes = body;
    EXPECT_FALSE(Chunks(Fault::upstream).decode(bytes)) << body;
  }
  std::string endless = "5;" + std::string(kChunkLineMax, 'a');
  EXPECT_FALSE(Chunks(Fault::upstream).decode(endless));
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
