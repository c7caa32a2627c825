// wire/mcp_message_test.cpp — messages of both generations, read for what decides.
#include "wire/mcp_message.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace purser {
namespace {

using Kind = RpcMessage::Kind;

TEST(McpMessage, AToolCallNamesItsToolAndItsSession) {
  const std::string body =
      R"({"jsonrpc":"2.0","id":"7","method":"tools/call","params":{"name":"a\u0062c",)"
      R"("arguments":{"name":"not this"},"_meta":{"progressToken":3,"purser/session":"run",)"
      R"("traceparent":"00-1","io.modelcontextprotocol/protocolVersion":"2026-07-28"}}})";
  const auto message = read_rpc(body);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->kind, Kind::request);
  EXPECT_TRUE(message->calls_tool);
  EXPECT_EQ(message->id, "\"7\"");
  EXPECT_EQ(message->name, "abc");
  EXPECT_EQ(message->session, "run");
  EXPECT_EQ(message->trace, "00-1");
  EXPECT_EQ(message->version, "2026-07-28");
  EXPECT_EQ(message->progress, "3");
  EXPECT_EQ(spliced(body, message->name_span, "\"x\"").find("a\\u0062c"), std::string::npos);
}

TEST(McpMessage, KindsAreToldByWhatTheyHave) {
  EXPECT_EQ(read_rpc(R"({"method":"ping","id":1})")->kind, Kind::request);
  EXPECT_EQ(read_rpc(R"({"method":"notifications/initialized"})")->kind, Kind::notification);
  EXPECT_EQ(read_rpc(R"({"id":1,"result":{}})")->kind, Kind::response);
  EXPECT_EQ(read_rpc(R"({"id":1,"error":{"code":1,"message":""}})")->kind, Kind::response);
  EXPECT_EQ(read_rpc(R"([{"method":"ping","id":1}])")->kind, Kind::batch);
}

TEST(McpMessage, ABatchThatCallsAToolIsSeenToDoSo) {
  EXPECT_FALSE(read_rpc(R"([{"method":"ping","id":1}])")->calls_tool);
  EXPECT_TRUE(
      read_rpc(R"([{"method":"ping","id":1},{"method":"tools/call","params":{"name":"x"}}])")
          ->calls_tool);
}

TEST(McpMessage, WhatTwoReadersCouldReadInTwoWaysIsRefused) {
  for (const char* body :
       {R"({"method":"ping","method":"tools/call","id":1,"params":{"name":"x"}})",
        R"({"method":"tools/call","id":1,"params":{"name":"x","name":"y"}})",
        R"({"method":"tools/call","id":1,"params":{"name":"x"},"params":{"name":"y"}})",
        R"({"method":"tools/call","id":1})",
        R"({"method":"tools/call","id":1,"params":{"name":7}})", R"({"id":1})", R"("ping")",
        R"({"method":"ping")", R"([[{"method":"ping"}]])", "", "{\"method\":\"\xff\"}"}) {
    const auto message = read_rpc(body);
    ASSERT_FALSE(message) << body;
    EXPECT_EQ(message.error().fault, Fault::client);
    EXPECT_FALSE(message.error().message.empty());
  }
}

TEST(McpReply, ResultsErrorsAndWhatIsNeither) {
  using ReplyKind = RpcReply::Kind;
  const RpcReply result = read_rpc_reply(R"({"id":5,"result":{"content":[],"isError":true}})");
  EXPECT_EQ(result.kind, ReplyKind::result);
  EXPECT_EQ(result.id, "5");
  EXPECT_TRUE(result.is_error);
  EXPECT_EQ(result.result, R"({"content":[],"isError":true})");
  EXPECT_EQ(read_rpc_reply(R"({"id":5,"error":{"code":-1,"message":"x"}})").kind, ReplyKind::error);
  const RpcReply progress = read_rpc_reply(
      R"({"method":"notifications/progress","params":{"progress":1,"progressToken":"t"}})");
  EXPECT_EQ(progress.kind, ReplyKind::other);
  EXPECT_EQ(progress.progress, "\"t\"");
  EXPECT_EQ(read_rpc_reply("{").kind, ReplyKind::other);
}

TEST(McpReply, AToolMayNotBeDoneYet) {
  using Stage = RpcReply::Stage;
  EXPECT_EQ(read_rpc_reply(R"({"id":1,"result":{"resultType":"input_required"}})").stage,
            Stage::input_required);
  EXPECT_EQ(read_rpc_reply(R"({"id":1,"result":{"resultType":"task"}})").stage, Stage::task);
  EXPECT_EQ(read_rpc_reply(R"({"id":1,"result":{"task":{"taskId":"x"}}})").stage, Stage::task);
  EXPECT_EQ(read_rpc_reply(R"({"id":1,"result":{"content":[],"task":{}}})").stage, Stage::complete);
}

TEST(McpPointer, TheExamplesOfRfc6901) {
  constexpr std::string_view kText =
      R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"k\"l":6," ":7,"m~n":8})";
  EXPECT_EQ(at_pointer(kText, ""), kText);
  EXPECT_EQ(at_pointer(kText, "/foo"), R"(["bar","baz"])");
  EXPECT_EQ(at_pointer(kText, "/foo/0"), R"("bar")");
  EXPECT_EQ(at_pointer(kText, "/"), "0");
  EXPECT_EQ(at_pointer(kText, "/a~1b"), "1");
  EXPECT_EQ(at_pointer(kText, "/c%d"), "2");
  EXPECT_EQ(at_pointer(kText, "/k\"l"), "6");
  EXPECT_EQ(at_pointer(kText, "/ "), "7");
  EXPECT_EQ(at_pointer(kText, "/m~0n"), "8");
  for (const char* nowhere : {"/none", "/foo/2", "/foo/01", "/foo/-", "/foo/0/x", "foo", "/m~2"}) {
    EXPECT_EQ(at_pointer(kText, nowhere), std::nullopt) << nowhere;
  }
}

TEST(McpPointer, UnitsAreNumbersOrLengths) {
  constexpr std::string_view kText =
      R"({"n":3,"half":2.5,"fine":0.00000012,"list":[1,[2],{}],"text":"3","less":-1,"e":1e2})";
  EXPECT_EQ(micro_units_at(kText, "/n"), 3'000'000);
  EXPECT_EQ(micro_units_at(kText, "/half"), 2'500'000);
  EXPECT_EQ(micro_units_at(kText, "/fine"), 1);
  EXPECT_EQ(micro_units_at(kText, "/list"), 3'000'000);
  EXPECT_EQ(micro_units_at(kText, "/e"), 100'000'000);
  EXPECT_EQ(micro_units_at(kText, "/text"), std::nullopt);
  EXPECT_EQ(micro_units_at(kText, "/less"), std::nullopt);
  EXPECT_EQ(micro_units_at(kText, "/none"), std::nullopt);
}

TEST(McpTools, ToolsAreLeftOutAndRenamedAndTheRestStays) {
  constexpr std::string_view kText =
      R"({"id":1, "result":{ "tools":[ {"name":"a","x":1.50}, {"y":2,"name":"b"} ,{"name":"c"}],)"
      R"("nextCursor":"n" } })";
  const auto same = with_tools(kText, [](std::string_view name) { return std::string(name); });
  EXPECT_EQ(same, R"({"id":1, "result":{ "tools":[{"name":"a","x":1.50},{"y":2,"name":"b"},)"
                  R"({"name":"c"}],"nextCursor":"n" } })");
  const auto fewer = with_tools(kText, [](std::string_view name) {
    return name == "a" ? std::nullopt : std::optional("s__" + std::string(name));
  });
  EXPECT_EQ(fewer, R"({"id":1, "result":{ "tools":[{"y":2,"name":"s__b"},{"name":"s__c"}],)"
                   R"("nextCursor":"n" } })");
  EXPECT_EQ(with_tools("{}", [](std::string_view) { return std::nullopt; }), "{}");
}

TEST(McpWords, RefusalsAreResultsThatAModelReads) {
  const std::string refusal = tool_refusal("\"7\"", "no \"more\"", "daily", "call_1");
  const RpcReply reply = read_rpc_reply(refusal);
  EXPECT_EQ(reply.id, "\"7\"");
  EXPECT_TRUE(reply.is_error);
  EXPECT_EQ(text_at(reply.result, "/content/0/text"), "no \"more\"");
  EXPECT_EQ(text_at(reply.result, "/_meta/purser~1refused/limit"), "daily");
  EXPECT_EQ(at_pointer(rpc_error({}, kRpcParse, "x"), "/id"), "null");
}

/// MCP as a real server spoke it; not in the repository.
TEST(McpRecorded, EveryMessageIsRead) {
  const char* folder = std::getenv("PURSER_DATA");
  std::ifstream file(std::string(folder == nullptr ? "/none" : folder) +
                     "/mcp/recorded_mcp_http.jsonl");
  if (!file) {
    GTEST_SKIP() << "PURSER_DATA has no mcp/recorded_mcp_http.jsonl";
  }
  std::string line;
  int calls = 0;
  while (std::getline(file, line)) {
    const auto body = at_pointer(line, "/request/body");
    ASSERT_TRUE(body) << line.substr(0, 80);
    if (*body == "null" || body->size() < 3) {
      continue;
    }
    const auto message = read_rpc(*body);
    ASSERT_TRUE(message) << message.error().message << '\n' << *body;
    calls += message->calls_tool ? 1 : 0;
  }
  EXPECT_GT(calls, 0);
}

}  // namespace
}  // namespace purser
