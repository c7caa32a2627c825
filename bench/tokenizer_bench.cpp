// bench/tokenizer_bench.cpp — what counting a prompt costs, new and as it grows.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "call/prompt_count.hpp"

namespace purser {
namespace {

constexpr std::string_view kProse =
    "The gateway holds the worst case of every call before it is sent, and settles what it really "
    "cost afterwards; so no account is ever overspent, whatever a provider answers. ";
constexpr std::string_view kCode =
    "\tfor (std::size_t i = 0; i < parts.size(); ++i) {\n\t\tsum += parts[i].tokens;  // "
    "all\n\t}\n";
constexpr std::string_view kChinese =
    "网关在发送每次调用之前预留其最坏情况的费用，之后再按实际费用结算，因此任何账户都不会超支。";

std::string repeated(std::string_view text, std::size_t bytes) {
  std::string all;
  while (all.size() < bytes) {
    all += text;
    all += std::to_string(all.size());  // no two places quite alike
  }
  return all;
}

void count(benchmark::State& state, Encoding encoding, std::string_view text) {
  const Tokenizer tokenizer(encoding);
  const std::string all = repeated(text, 1 << 20);
  for (auto _ : state) {
    benchmark::DoNotOptimize(tokenizer.count(all));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(all.size()));
}
BENCHMARK_CAPTURE(count, prose_o200k, Encoding::o200k_base, kProse);
BENCHMARK_CAPTURE(count, code_o200k, Encoding::o200k_base, kCode);
BENCHMARK_CAPTURE(count, chinese_o200k, Encoding::o200k_base, kChinese);
BENCHMARK_CAPTURE(count, prose_cl100k, Encoding::cl100k_base, kProse);

/// The worst there is: one piece, which is merged byte by byte.
void count_one_letter(benchmark::State& state) {
  const Tokenizer tokenizer(Encoding::o200k_base);
  const std::string all(static_cast<std::size_t>(state.range(0)), 'a');
  for (auto _ : state) {
    benchmark::DoNotOptimize(tokenizer.count(all));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(count_one_letter)->Arg(1 << 10)->Arg(1 << 16)->Arg(1 << 20)->Arg(1 << 23);

std::string conversation(int messages) {
  std::string body = R"({"model":"gpt-5","messages":[)";
  for (int i = 0; i < messages; ++i) {
    body += (i == 0 ? "" : ",") + (R"({"role":"user","content":")" + repeated(kProse, 4096)) +
            std::to_string(i) + R"("})";
  }
  return body + "]}";
}

/// A turn of a conversation of so many messages of 4 KiB, of which the last is new.
void count_grown_prompt(benchmark::State& state) {
  const std::string body = conversation(static_cast<int>(state.range(0)));
  const std::size_t end = body.rfind("\"}]}");
  PromptCount prompts;
  std::int64_t turn = 0;
  for (auto _ : state) {
    std::string grown = body;
    grown.insert(end, std::to_string(++turn));
    benchmark::DoNotOptimize(prompts.count("gpt-5", grown));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(count_grown_prompt)->Arg(1)->Arg(16)->Arg(256);

}  // namespace
}  // namespace purser

BENCHMARK_MAIN();
