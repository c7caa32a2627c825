// wire/gemini_thinking.hpp — Google's thinking levels and budgets as efforts, and back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace purser {

/// "HIGH" → "high"; empty: a level nobody knows.
std::string_view effort_of_level(std::string_view level);
/// 0 is no thinking, −1 as much as the model likes. Borders are those of Google's own mapping of
/// efforts to budgets.
std::string_view effort_of_budget(std::int64_t budget);

/// The least thinking that is at most `effort` and that `model` takes, as JSON.
std::string level_json(std::string_view effort, std::string_view model);
std::string budget_json(std::string_view effort, std::string_view model);

}  // namespace purser
