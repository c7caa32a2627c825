// bench/wire_bench.cpp — what reading a request and watching a stream cost a call.
#include <benchmark/benchmark.h>

#include <string>

#include "wire/wire.hpp"

namespace purser {
namespace {

/// An agent's request: tools, and a conversation of code with its escapes.
std::string chat_request(std::size_t bytes) {
  std::string body = R"({"model":"gpt-6-sol","max_tokens":1024,"temperature":0.2,"stream":true,)"
                     R"("stream_options":{"include_usage":true},"tools":[)";
  for (int tool = 0; tool < 12 && body.size() * 4 < bytes; ++tool) {
    body += std::string(tool == 0 ? "" : ",") + R"({"type":"function","function":{"name":"tool_)" +
            std::to_string(tool) + R"(","description":")" + std::string(300, 'd') +
            R"(","parameters":{"type":"object","properties":{"arg0":{"type":["string","null"],)"
            R"("description":"what to look for"},"arg1":{"type":"string"}},"required":["arg0"]}}})";
  }
  body += R"(],"messages":[{"role":"system","content":"You are a careful agent."})";
  while (body.size() + 600 < bytes) {
    std::string code;
    while (code.size() < 1500 && body.size() + code.size() + 400 < bytes) {
      code += R"(  if (name == \"usage\") {\n    return scan(name, \"total\");\n  }\n)";
    }
    body += R"(,{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function",)"
            R"("function":{"name":"tool_1","arguments":"{\"arg0\":\"x\"}"}}]},)"
            R"({"role":"tool","tool_call_id":"call_1","content":")" +
            code + R"("})";
  }
  return body + "]}";
}

void read_a_request(benchmark::State& state) {
  const std::string body = chat_request(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(read_request(Dialect::chat, body));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(read_a_request)->Arg(2 << 10)->Arg(64 << 10);

void splice_a_request(benchmark::State& state) {
  const std::string body = chat_request(static_cast<std::size_t>(state.range(0)));
  const auto call = read_request(Dialect::chat, body);
  for (auto _ : state) {
    benchmark::DoNotOptimize(splice(*call, body, {.output_max = Tokens(512), .ask_usage = true}));
  }
}
BENCHMARK(splice_a_request)->Arg(2 << 10)->Arg(64 << 10);

std::string chat_chunk() {
  return R"(data: {"id":"chatcmpl-0123456789abcdef01234567","object":"chat.completion.chunk",)"
         R"("created":1790000000,"model":"gpt-6-sol-2026-09-03","service_tier":"default",)"
         R"("choices":[{"index":0,"delta":{"content":" a few words of text\n"},"logprobs":null,)"
         R"("finish_reason":null}],"usage":null})"
         "\n\n";
}

std::string messages_delta() {
  return "event: content_block_delta\n"
         R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":)"
         R"(" a few words of text, and then a few more of them, as a delta of the newer models )"
         R"(tends to be a little longer than it was before\n"}})"
         "\n\n";
}

void watch_chunks(benchmark::State& state, Dialect dialect, MeterOptions options,
                  const std::string& chunk) {
  options.stream = true;
  const auto meter = make_meter(dialect, options);
  std::string forward;
  for (auto _ : state) {
    forward.clear();
    meter->see(chunk, forward);
    benchmark::DoNotOptimize(forward);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(chunk.size()));
}
BENCHMARK_CAPTURE(watch_chunks, chat, Dialect::chat, MeterOptions{}, chat_chunk());
BENCHMARK_CAPTURE(watch_chunks, chat_hiding_usage, Dialect::chat, MeterOptions{.hide_usage = true},
                  chat_chunk());
BENCHMARK_CAPTURE(watch_chunks, messages, Dialect::messages, MeterOptions{}, messages_delta());

void watch_a_stream_of_64_chunks(benchmark::State& state) {
  const std::string chunk = chat_chunk();
  for (auto _ : state) {
    const auto meter = make_meter(Dialect::chat, {.stream = true});
    std::string unused;
    for (int at = 0; at < 64; ++at) {
      meter->see(chunk, unused);
    }
    benchmark::DoNotOptimize(meter->finish(true, unused));
  }
}
BENCHMARK(watch_a_stream_of_64_chunks);

}  // namespace
}  // namespace purser

BENCHMARK_MAIN();
