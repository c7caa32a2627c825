// wire/gemini_thinking.cpp — two small tables. Older models have budgets, newer ones levels.
#include "wire/gemini_thinking.hpp"

#include <array>

namespace purser {
namespace {

struct Row {
  std::string_view effort;
  std::string_view level;
  std::int64_t budget;  // its largest
};
constexpr std::array kRows{
    Row{"none", "MINIMAL", 0},      Row{"minimal", "MINIMAL", 512}, Row{"low", "LOW", 1'024},
    Row{"medium", "MEDIUM", 8'192}, Row{"high", "HIGH", 24'576},
};
/// The Pro models of 2.5 cannot be kept from thinking.
constexpr std::int64_t kProBudgetMin = 128;

const Row& row_of(std::string_view effort) {
  for (const Row& row : kRows) {
    if (row.effort == effort) {
      return row;
    }
  }
  return kRows.back();
}

bool same_word(std::string_view text, std::string_view upper) {
  if (text.size() != upper.size()) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] & ~0x20) != upper[i]) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string_view effort_of_level(std::string_view level) {
  for (const Row& row : kRows) {
    if (row.effort != "none" && same_word(level, row.level)) {
      return row.effort;
    }
  }
  return {};
}

std::string_view effort_of_budget(std::int64_t budget) {
  for (const Row& row : kRows) {
    if (budget >= 0 && budget <= row.budget) {
      return row.effort;
    }
  }
  return kRows.back().effort;
}

std::string level_json(std::string_view effort, std::string_view model) {
  const std::string_view level = row_of(effort).level;
  const bool takes_minimal = !model.starts_with("gemini-4") && !model.contains("pro");
  return '"' + std::string(level == "MINIMAL" && !takes_minimal ? "LOW" : level) + '"';
}

std::string budget_json(std::string_view effort, std::string_view model) {
  const std::int64_t budget = row_of(effort).budget;
  return std::to_string(budget == 0 && model.contains("pro") ? kProBudgetMin : budget);
}

}  // namespace purser
