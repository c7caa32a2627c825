// bills/cost_rows_fuzz.cpp — any bytes are rows or problems; what was read is read again the same.
#include "base/invariant.hpp"
#include "bills/cost_rows.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace purser;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const RowFormat format : {RowFormat::json, RowFormat::csv}) {
    CostRows read = read_cost_rows(text, format);
    name_rows(read.rows);
    for (const CostRow& row : read.rows) {
      INVARIANT(row.usd >= Amount() && row.usd <= kCostUsdMax, "amounts are bounded");
      const CostRows again = read_cost_rows(to_json(row), RowFormat::json);
      // CSV may carry bytes that no JSON text can.
      INVARIANT(format == RowFormat::csv || again.rows.size() == 1, "a row is read again");
      INVARIANT(format == RowFormat::csv || words_of(again.rows.front()) == words_of(row),
                "and says the same");
    }
  }
  return 0;
}
