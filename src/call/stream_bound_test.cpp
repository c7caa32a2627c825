// call/stream_bound_test.cpp — an honest stream is never cut, one past its bound soon is, and a
// short one is never counted.
#include "call/stream_bound.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

#include "base/seed.hpp"

namespace purser {
namespace {

constexpr std::array<std::string_view, 12> kWords{
    " the",  " budget", " of", " Überraschung",        "\n\n", "    return x;\n",
    "1234.", "漢字の",  "{\"", "antidisestablishment", " ",    "'ll"};

std::string some_text(Seed& seed, std::size_t words) {
  std::string text;
  while (words-- > 0) {
    text += kWords[seed.below(kWords.size())];
  }
  return text;
}

struct Streamed {
  std::int64_t bytes_counted = 0;
  std::size_t cut_at = 0;  // bytes that had come when the bound was passed; 0: never
};

/// Streams `text` in pieces of up to `piece_max` bytes, as a relay does.
Streamed stream(StreamBound& bound, std::string_view text, std::size_t piece_max, Seed& seed) {
  Streamed run;
  std::string kept;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(at + 1 + seed.below(piece_max), text.size());
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
      ++end;  // deltas are JSON: whole characters
    }
    kept += text.substr(at, end - at);
    at = end;
    const auto visible = static_cast<std::int64_t>(at);
    if (bound.wants_text(visible)) {
      run.bytes_counted += static_cast<std::int64_t>(kept.size());
      bound.count(std::exchange(kept, {}));
    }
    if (bound.passed(visible)) {
      run.cut_at = at;
      return run;
    }
  }
  return run;
}

TEST(StreamBound, WithoutAnEncodingSixteenBytesATokenPassIt) {
  const StreamBound bound(Tokens(10), std::nullopt);
  EXPECT_FALSE(bound.reads_text());
  EXPECT_FALSE(bound.wants_text(1'000'000));
  EXPECT_FALSE(bound.passed(175));
  EXPECT_TRUE(bound.passed(176));
}

TEST(StreamBound, WhatCannotHavePassedIsNotCounted) {
  Seed seed(1);
  StreamBound bound(Tokens(1000), Encoding::o200k_base);
  const Streamed run = stream(bound, std::string(1000, 'x'), 7, seed);
  EXPECT_EQ(run.bytes_counted, 0);
  EXPECT_EQ(run.cut_at, 0U);
}

TEST(StreamBound, ProseIsCutAnEighthBehindItsBound) {
  std::string prose;
  for (int i = 0; i < 2000; ++i) {
    prose += " every budget is kept";  // four tokens
  }
  Seed seed(2);
  StreamBound bound(Tokens(1000), Encoding::o200k_base);
  const Streamed run = stream(bound, prose, 9, seed);
  const Tokens at_cut =
      Tokenizer(Encoding::o200k_base).count(std::string_view(prose).substr(0, run.cut_at));
  EXPECT_GT(at_cut, Tokens(1000));
  EXPECT_LT(at_cut, Tokens(1000 + 125 + 32 + 4));
  EXPECT_LT(run.cut_at, 1000U * 16 / 2) << "far before sixteen bytes a token";
}

RC_GTEST_PROP(StreamBound, AnHonestStreamIsNeverCutAndOnePastItsBoundIs, ()) {
  Seed seed(*rc::gen::arbitrary<std::uint64_t>());
  const auto encoding = *rc::gen::element(Encoding::cl100k_base, Encoding::o200k_base);
  const std::string text = some_text(seed, 20 + seed.below(2000));
  const std::size_t piece_max = 1 + seed.below(40);
  const Tokens whole = Tokenizer(encoding).count(text);
  StreamBound kept(whole, encoding);
  RC_ASSERT(stream(kept, text, piece_max, seed).cut_at == 0U);
  const Tokens half = Tokens(whole.count() / 2);
  StreamBound passed(half, encoding);
  const Streamed run = stream(passed, text, piece_max, seed);
  RC_PRE(whole > half + Tokens(half.count() / 4 + 64));
  RC_ASSERT(run.cut_at != 0U);
  RC_ASSERT(run.bytes_counted <= static_cast<std::int64_t>(run.cut_at));
}

}  // namespace
}  // namespace purser
