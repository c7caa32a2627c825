// bills/bill.hpp — what a provider or a cloud says it charged, in nobody's format: by day, model
// and key. A format is told by its shape; columns are found by name, for exports grow.
//
//   openai            organization/costs and organization/usage (JSON pages), dashboard's CSV
//   anthropic         cost_report and analytics/cost (JSON pages), console's CSV
//   aws-cur           Cost and Usage Report, its old and its new column names (CSV)
//   focus             FinOps Open Cost and Usage Specification 1.x (CSV)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "bills/fixed_cost.hpp"
#include "money/amount.hpp"
#include "money/usage.hpp"

namespace purser {

/// Exports sum in fractions of a nanodollar: rounded once, when a whole group is known.
class FineAmount {
 public:
  static constexpr int kPlaces = 18;
  /// A decimal of any length, with or without sign and exponent, × 10^-`shift`; what lies behind
  /// the eighteenth place is cut. Nothing: no decimal, or beyond a thousand million.
  static std::optional<FineAmount> parse(std::string_view text, int shift = 0);

  FineAmount& operator+=(const FineAmount& other) {
    value_ += other.value_;
    return *this;
  }
  static FineAmount of(Amount amount);
  /// Without its sign.
  FineAmount size() const {
    FineAmount size;
    size.value_ = value_ < 0 ? -value_ : value_;
    return size;
  }
  /// Rounded half away from zero.
  Amount rounded() const;

 private:
  __int128 value_ = 0;  // 10^-18 dollars
};

struct BillRow {
  Day day;
  std::string provider;
  std::string model;  // as the ledger would name it, without its snapshot; may be empty
  std::string key;    // the provider's name or id of the API key; empty: not said
  std::optional<FineAmount> cost;  // nothing: only what was used is told
  Usage usage;                     // where it is told
};

enum class BillFormat : std::uint8_t { openai, anthropic, aws_cur, focus };
std::string_view to_string(BillFormat format);

struct Bill {
  BillFormat format = BillFormat::openai;
  std::vector<BillRow> rows;
  std::int64_t skipped = 0;  // not about spend: taxes, credits, empty days
};

/// Error (client), naming the line where there are lines: no format we know, a day, amount or
/// currency that cannot be read, a page that is not the last of its answer.
Result<Bill> read_bill(std::string_view bytes, std::optional<BillFormat> format = {});
Result<Bill> read_bill_json(std::string_view bytes, std::optional<BillFormat> format);
Result<Bill> read_bill_csv(std::string_view bytes, std::optional<BillFormat> format);

/// "Claude Haiku 4.5", "claude-haiku-4-5-20251001" → "claude-haiku-4-5".
std::string bill_model(std::string_view name);

/// OpenAI's "gpt-4o-mini-2024-07-18, cached input": the model stands in front. A line item without
/// a comma is none ("Web search tool calls").
std::string_view model_of_line_item(std::string_view line_item);

/// A count of tokens as an export writes it; zero for anything else.
Tokens bill_tokens(std::string_view text);

}  // namespace purser
