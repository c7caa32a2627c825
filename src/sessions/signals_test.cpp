// sessions/signals_test.cpp — what each client sends, and what we make of it.
#include "sessions/signals.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace purser {
namespace {

using Headers = std::vector<std::pair<std::string_view, std::string_view>>;
using Body = std::vector<std::pair<BodyField, std::string_view>>;

Signals read(const Headers& headers, const Body& body = {}) {
  SignalReader reader;
  for (const auto& [name, value] : headers) {
    reader.header(name, value);
  }
  for (const auto& [field, value] : body) {
    reader.body(field, value);
  }
  return reader.read();
}

constexpr std::string_view kUuid = "3f2c9a54-8a1d-4a3b-9a55-0c8f5a2c4b11";

TEST(Signals, OfClaudeCode) {
  const Signals found = read({{"X-Claude-Code-Session-Id", kUuid},
                              {"x-claude-code-agent-id", "a2"},
                              {"x-claude-code-parent-agent-id", "a1"},
                              {"x-claude-code-agent-type", "Explore"},
                              {"x-claude-code-request-class", "subagent"}});
  EXPECT_EQ(found.session, kUuid);
  EXPECT_EQ(found.source, "x-claude-code-session-id");
  EXPECT_EQ(found.agent, "a2");
  EXPECT_EQ(found.parent_agent, "a1");
  EXPECT_EQ(found.agent_type, "Explore");
  EXPECT_EQ(found.request_class, "subagent");
}

TEST(Signals, OfTheUserIdThatClaudeCodeSends) {
  const Signals object =
      read({}, {{BodyField::user_id, R"({"device_id":"d","account_uuid":"u-1",)"
                                     R"("session_id":"s-1", "parent_session_id" : "s-0"})"}});
  EXPECT_EQ(object.session, "s-1");
  EXPECT_EQ(object.parent_session, "s-0");
  EXPECT_EQ(object.user, "u-1");
  EXPECT_EQ(object.source, "metadata.user_id");
  const Signals joined = read({}, {{BodyField::user_id, "user_abc_account_def_session_1-2-3"}});
  EXPECT_EQ(joined.session, "1-2-3");
  EXPECT_EQ(joined.user, "user_abc_account_def");
  const Signals plain = read({}, {{BodyField::user_id, "alice"}});
  EXPECT_EQ(plain.session, "");
  EXPECT_EQ(plain.source, "");
  EXPECT_EQ(plain.user, "alice");
}

TEST(Signals, OfCodexAndOthers) {
  struct Case {
    std::string_view header;
    std::string_view value;
    std::string_view session;
  };
  const Case cases[] = {
      {"session-id", "x1", "x1"},
      {"session_id", "x2", "x2"},
      {"thread-id", "x3", "x3"},
      {"conversation_id", "x4", "x4"},
      {"x-opencode-session", " x5 ", "x5"},
      {"x-session-affinity", "x6", "x6"},
      {"X-Session-ID", "x7", "x7"},
      {"Helicone-Session-Id", "x8", "x8"},
      {"x-litellm-session-id", "x9", "x9"},
      {"x-litellm-trace-id", "x10", "x10"},
      {"x-portkey-trace-id", "x11", "x11"},
      {"x-purser-session", "x12", "x12"},
      {"baggage", "user.id=bob;x=1, session.id = x13 ;p", "x13"},
      {"baggage", "gen_ai.conversation.id=x14", "x14"},
      {"x-session", "no", ""},
      {"user-agent", "no", ""},
      {"session-id", "", ""},
  };
  for (const Case& row : cases) {
    EXPECT_EQ(read({{row.header, row.value}}).session, row.session) << row.header;
  }
  EXPECT_EQ(read({{"x-codex-parent-thread-id", "p"}}).parent_session, "p");
  EXPECT_EQ(read({{"baggage", "user.id=bob"}}).user, "bob");
}

TEST(Signals, TheMoreExactNameWins) {
  const Signals found =
      read({{"x-session-id", "loose"}, {"session-id", "codex"}, {"x-purser-session", "ours"}},
           {{BodyField::metadata_session, "body"}});
  EXPECT_EQ(found.session, "ours");
  EXPECT_EQ(read({{"x-session-id", "1"}, {"x-session-id", "2"}}).session, "1");
}

TEST(Signals, ACacheKeyIsASessionOnlyIfItLooksMadeForOne) {
  EXPECT_EQ(read({}, {{BodyField::prompt_cache_key, kUuid}}).session, kUuid);
  EXPECT_EQ(read({}, {{BodyField::prompt_cache_key, "support-bot-v2-2026"}}).session, "");
  for (const std::string_view text : {std::string_view("ses_01hxzy5jkpqr8m2n9v4w7t6u3s"), kUuid,
                                      std::string_view("x:aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"),
                                      std::string_view("0123456789abcdef")}) {
    EXPECT_TRUE(looks_unique(text)) << text;
  }
  for (const std::string_view text :
       {"", "my-application-prompt", "customersupportprompts", "app-2026-11-24", "12345678-1234"}) {
    EXPECT_FALSE(looks_unique(text)) << text;
  }
}

TEST(Signals, ATraceIsNoSessionButIsKept) {
  const Signals found =
      read({{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}});
  EXPECT_EQ(found.trace, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(found.session, "");
  for (const std::string_view bad :
       {"", "00", "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01"}) {
    EXPECT_EQ(read({{"traceparent", bad}}).trace, "") << bad;
  }
}

TEST(Signals, WhatIsNoIdSaysNothing) {
  const std::string longer(kSignalBytesMax + 1, 'x');
  EXPECT_EQ(read({{"session-id", longer}}).session, "");
  EXPECT_EQ(read({{"session-id", "a\x01z"}}).session, "");
  for (const std::string_view broken :
       {"{", R"({"session_id")", R"({"session_id":)", R"({"session_id":null})",
        R"({"session_id":"a\"b"})", R"({"session_id":"unended})", R"({"xsession_id":"a"})",
        "user_x_session_"}) {
    EXPECT_EQ(read({}, {{BodyField::user_id, broken}}).session, "") << broken;
  }
}

}  // namespace
}  // namespace purser
