// call/tokenizer.cpp — pieces, looked up whole where they are tokens already, merged where not.
#include "call/tokenizer.hpp"

#include <algorithm>
#include <array>

#include "call/tokenizer_merge.hpp"
#include "call/tokenizer_pieces.hpp"

extern "C" {
extern const char purser_o200k_base[];       // NOLINT: made by tools/make_ranks
extern const char purser_cl100k_base[];      // NOLINT
extern const char purser_unicode_classes[];  // NOLINT
}

namespace purser {

Encoding encoding_of(std::string_view model) {
  // All that still count by cl100k_base; a name is preceded by a vendor's in some gateways.
  constexpr std::array<std::string_view, 5> kOlder{"gpt-4", "gpt-3.5", "gpt-35", "text-embedding-3",
                                                   "text-embedding-ada"};
  constexpr std::array<std::string_view, 3> kNewer{"gpt-4o", "gpt-4.1", "gpt-4.5"};
  model.remove_prefix(model.rfind('/') + 1);  // npos + 1 is 0
  const auto begins = [model](std::string_view name) { return model.starts_with(name); };
  const bool older = std::ranges::any_of(kOlder, begins) && std::ranges::none_of(kNewer, begins);
  return older ? Encoding::cl100k_base : Encoding::o200k_base;
}

std::optional<Encoding> public_encoding(std::string_view provider, std::string_view model) {
  constexpr std::array<std::string_view, 7> kKnown{"gpt-3.5", "gpt-4", "gpt-5",     "o1",
                                                   "o3",      "o4",    "chatgpt-4o"};
  const bool known = std::ranges::any_of(
      kKnown, [model](std::string_view name) { return model.starts_with(name); });
  return provider == "openai" && known ? std::optional(encoding_of(model)) : std::nullopt;
}

Tokenizer::Tokenizer(Encoding encoding)
    : encoding_(encoding),
      table_(encoding == Encoding::o200k_base ? purser_o200k_base : purser_cl100k_base),
      chars_{reinterpret_cast<const unsigned char*>(purser_unicode_classes)} {}

template <typename Each>
void Tokenizer::each_piece(std::string_view text, Each each) const {
  std::vector<std::size_t> ends;  // of the piece at hand
  for (Pieces pieces(encoding_, chars_, text); !pieces.done();) {
    const std::string_view piece = pieces.next();
    const Rank whole = table_.find(piece);
    ends.clear();
    if (whole == kNoRank) {
      merge(table_, piece, ends);
    }
    each(piece, whole, ends);
  }
}

Tokens Tokenizer::count(std::string_view text) const {
  std::size_t count = 0;
  each_piece(text, [&](std::string_view, Rank whole, const std::vector<std::size_t>& ends) {
    count += whole != kNoRank ? 1 : ends.size();
  });
  return Tokens(static_cast<std::int64_t>(count));
}

void Tokenizer::encode(std::string_view text, std::vector<Rank>& out) const {
  each_piece(text, [&](std::string_view piece, Rank whole, const std::vector<std::size_t>& ends) {
    if (whole != kNoRank) {
      out.push_back(whole);
    }
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      out.push_back(table_.find(piece.substr(begin, end - begin)));
      begin = end;
    }
  });
}

void Tokenizer::decode(std::span<const Rank> ranks, std::string& out) const {
  for (const Rank rank : ranks) {
    out += table_.bytes(rank);
  }
}

}  // namespace purser
