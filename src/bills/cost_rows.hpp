// bills/cost_rows.hpp — spend that was made already, as its spenders write it down: JSON, JSON a
// line, or CSV to rows. Every mistake is found, each with its line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "call/caller.hpp"
#include "money/amount.hpp"

namespace purser {

/// A larger invoice is better entered in parts; a year of such rows fits an account's range.
inline constexpr Amount kCostUsdMax = Amount::from_dollars(1'000'000);

struct CostRow {
  std::int64_t line = 0;  // of the file; in a JSON list, which of its rows
  std::string vendor;
  std::string item;
  Amount usd;
  std::optional<Instant> at;  // nothing: now
  std::int64_t units = 0;     // of whatever the vendor counts; 0: not said
  std::string idempotency_key;
  Caller labels;  // key and priority are nobody's to say
};

struct RowProblem {
  std::int64_t line = 0;
  std::string text;
};

struct CostRows {
  std::vector<CostRow> rows;
  std::vector<RowProblem> problems;  // none: the rows are all there is
};

/// json: one object, a list of them, or one a line.
enum class RowFormat : std::uint8_t { json, csv };
CostRows read_cost_rows(std::string_view text, RowFormat format);

/// "line 3: amount_usd: expected …" a line; "row" where they were listed. Not all of them, when
/// they are many.
std::string to_text(const std::vector<RowProblem>& problems, std::string_view where);

/// All that is said of a spend, but for its line and its key: two rows are the same or not.
std::string words_of(const CostRow& row);

/// Gives rows without a key one made of their words and of how many such rows stand before them:
/// the same file read again has the same keys. Problems: a key that two rows name.
std::vector<RowProblem> name_rows(std::vector<CostRow>& rows);

/// As read_cost_rows() reads it.
std::string to_json(const CostRow& row);

}  // namespace purser
