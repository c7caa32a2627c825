// bridge/room_test.cpp — lines to a real program and back, each to whom it belongs.
#include "bridge/room.hpp"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>

namespace purser {
namespace {

/// A shell that says `script`'s words for each line it reads.
Program shell(const std::string& script) {
  return {.name = "suite",
          .command = "/bin/sh",
          .arguments = {"-c", "while read -r line; do " + script + "; done"},
          .environment = {}};
}

struct Heard {
  std::vector<std::string> lines;
  bool over = false;
};

Awaitable<void> hear_all(std::shared_ptr<Listener> listener, Heard& heard) {
  while (!heard.over) {
    co_await listener->wait();
    heard.over = listener->lines.empty();
    while (!listener->lines.empty()) {
      heard.lines.push_back(listener->lines.front());
      listener->lines.pop_front();
    }
  }
}

RpcMessage message_of(std::string_view body) {
  return *read_rpc(body);
}

class RoomTest : public testing::Test {
 protected:
  Result<void> open(Room& room, const std::string& script) {
    return room.open(shell(script), [](const std::string&) {});
  }
  void run() { io.run_for(std::chrono::seconds(5)); }
  asio::io_context io{1};
};

TEST_F(RoomTest, AnAnswerGoesToItsRequestAndEndsIt) {
  Room room(io, Room::Kind::session);
  ASSERT_TRUE(open(room, R"(echo '{"method":"notifications/message","params":{}}'; )"
                         R"(echo '{"id":"a","result":{"x":1.50}}'; exit 0)"));
  constexpr std::string_view kBody = "{\"id\":\"a\",\n\"method\":\"ping\"}";
  const auto listener = room.ask(message_of(kBody), kBody);
  ASSERT_TRUE(listener);
  Heard heard;
  asio::co_spawn(io, hear_all(listener, heard), asio::detached);
  run();
  ASSERT_EQ(heard.lines.size(), 2U);
  EXPECT_EQ(heard.lines[1], R"({"id":"a","result":{"x":1.50}})");
  EXPECT_TRUE(heard.over);
  EXPECT_FALSE(room.running());
}

TEST_F(RoomTest, ASharedProgramSeesNumbersAndItsClientsTheirOwnIds) {
  Room room(io, Room::Kind::shared);
  ASSERT_TRUE(open(room, R"(echo '{"method":"notifications/progress","params":{"progressToken":1,)"
                         R"("progress":1}}'; echo '{"id":1,"result":{}}'; exit 0)"));
  constexpr std::string_view kBody =
      R"({"id":"mine","method":"ping","params":{"_meta":{"progressToken":"t"}}})";
  const auto listener = room.ask(message_of(kBody), kBody);
  ASSERT_TRUE(listener);
  Heard heard;
  asio::co_spawn(io, hear_all(listener, heard), asio::detached);
  run();
  ASSERT_EQ(heard.lines.size(), 2U);
  EXPECT_TRUE(heard.lines[0].contains(R"("progressToken":"t")")) << heard.lines[0];
  EXPECT_EQ(heard.lines[1], R"({"id":"mine","result":{}})");
}

TEST_F(RoomTest, AProgramThatEndsAnswersWithAnError) {
  Room room(io, Room::Kind::session);
  ASSERT_TRUE(open(room, "exit 1"));
  constexpr std::string_view kBody = R"({"id":7,"method":"ping"})";
  const auto listener = room.ask(message_of(kBody), kBody);
  ASSERT_TRUE(listener);
  Heard heard;
  asio::co_spawn(io, hear_all(listener, heard), asio::detached);
  run();
  ASSERT_EQ(heard.lines.size(), 1U);
  EXPECT_EQ(read_rpc_reply(heard.lines[0]).kind, RpcReply::Kind::error);
  EXPECT_EQ(read_rpc_reply(heard.lines[0]).id, "7");
  EXPECT_EQ(room.ask(message_of(kBody), kBody), nullptr);
}

TEST_F(RoomTest, WhatBelongsToNoRequestWaitsForTheStream) {
  Room room(io, Room::Kind::session);
  ASSERT_TRUE(open(room, R"(echo '{"method":"notifications/tools/list_changed"}'; exit 0)"));
  ASSERT_TRUE(room.tell(R"({"method":"notifications/initialized"})"));
  io.run_for(std::chrono::milliseconds(300));
  io.restart();
  const auto stream = room.listen();
  ASSERT_EQ(stream->lines.size(), 1U);
  EXPECT_TRUE(stream->lines.front().contains("list_changed"));
}

TEST_F(RoomTest, AProgramThatIsNotThereIsAnError) {
  Room room(io, Room::Kind::session);
  const Program none{.name = "none", .command = "/no/such", .arguments = {}, .environment = {}};
  const auto opened = room.open(none, [](const std::string&) {});
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().message.contains("/no/such"));
}

}  // namespace
}  // namespace purser
