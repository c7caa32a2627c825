// bills/csv.hpp — comma-separated text as records: RFC 4180, and what spreadsheets make of it.
// Why our own: exports quote line breaks, begin with a byte order mark and end lines as they like,
// and every complaint must name the line of the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace purser {

struct CsvRecord {
  std::int64_t line = 0;  // where it begins, the header being line 1
  std::vector<std::string> fields;
};

struct Csv {
  std::vector<std::string> header;
  std::vector<CsvRecord> records;  // each with as many fields as the header

  /// The column of that name, whatever its case.
  std::optional<std::size_t> column(std::string_view name) const;
};

/// Error (client), naming the line: no header, a column named twice, a quote that does not end, a
/// record that is longer or shorter than the header. Empty lines are skipped.
Result<Csv> read_csv(std::string_view text);

/// The same letters, whatever their case (ASCII).
bool same_word(std::string_view a, std::string_view b);

}  // namespace purser
