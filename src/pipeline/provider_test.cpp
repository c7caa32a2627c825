// pipeline/provider_test.cpp — who is asked, and at which address.
#include "pipeline/provider.hpp"

#include <gtest/gtest.h>

#include "pipeline/heads.hpp"

namespace purser {
namespace {

Provider provider(std::string name, std::vector<Dialect> dialects,
                  std::vector<std::string> models = {}) {
  Provider made;
  made.name = std::move(name);
  made.dialects = std::move(dialects);
  made.models = std::move(models);
  return made;
}

struct Asking {
  std::vector<Provider> providers{
      provider("groq", {Dialect::chat}, {"llama-*", "openai/gpt-oss-*"}),
      provider("openai", {Dialect::chat}),
      provider("router", {Dialect::chat, Dialect::messages}, {"*/*"}),
      provider("anthropic", {Dialect::messages}),
  };
  PriceBook prices;

  /// "openai gpt-4o", or why nobody is asked.
  std::string asked(std::string_view model, std::string_view named = {},
                    Dialect dialect = Dialect::chat) const {
    const auto choice = choose(providers, dialect, named, model, prices);
    return choice ? choice->provider->name + ' ' + std::string(choice->model) : choice.error();
  }
};

TEST(Choose, TheOneThatIsNamedIsAskedForTheModelAsItStands) {
  const Asking asking;
  EXPECT_EQ(asking.asked("llama-3.3", "openai"), "openai llama-3.3");
  EXPECT_EQ(asking.asked("openai/gpt-oss-120b", "groq"), "groq openai/gpt-oss-120b");
  EXPECT_EQ(asking.asked("x", "grok"),
            "no provider is called 'grok'; there are: groq, openai, router, anthropic");
  EXPECT_EQ(asking.asked("x", "anthropic"),
            "anthropic does not speak chat, which this endpoint is in; it speaks messages");
}

TEST(Choose, TheFirstThatListsTheModelIsAsked) {
  const Asking asking;
  EXPECT_EQ(asking.asked("llama-3.3"), "groq llama-3.3");
  EXPECT_EQ(asking.asked("openai/gpt-oss-120b"), "groq openai/gpt-oss-120b");
  EXPECT_EQ(asking.asked("meta/llama"), "router meta/llama");
  EXPECT_EQ(asking.asked("llama-3.3", {}, Dialect::messages), "anthropic llama-3.3")
      << "who does not speak the dialect lists nothing in it";
}

TEST(Choose, ANameBeforeTheModelIsTakenOff) {
  Asking asking;
  asking.providers[2].models = {};
  EXPECT_EQ(asking.asked("openai/gpt-4o"), "openai gpt-4o");
  EXPECT_EQ(asking.asked("router/meta/llama"), "router meta/llama");
  EXPECT_EQ(asking.asked("nobody/llama"), "openai nobody/llama");
  EXPECT_EQ(asking.asked("anthropic/claude"), "openai anthropic/claude")
      << "it does not speak this dialect";
  EXPECT_EQ(asking.asked("openai/"), "openai openai/");
}

TEST(Choose, AModelWhoseOwnNameBeginsLikeTheProviderKeepsIt) {
  Asking asking;
  asking.providers[2].models = {};
  asking.prices = PriceBook::parse({{"p", R"({"provider": "router", "rows": [
      {"models": ["router/auto"], "source": "s", "checked": "2026-11-01",
       "usd_per_mtok": {"input": "1", "output": "1"}}]})"}})
                      .value();
  EXPECT_EQ(asking.asked("router/auto"), "router router/auto");
  EXPECT_EQ(asking.asked("router/other"), "router other");
}

TEST(Choose, WhatNobodyListsGoesToTheDefaultOrToWhoListsNothing) {
  Asking asking;
  EXPECT_EQ(asking.asked("gpt-4o"), "openai gpt-4o");
  asking.providers[2].first_choice = true;
  EXPECT_EQ(asking.asked("gpt-4o"), "router gpt-4o");
  asking.providers.resize(1);
  EXPECT_EQ(asking.asked("gpt-4o"), "groq gpt-4o") << "it is the only one";
  EXPECT_EQ(asking.asked("claude", {}, Dialect::messages),
            "no provider that speaks messages is configured; there are: groq");
}

/// The request line that leaves.
std::string line(std::string_view base_url, std::string_view path, Dialect dialect = Dialect::chat,
                 const Quirks& quirks = {}) {
  Provider made = provider("p", {dialect});
  made.origin = parse_origin(base_url).value();
  made.quirks = quirks;
  std::string head;
  append_request_head(
      head,
      {.method = "POST", .path = path, .query = {}, .dialect = dialect, .model = "m", .secret = {}},
      made, {});
  return head.substr(0, head.find("\r\n"));
}

TEST(Heads, APathIsAsTheProvidersOwnClientsMakeIt) {
  constexpr std::string_view kChat = "/v1/chat/completions";
  EXPECT_EQ(line("https://a.b/openai/v1", kChat), "POST /openai/v1/chat/completions HTTP/1.1");
  EXPECT_EQ(line("https://a.b/api/paas/v4", kChat), "POST /api/paas/v4/chat/completions HTTP/1.1");
  EXPECT_EQ(line("https://a.b", kChat), "POST /v1/chat/completions HTTP/1.1");
  EXPECT_EQ(line("https://a.b", kChat, Dialect::chat, {.bare_paths = true}),
            "POST /chat/completions HTTP/1.1");
  EXPECT_EQ(line("https://a.b/v1", "/chat/completions"), "POST /v1/chat/completions HTTP/1.1");
  EXPECT_EQ(line("https://a.b/anthropic", "/v1/messages", Dialect::messages),
            "POST /anthropic/v1/messages HTTP/1.1");
  EXPECT_EQ(line("https://a.b/api/v1", "/v1/messages", Dialect::messages),
            "POST /api/v1/messages HTTP/1.1");
  EXPECT_EQ(line("https://a.b/openai/v1", "/openai/deployments/d/chat/completions"),
            "POST /openai/deployments/m/chat/completions HTTP/1.1")
      << "the model that is sent, which a limit may have chosen";
}

TEST(Heads, GooglesPathsHaveTheVersionThatTheBaseUrlHas) {
  constexpr std::string_view kAsk = "/v1beta/models/m:generateContent";
  const auto asked = [](std::string_view base_url, std::string_view path) {
    return line(base_url, path, Dialect::gemini);
  };
  EXPECT_EQ(asked("https://a.b", kAsk), "POST /v1beta/models/m:generateContent HTTP/1.1");
  EXPECT_EQ(asked("https://a.b/v1beta", kAsk), "POST /v1beta/models/m:generateContent HTTP/1.1");
  EXPECT_EQ(asked("https://a.b/v1beta", "/v1/models/m:embedContent"),
            "POST /v1beta/models/m:embedContent HTTP/1.1");
  EXPECT_EQ(asked("https://a.b/v1", kAsk), "POST /v1/models/m:generateContent HTTP/1.1");
  EXPECT_EQ(asked("https://a.b/gw", "/v1/models/m:embedContent"),
            "POST /gw/v1/models/m:embedContent HTTP/1.1");
}

TEST(Heads, ACallersKeyInTheQueryStaysHere) {
  Provider made = provider("p", {Dialect::gemini});
  made.origin = parse_origin("https://a.b").value();
  std::string head;
  append_request_head(head,
                      {.method = "POST",
                       .path = "/v1/models/m:generateContent",
                       .query = "key=theirs&alt=sse",
                       .dialect = Dialect::gemini,
                       .secret = "ours",
                       .key_header = KeyHeader::x_goog_api_key},
                      made, {});
  EXPECT_TRUE(head.starts_with("POST /v1/models/m:generateContent?alt=sse HTTP/1.1\r\n")) << head;
  EXPECT_NE(head.find("x-goog-api-key: ours\r\n"), std::string::npos);
  EXPECT_EQ(head.find("theirs"), std::string::npos);
}

TEST(Heads, TheOperatorsFieldsComeBeforeTheCallers) {
  Provider made = provider("p", {Dialect::chat});
  made.origin = parse_origin("https://a.b/v1").value();
  made.key_header = KeyHeader::api_key;
  made.headers = {{"X-Title", "ours"}};
  const std::vector<Field> fields{{FieldName::unknown, "x-title", "theirs"},
                                  {FieldName::unknown, "x-other", "theirs"},
                                  {FieldName::unknown, "api-key", "theirs"},
                                  {FieldName::unknown, "x-purser-provider", "p"}};
  std::string head;
  append_request_head(head,
                      {.method = "GET",
                       .path = "/v1/models",
                       .query = {},
                       .has_body = false,
                       .secret = "k",
                       .key_header = KeyHeader::api_key},
                      made, fields);
  EXPECT_EQ(head,
            "GET /v1/models HTTP/1.1\r\nHost: a.b\r\napi-key: k\r\nX-Title: ours\r\n"
            "x-other: theirs\r\nAccept-Encoding: identity\r\n\r\n");
}

TEST(Heads, ADeploymentIsReadFromAzuresOlderPathsOnly) {
  EXPECT_EQ(model_in("/openai/deployments/gpt-4o-prod/chat/completions"), "gpt-4o-prod");
  EXPECT_EQ(model_in("/openai/deployments/"), "");
  EXPECT_EQ(model_in("/v1/chat/completions"), "");
}

}  // namespace
}  // namespace purser
