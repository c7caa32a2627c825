// tools/make_ranks/make_ranks.cpp — turns rank files and Unicode classes into what the binary
// carries. make_ranks tokens FILE.tiktoken OUT: `base64(token) SPACE rank` a line, into a
// TokenTable. make_ranks classes unicode_classes.txt OUT: `first last kind` a line, into a
// CharTable.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "call/token_table.hpp"

namespace purser {
namespace {

[[noreturn]] void give_up(const std::string& why) {
  std::cerr << "make_ranks: " << why << '\n';
  std::exit(1);
}

std::string base64_decoded(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  while (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) {
      give_up("a token is not base64: " + std::string(text));
    }
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 0xFF);
    }
  }
  return out;
}

/// All tokens, by rank.
std::vector<std::string> read_tokens(std::istream& in) {
  std::vector<std::string> tokens;
  std::string encoded;
  std::size_t rank = 0;
  while (in >> encoded >> rank) {
    // A rank left out stays empty and is never found.
    if (rank < tokens.size() || rank >= std::size_t{1} << TokenSlot::kRankBits) {
      give_up("ranks must rise, and fit " + std::to_string(TokenSlot::kRankBits) + " bits");
    }
    tokens.resize(rank);
    tokens.push_back(base64_decoded(encoded));
  }
  return tokens;
}

template <typename T>
void append(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string token_blob(const std::vector<std::string>& tokens) {
  TokenBlob head{.tokens = static_cast<std::uint32_t>(tokens.size()),
                 // At most half full: a token that is not there is missed at the first slot or two.
                 .slots = std::bit_ceil(static_cast<std::uint32_t>(tokens.size()) * 2),
                 .bytes = 0,
                 .length_max = 0};
  std::vector<TokenSlot> slots(head.slots);
  std::vector<std::uint32_t> starts;
  std::string bytes;
  for (Rank rank = 0; rank < tokens.size(); ++rank) {
    const std::string& token = tokens[rank];
    if (token.size() >= 1 << TokenSlot::kLengthBits || bytes.size() >= 1 << TokenSlot::kStartBits) {
      give_up("the tokens do not fit their slots");
    }
    starts.push_back(static_cast<std::uint32_t>(bytes.size()));
    head.length_max = std::max(head.length_max, static_cast<std::uint32_t>(token.size()));
    if (!token.empty()) {
      const std::uint64_t hash = token_hash(token.data(), token.size());
      std::uint64_t at = hash & (head.slots - 1);
      while (slots[at].length != 0) {
        at = (at + 1) & (head.slots - 1);
      }
      slots[at] = {
          .rank = rank, .start = bytes.size(), .length = token.size(), .tag = token_tag(hash)};
    }
    bytes += token;
  }
  starts.push_back(static_cast<std::uint32_t>(bytes.size()));
  head.bytes = static_cast<std::uint32_t>(bytes.size());

  std::string blob;
  append(blob, head);
  std::for_each(slots.begin(), slots.end(), [&](TokenSlot slot) { append(blob, slot); });
  std::for_each(starts.begin(), starts.end(), [&](std::uint32_t start) { append(blob, start); });
  return blob + bytes;
}

/// Every byte alone must be a token, and every token must be found again.
void check(const std::vector<std::string>& tokens, const std::string& blob) {
  const TokenTable table(blob.data());
  for (Rank rank = 0; rank < tokens.size(); ++rank) {
    if (!tokens[rank].empty() && table.find(tokens[rank]) != rank) {
      give_up("token " + std::to_string(rank) + " is there twice");
    }
  }
  for (int byte = 0; byte < 256; ++byte) {
    const char alone = static_cast<char>(byte);
    if (table.find(&alone, 1) == kNoRank) {
      give_up("byte " + std::to_string(byte) + " is no token");
    }
  }
}

std::vector<CharKind> read_classes(std::istream& in) {
  const std::map<std::string, CharKind> kinds{
      {"upper", CharKind::upper}, {"lower", CharKind::lower},   {"letter", CharKind::letter},
      {"mark", CharKind::mark},   {"number", CharKind::number}, {"space", CharKind::space}};
  std::vector<CharKind> points(CharTable::kBlocks * CharTable::kBlock, CharKind::symbol);
  std::string line;
  while (std::getline(in, line)) {
    if (line.starts_with('#')) {
      continue;
    }
    std::size_t first = 0;
    std::size_t last = 0;
    std::string kind;
    if (!(std::istringstream(line) >> std::hex >> first >> last >> kind) || !kinds.contains(kind) ||
        first > last || last >= points.size()) {
      give_up("not a row of classes: " + line);
    }
    std::fill(points.begin() + static_cast<std::ptrdiff_t>(first),
              points.begin() + static_cast<std::ptrdiff_t>(last) + 1, kinds.at(kind));
  }
  return points;
}

std::string class_blob(const std::vector<CharKind>& points) {
  std::map<std::string, std::size_t> known;
  std::string names;
  std::string blocks;
  for (std::size_t at = 0; at < points.size(); at += CharTable::kBlock) {
    const std::string block(reinterpret_cast<const char*>(&points[at]), CharTable::kBlock);
    const auto [entry, fresh] = known.try_emplace(block, known.size());
    if (fresh) {
      blocks += block;
    }
    names += static_cast<char>(entry->second);
  }
  if (known.size() > 256) {
    give_up("more kinds of block than a byte can name");
  }
  return names + blocks;
}

std::string blob_of(const std::string& what, const std::string& path) {
  std::ifstream in(path);
  if (!in) {
    give_up("cannot read " + path);
  }
  if (what == "classes") {
    return class_blob(read_classes(in));
  }
  const std::vector<std::string> tokens = read_tokens(in);
  std::string blob = token_blob(tokens);
  check(tokens, blob);
  return blob;
}

}  // namespace
}  // namespace purser

int main(int count, char** words) {
  const std::string what = count == 4 ? words[1] : "";
  if (what != "tokens" && what != "classes") {
    purser::give_up("usage: make_ranks tokens|classes FILE OUT");
  }
  const std::string blob = purser::blob_of(what, words[2]);
  std::ofstream out(words[3], std::ios::binary);
  out << blob;
  out.close();
  if (!out) {
    purser::give_up("cannot write " + std::string(words[3]));
  }
}
