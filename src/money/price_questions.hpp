// money/price_questions.hpp — prices that look like mistakes.
// Why: a price per million typed as a price per token locks everybody out, or bills nothing.
#pragma once

#include <string>
#include <vector>

#include "money/price_book.hpp"
#include "money/price_list.hpp"

namespace purser {

/// A price more than ten times what is usual, or less than a tenth, or nothing where others cost.
struct Question {
  std::string provider;
  std::string model;
  TokenClass token_class;
  Rate said;
  Rate usual;
  std::string beside;  // what is usual: "what it was", "its provider's median", "the median"
};

/// A model that `book` knows is held beside its last row there; a new one beside the medians of its
/// provider and of the book, over models of its kind, and must be out of line with each there is.
std::vector<Question> questions(const PriceBook& book, const std::vector<PriceList>& lists);

/// "openai gpt-9: input 2500000, what it was 2.5".
std::string to_text(const std::vector<Question>& asked);

}  // namespace purser
