// call/prompt_count.cpp — a small cache of sets: what is looked up moves to the front of its own.
#include "call/prompt_count.hpp"

#include <algorithm>

#include "call/prompt_text.hpp"

namespace purser {
namespace {

/// A unit this short is counted faster than it is named; and short ones would crowd out long ones.
constexpr std::size_t kNamedBytesMin = 48;
/// The scratch of a huge string is given back.
constexpr std::size_t kScratchBytesMax = std::size_t{1} << 20;

}  // namespace

/// The entry of `name`, now the first of its set; of one not known, tokens are 0.
PromptCount::Known& PromptCount::known(Digest name) {
  Set& set = sets_[name.low % kSets];
  auto found = std::ranges::find(set, name, &Known::name);
  if (found == set.end()) {
    --found;
    *found = {.name = name, .tokens = 0};
  }
  std::rotate(set.begin(), found, found + 1);
  return set.front();
}

Tokens PromptCount::count(std::string_view model, std::string_view body) {
  const auto encoding = static_cast<std::size_t>(encoding_of(model));
  Tokens sum;
  PromptUnits units(body);
  while (const auto unit = units.next()) {
    if (unit->json.size() < kNamedBytesMin) {
      sum += count_text(tokenizers_[encoding], *unit, scratch_);
      continue;
    }
    // The same bytes count otherwise in another encoding or place.
    const std::uint64_t seed = encoding << 8 | static_cast<std::uint64_t>(unit->place);
    Known& entry = known(digest(unit->json, seed));
    if (entry.tokens == 0) {
      entry.tokens = count_text(tokenizers_[encoding], *unit, scratch_).count();
      ++counted_;
    } else {
      ++remembered_;
    }
    sum += Tokens(entry.tokens);
  }
  if (scratch_.capacity() > kScratchBytesMax) {
    scratch_ = std::string();
  }
  return sum;
}

}  // namespace purser
