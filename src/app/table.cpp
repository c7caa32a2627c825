// app/table.cpp — lays rows out. Cells hold what callers named themselves: nothing in them may
// move a terminal's cursor or break a line.
#include "app/table.hpp"

#include <algorithm>

#include "base/invariant.hpp"
#include "base/json_text.hpp"

namespace purser {
namespace {

/// Characters, not bytes: a UTF-8 continuation byte takes no place.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string on_one_line(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return line;
}

void append_aligned(std::string& out, const std::vector<std::string>& cells, const Table& table,
                    const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = on_one_line(cells[i]);
    const std::string padding(widths[i] - width(cell), ' ');
    const bool right = table.columns[i].kind != Column::Kind::text;
    line += (i == 0 ? "" : "  ") + (right ? padding + cell : cell + padding);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + '\n';
}

std::string aligned(const Table& table) {
  std::vector<std::string> heads;
  std::vector<std::size_t> widths;
  for (const Column& column : table.columns) {
    heads.push_back(column.name);
    widths.push_back(width(column.name));
  }
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width(row[i]));
    }
  }
  std::string out;
  append_aligned(out, heads, table, widths);
  for (const auto& row : table.rows) {
    append_aligned(out, row, table, widths);
  }
  return out;
}

std::string json(const Table& table) {
  std::string out = "[";
  for (const auto& row : table.rows) {
    out += out.size() == 1 ? "\n  " : ",\n  ";
    JsonObject object(out);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Column& column = table.columns[i];
      if (column.kind == Column::Kind::number) {
        object.raw(column.name, row[i].empty() ? "null" : row[i]);
      } else {
        object.text(column.name, row[i]);
      }
    }
    object.finish();
  }
  return out + (table.rows.empty() ? "]\n" : "\n]\n");
}

/// RFC 4180: quotes around what needs them, doubled inside, lines end in CRLF.
void append_csv(std::string& out, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out += i == 0 ? "" : ",";
    if (cells[i].find_first_of(",\"\r\n") == std::string::npos) {
      out += cells[i];
      continue;
    }
    out += '"';
    for (const char c : cells[i]) {
      out += c;
      if (c == '"') {
        out += '"';
      }
    }
    out += '"';
  }
  out += "\r\n";
}

std::string csv(const Table& table) {
  std::vector<std::string> heads;
  for (const Column& column : table.columns) {
    heads.push_back(column.name);
  }
  std::string out;
  append_csv(out, heads);
  for (const auto& row : table.rows) {
    append_csv(out, row);
  }
  return out;
}

}  // namespace

void Table::add(std::vector<std::string> row) {
  INVARIANT(row.size() == columns.size(), "every row has one cell a column");
  rows.push_back(std::move(row));
}

std::string to_text(const Table& table, Format format) {
  switch (format) {
    case Format::table:
      return aligned(table);
    case Format::json:
      return json(table);
    case Format::csv:
      return csv(table);
  }
  return {};
}

}  // namespace purser
