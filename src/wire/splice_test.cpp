// wire/splice_test.cpp — edits change what they name, and no other byte.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "wire/known_providers.hpp"
#include "wire/wire.hpp"

namespace purser {
namespace {

std::string spliced(std::string_view body, const Edits& edits, Dialect dialect = Dialect::chat) {
  const auto call = read_request(dialect, body);
  EXPECT_TRUE(call) << body;
  return splice(*call, body, edits);
}

TEST(Splice, WritesEachEditWhereItBelongs) {
  const Edits both{.output_max = Tokens(7), .ask_usage = true};
  struct Row {
    std::string_view body, edited;
  };
  constexpr Row kRows[] = {
      {R"({"model":"m","messages":[],"stream":true})",
       R"({"max_completion_tokens":7,"stream_options":{"include_usage":true},)"
       R"("model":"m","messages":[],"stream":true})"},
      {R"({"model":"m","messages":[],"stream":true,"max_tokens": 99 })",
       R"({"stream_options":{"include_usage":true},"model":"m","messages":[],)"
       R"("stream":true,"max_tokens": 7 })"},
      {R"({"stream_options":{},"max_tokens":null,"model":"m","messages":[],"stream":true})",
       R"({"stream_options":{"include_usage":true},"max_tokens":7,"model":"m",)"
       R"("messages":[],"stream":true})"},
      {R"({"stream_options": { "x":1},"model":"m","messages":[],"stream":true,)"
       R"("max_completion_tokens":9})",
       R"({"stream_options": {"include_usage":true, "x":1},"model":"m",)"
       R"("messages":[],"stream":true,"max_completion_tokens":7})"},
      {R"({"stream_options":null,"model":"m","messages":[],"stream":true,)"
       R"("max_completion_tokens":9})",
       R"({"stream_options":{"include_usage":true},"model":"m","messages":[],)"
       R"("stream":true,"max_completion_tokens":7})"},
      {R"({"stream_options":{"include_usage":false},"model":"m","messages":[],)"
       R"("stream":true,"max_tokens":9})",
       R"({"stream_options":{"include_usage":true},"model":"m","messages":[],)"
       R"("stream":true,"max_tokens":7})"},
      {R"({"model":"m","messages":[],"max_tokens":9})",
       R"({"model":"m","messages":[],"max_tokens":7})"},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(spliced(row.body, both), row.edited);
  }
}

TEST(Splice, NamesTheBoundAsTheProviderKnowsIt) {
  const std::string_view body = R"({"model":"m","messages":[]})";
  EXPECT_EQ(spliced(body, {.output_max = Tokens(7), .quirks = quirks_of("deepseek")}),
            R"({"max_tokens":7,"model":"m","messages":[]})");
  EXPECT_EQ(spliced(body, {.output_max = Tokens(7)}, Dialect::messages),
            R"({"max_tokens":7,"model":"m","messages":[]})");
}

TEST(Splice, AnotherModelLessEffortAndALastAnswerAreWrittenWhereTheyBelong) {
  EXPECT_EQ(
      spliced(R"({"model": "big","reasoning_effort":"high","messages":[)"
              R"({"role":"user","content":"x"} ],)"
              R"("tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"auto"})",
              {.model = "small", .effort = "low", .closing = "Say \"it\"."}),
      R"({"model": "small","reasoning_effort":"low","messages":[{"role":"user","content":"x"} )"
      R"(,{"role":"system","content":"Say \"it\"."}],)"
      R"("tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"none"})");
  EXPECT_EQ(
      spliced(R"({"model":"big","messages":[],"max_tokens":5,"output_config":{"effort":"max"},)"
              R"("tools":[{"name":"f"}]})",
              {.effort = "low", .closing = "End."}, Dialect::messages),
      R"({"tool_choice":{"type":"none"},"model":"big","messages":[)"
      R"({"role":"user","content":"End."}],"max_tokens":5,"output_config":{"effort":"low"},)"
      R"("tools":[{"name":"f"}]})");
  // Without tools there is nothing to choose; without effort none is invented.
  EXPECT_EQ(spliced(R"({"model":"m","messages":[]})", {.effort = "low", .closing = ""}),
            R"({"model":"m","messages":[]})");
}

TEST(Splice, WithoutEditsIsTheSameBytes) {
  const std::string_view body = R"( {"model":"m" ,"messages":[], "x":"é\u00e9"} )";
  EXPECT_EQ(spliced(body, {}), body);
}

/// A request of members in any order, spacing and combination.
rc::Gen<std::string> requests() {
  return rc::gen::exec([] {
    std::vector<std::string> members{R"("model":"gpt")", R"("messages":[{"content":"a\"}{"}])"};
    const auto maybe = [&](std::initializer_list<const char*> choices) {
      const std::string choice =
          *rc::gen::elementOf(std::vector<std::string>(choices.begin(), choices.end()));
      if (!choice.empty()) {
        members.push_back(choice);
      }
    };
    maybe({"", R"("stream":true)", R"("stream" : true)", R"("stream":false)", R"("stream":null)"});
    maybe({"", R"("max_tokens":12)", R"("max_tokens" :  12)", R"("max_tokens":null)"});
    maybe({"", R"("max_completion_tokens":null)"});
    maybe({"", R"("stream_options":{})", R"("stream_options": null)",
           R"("stream_options":{ "a":[1] })", R"("stream_options":{"include_usage":false,"b":2})",
           R"("stream_options":{"include_usage":true})",
           R"("stream_options":{"b":2 , "include_usage" : null})"});
    maybe({"", R"("other":{"max_tokens":1,"stream_options":{"include_usage":false}})"});
    for (std::size_t last = members.size(); last > 1; --last) {
      std::swap(members[last - 1], members[*rc::gen::inRange<std::size_t>(0, last)]);
    }
    std::string body = *rc::gen::element<std::string>("{", " {\n", "{ ");
    for (std::size_t at = 0; at < members.size(); ++at) {
      body += (at == 0 ? "" : *rc::gen::element<std::string>(",", " , ", ",\n")) + members[at];
    }
    return body + *rc::gen::element<std::string>("}", " }", "}\n");
  });
}

RC_GTEST_PROP(Splice, ReadsBackWhatWasWrittenAndKeepsTheRest, ()) {
  const std::string body = *requests();
  const Edits edits{.output_max = Tokens(*rc::gen::inRange(1, 100'000)),
                    .ask_usage = *rc::gen::arbitrary<bool>()};
  const auto call = read_request(Dialect::chat, body);
  RC_ASSERT(call);
  const std::string edited = splice(*call, body, edits);
  const auto again = read_request(Dialect::chat, edited);
  RC_ASSERT(again);
  RC_ASSERT(again->output_max == edits.output_max);
  RC_ASSERT(again->asks_usage == (call->asks_usage || (edits.ask_usage && call->stream)));
  RC_ASSERT(again->model == call->model && again->stream == call->stream);

  // Taking the edits out again, each from where it must stand, gives the body back.
  std::string restored = edited;
  const auto put = [&](std::string_view from, std::string_view to) {
    const std::size_t at = restored.find(from);
    RC_ASSERT(at != std::string::npos);
    restored.replace(at, from.size(), to);
  };
  const std::string number = std::to_string(edits.output_max->count());
  if (call->output_max_span.length > 0) {
    const Span span = again->output_max_span;
    restored.replace(span.at, span.length,
                     body.substr(call->output_max_span.at, call->output_max_span.length));
  } else {
    put("\"max_completion_tokens\":" + number + ",", "");
  }
  if (again->asks_usage && !call->asks_usage) {
    const Span options = call->stream_options_span;
    const Span flag = call->include_usage_span;
    if (options.length == 0) {
      put("\"stream_options\":{\"include_usage\":true},", "");
    } else {
      const auto back = read_request(Dialect::chat, restored);
      RC_ASSERT(back);
      const Span now = back->stream_options_span;
      const std::string inside = restored.substr(now.at, now.length);
      restored.replace(now.at, now.length, body.substr(options.at, options.length));
      RC_ASSERT(inside.find(flag.length > 0 ? "true" : "\"include_usage\":true") !=
                std::string::npos);
    }
  }
  RC_ASSERT(restored == body);
}

}  // namespace
}  // namespace purser
