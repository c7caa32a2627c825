// call/tokenizer_test.cpp — against the published tokenizer's own answers, and against itself.
#include "call/tokenizer.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <charconv>
#include <chrono>
#include <fstream>
#include <numeric>

#include "call/tokenizer_merge.hpp"
#include "call/tokenizer_pieces.hpp"

extern "C" {
extern const char purser_o200k_base[];
extern const char purser_unicode_classes[];
}

namespace purser {
namespace {

constexpr std::array kEncodings{Encoding::o200k_base, Encoding::cl100k_base};

std::vector<Rank> encoded(Encoding encoding, std::string_view text) {
  std::vector<Rank> ranks;
  Tokenizer(encoding).encode(text, ranks);
  return ranks;
}

std::string decoded(Encoding encoding, std::span<const Rank> ranks) {
  std::string text;
  Tokenizer(encoding).decode(ranks, text);
  return text;
}

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
    unsigned byte = 0;
    std::from_chars(hex.data() + at, hex.data() + at + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

std::string joined(std::span<const Rank> ranks) {
  std::string text;
  for (const Rank rank : ranks) {
    text += (text.empty() ? "" : ",") + std::to_string(rank);
  }
  return text;
}

std::vector<std::string> pieces(Encoding encoding, std::string_view text) {
  const CharTable chars{reinterpret_cast<const unsigned char*>(purser_unicode_classes)};
  std::vector<std::string> all;
  for (Pieces cut(encoding, chars, text); !cut.done();) {
    all.emplace_back(cut.next());
  }
  return all;
}

TEST(Tokenizer, GivesTheRanksThatThePublishedOneGives) {
  std::ifstream golden(PURSER_SOURCE_DIR "/tests/golden/tokenizer/ranks.txt");
  std::string line;
  int lines = 0;
  while (std::getline(golden, line)) {
    const std::size_t first = line.find(' ');
    const std::size_t second = line.find(' ', first + 1);
    const std::string text = from_hex(line.substr(0, first));
    EXPECT_EQ(joined(encoded(Encoding::o200k_base, text)),
              line.substr(first + 1, second - first - 1))
        << text;
    EXPECT_EQ(joined(encoded(Encoding::cl100k_base, text)), line.substr(second + 1)) << text;
    ++lines;
  }
  EXPECT_GT(lines, 50);
}

TEST(Tokenizer, TakesSpecialTokensForText) {
  for (const Encoding encoding : kEncodings) {
    EXPECT_GT(encoded(encoding, "<|endoftext|>").size(), 1U);
  }
}

TEST(Tokenizer, FindsEveryTokenByItsBytesAndTheBytesByTheToken) {
  const TokenTable table(purser_o200k_base);
  ASSERT_EQ(table.size(), 199'998U);
  for (Rank rank = 0; rank < table.size(); ++rank) {
    ASSERT_EQ(table.find(table.bytes(rank)), rank);
  }
  EXPECT_EQ(table.find(""), kNoRank);
  EXPECT_EQ(table.find(std::string(1000, 'a')), kNoRank);
  EXPECT_EQ(table.bytes(199'998), "");
  EXPECT_EQ(table.bytes(kNoRank), "");
}

TEST(Tokenizer, CutsTextAsItsRulesSay) {
  struct Case {
    std::string text;
    std::vector<std::string> cased;  // o200k_base
    std::vector<std::string> plain;  // cl100k_base
  };
  const std::vector<Case> cases{
      {"fooBar", {"foo", "Bar"}, {"fooBar"}},
      {"HTTPServer's", {"HTTPServer's"}, {"HTTPServer", "'s"}},
      {"they'LL go", {"they'LL", " go"}, {"they", "'LL", " go"}},
      {"it'\xC5\xBF", {"it'\xC5\xBF"}, {"it", "'\xC5\xBF"}},
      {"12345", {"123", "45"}, {"123", "45"}},
      {"a   b", {"a", "  ", " b"}, {"a", "  ", " b"}},
      {"a \n \n b", {"a", " \n \n", " b"}, {"a", " \n \n", " b"}},
      {"x  ", {"x", "  "}, {"x", "  "}},
      {" !/\r\n/x", {" !/\r\n/", "x"}, {" !/\r\n", "/x"}},
      {"\xE4\xB8\xAD"
       "AB1",
       {"\xE4\xB8\xAD", "AB", "1"},
       {"\xE4\xB8\xAD"
        "AB",
        "1"}},
      {"\xFF\xC3", {"\xFF\xC3"}, {"\xFF\xC3"}},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(pieces(Encoding::o200k_base, each.text), each.cased) << each.text;
    EXPECT_EQ(pieces(Encoding::cl100k_base, each.text), each.plain) << each.text;
  }
}

TEST(Tokenizer, NeverReadsBehindTheEndInTheMiddleOfACharacter) {
  const std::string whole = "\xF0\x9F\x98\x80";
  for (std::size_t bytes = 1; bytes < whole.size(); ++bytes) {
    const std::vector<char> exact(whole.begin(),
                                  whole.begin() + static_cast<std::ptrdiff_t>(bytes));
    const std::string_view cut(exact.data(), exact.size());
    EXPECT_EQ(decoded(Encoding::o200k_base, encoded(Encoding::o200k_base, cut)), cut);
  }
}

TEST(Tokenizer, KnowsWhichModelsCountByTheOlderEncoding) {
  for (const char* const model : {"gpt-4", "gpt-4-turbo", "gpt-3.5-turbo", "gpt-35-turbo-16k",
                                  "text-embedding-3-small", "openai/gpt-4-0613"}) {
    EXPECT_EQ(encoding_of(model), Encoding::cl100k_base) << model;
  }
  for (const char* const model : {"gpt-4o", "gpt-4o-mini", "gpt-4.1-nano", "gpt-4.5-preview", "o3",
                                  "gpt-5.6-sol", "openai/gpt-4o", "claude-opus-4-6", ""}) {
    EXPECT_EQ(encoding_of(model), Encoding::o200k_base) << model;
  }
}

TEST(Tokenizer, TakesAMegabyteOfOneLetterInBoundedTime) {
  const auto start = std::chrono::steady_clock::now();
  const Tokenizer tokenizer(Encoding::o200k_base);
  for (const char* const unit : {"a", "ab", " ", "\xE4\xB8\xAD", "A", "\n"}) {
    std::string text;
    while (text.size() < 1'000'000) {
      text += unit;
    }
    EXPECT_GT(tokenizer.count(text), Tokens(0));
    EXPECT_LT(tokenizer.count(text), Tokens(500'000));
  }
  // Quadratic merging would take hours; the bound only has to tell the two apart.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

rc::Gen<std::string> any_text() {
  const auto fragment = rc::gen::elementOf(std::vector<std::string>{
      " ",        "  ",       "\n",           "\r\n",     "\t",
      "a",        "B",        "the",          "ing",      "'s",
      "'",        "1",        "234",          "/",        "!",
      "--",       "\xC2\xA0", "\xE4\xB8\xAD", "\xCC\x81", "\xF0\x9F\x98\x80",
      "\xC7\x85", "\xFF",     "\xE4\xB8"});
  return rc::gen::oneOf(rc::gen::container<std::string>(rc::gen::arbitrary<char>()),
                        rc::gen::map(rc::gen::container<std::vector<std::string>>(fragment),
                                     [](const std::vector<std::string>& all) {
                                       std::string text;
                                       for (const std::string& each : all) {
                                         text += each;
                                       }
                                       return text;
                                     }));
}

RC_GTEST_PROP(Tokenizer, DecodesWhatItEncodedAndCountsTheSame, ()) {
  const std::string text = *any_text();
  for (const Encoding encoding : kEncodings) {
    const std::vector<Rank> ranks = encoded(encoding, text);
    RC_ASSERT(decoded(encoding, ranks) == text);
    RC_ASSERT(Tokenizer(encoding).count(text) == Tokens(static_cast<std::int64_t>(ranks.size())));
    RC_ASSERT(ranks.size() <= text.size());
  }
}

/// The definition: the lowest union of neighbours first, the leftmost of equals.
std::vector<std::size_t> merged_by_definition(const TokenTable& table, std::string_view piece) {
  std::vector<std::size_t> bounds(piece.size() + 1);
  std::iota(bounds.begin(), bounds.end(), 0U);
  while (true) {
    Rank lowest = kNoRank;
    std::size_t where = 0;
    for (std::size_t i = 0; i + 2 < bounds.size(); ++i) {
      const Rank rank = table.find(piece.substr(bounds[i], bounds[i + 2] - bounds[i]));
      if (rank < lowest) {
        lowest = rank;
        where = i;
      }
    }
    if (lowest == kNoRank) {
      return {bounds.begin() + 1, bounds.end()};
    }
    bounds.erase(bounds.begin() + static_cast<std::ptrdiff_t>(where) + 1);
  }
}

RC_GTEST_PROP(Tokenizer, MergesByHeapAndByWindowsAsTheDefinitionDoes, ()) {
  const TokenTable table(purser_o200k_base);
  const auto alphabet = *rc::gen::element<std::string>("ab", "aeinorst", "ACGT", "abcdefghijklmnop",
                                                       "\xE4\xB8\xAD\x96", " \n", "0a=");
  const std::size_t length = *rc::gen::inRange<std::size_t>(1, 600);
  const std::size_t window = *rc::gen::element<std::size_t>(2, 100, 256, 400, 100'000);
  const auto letters = *rc::gen::container<std::string>(length, rc::gen::elementOf(alphabet));
  std::vector<std::size_t> ends;
  merge(table, letters, ends, window);
  RC_ASSERT(ends == merged_by_definition(table, letters));
}

}  // namespace
}  // namespace purser
