// tests/tokenizer/encode.cpp — texts in, token ranks out, and how fast.
// tokenizer_encode ENCODING: reads texts (a u32 of bytes, then the bytes), writes for each a u32
// count and its ranks, and says on standard error how long encoding and counting took.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "call/tokenizer.hpp"

namespace purser {
namespace {

std::vector<std::string> read_texts() {
  std::vector<std::string> texts;
  std::uint32_t bytes = 0;
  while (std::cin.read(reinterpret_cast<char*>(&bytes), sizeof bytes)) {
    texts.emplace_back(bytes, '\0');
    std::cin.read(texts.back().data(), bytes);
  }
  return texts;
}

template <typename Work>
void timed(const char* what, Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::fprintf(stderr, "%s %.6f\n", what, took.count());
}

void write(const std::vector<std::vector<Rank>>& all) {
  for (const std::vector<Rank>& ranks : all) {
    const auto count = static_cast<std::uint32_t>(ranks.size());
    std::cout.write(reinterpret_cast<const char*>(&count), sizeof count);
    std::cout.write(reinterpret_cast<const char*>(ranks.data()),
                    static_cast<std::streamsize>(ranks.size() * sizeof(Rank)));
  }
}

int run(Encoding encoding) {
  const Tokenizer tokenizer(encoding);
  const std::vector<std::string> texts = read_texts();
  std::vector<std::vector<Rank>> all(texts.size());
  std::size_t encoded = 0;
  std::int64_t counted = 0;
  timed("encode", [&] {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      tokenizer.encode(texts[i], all[i]);
      encoded += all[i].size();
    }
  });
  timed("count", [&] {
    for (const std::string& text : texts) {
      counted += tokenizer.count(text).count();
    }
  });
  if (counted != static_cast<std::int64_t>(encoded)) {
    std::fprintf(stderr, "counting and encoding differ: %lld, %zu\n",
                 static_cast<long long>(counted), encoded);
    return 1;
  }
  write(all);
  return 0;
}

}  // namespace
}  // namespace purser

int main(int count, char** words) {
  const std::string name = count == 2 ? words[1] : "";
  if (name != "o200k_base" && name != "cl100k_base") {
    std::fprintf(stderr, "usage: tokenizer_encode o200k_base|cl100k_base\n");
    return 2;
  }
  return purser::run(name == "o200k_base" ? purser::Encoding::o200k_base
                                          : purser::Encoding::cl100k_base);
}
