// money/import_plan.hpp — what an import would do to a book, before it does it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "money/price_book.hpp"
#include "money/price_diff.hpp"
#include "money/price_list.hpp"
#include "money/price_questions.hpp"

namespace purser {

/// Rows read by hand stay as they are, unless told otherwise.
enum class Pinned { keep, replace };
/// Prices that look like mistakes are left out, unless confirmed.
enum class Doubtful { refuse, accept };

struct ImportRules {
  Pinned pinned = Pinned::keep;
  Doubtful doubtful = Doubtful::refuse;
};

struct ImportPlan {
  std::vector<PriceList> adopted;    // to be written: price_file_text(), one file a provider
  std::vector<PriceChange> changes;  // what `adopted` changes
  std::vector<Question> questions;   // asked of the imported; refused unless accepted
  std::vector<std::string> kept;     // "provider/model" that is pinned and stays
};

/// A price that changed is a new row from `today` on (YYYY-MM-DD): calls of the past keep theirs.
/// A catalogue with days of its own replaces the days of the book.
ImportPlan plan_import(const PriceBook& book, std::vector<PriceList> imported,
                       std::string_view today, ImportRules rules);

}  // namespace purser
