// app/table.hpp — rows for people (aligned), for programs (JSON) and for spreadsheets (CSV).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace purser {

enum class Format : std::uint8_t { table, json, csv };

struct Column {
  enum class Kind : std::uint8_t {
    text,    // aligned left; a JSON string
    number,  // aligned right; a JSON number
    amount,  // aligned right; a JSON string: who reads it as a double would lose digits
  };
  std::string name;
  Kind kind = Kind::text;
};

/// Every row has one cell a column.
struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;

  void add(std::vector<std::string> row);
};

/// The whole table, its last newline included. A table without rows still has its heads, in JSON it
/// is an empty list.
std::string to_text(const Table& table, Format format);

}  // namespace purser
