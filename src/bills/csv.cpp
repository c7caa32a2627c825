// bills/csv.cpp — one pass, character by character.
#include "bills/csv.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace purser {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

std::unexpected<Error> at_line(std::int64_t line, std::string_view what) {
  return fail(Fault::client, fmt::format("line {}: {}", line, what));
}

/// Takes records off the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  bool more() const { return at_ < text_.size(); }

  Result<CsvRecord> next() {
    CsvRecord record{.line = line_, .fields = {}};
    while (true) {
      auto field = this->field();
      if (!field) {
        return std::unexpected(field.error());
      }
      record.fields.push_back(std::move(*field));
      if (!take(',')) {
        break;
      }
    }
    take('\r');
    if (more() && !take('\n')) {
      return at_line(line_, "text behind a closing quote");
    }
    ++line_;
    return record;
  }

 private:
  bool take(char c) {
    const bool there = more() && text_[at_] == c;
    at_ += there ? 1 : 0;
    return there;
  }

  Result<std::string> field() {
    if (!take('"')) {
      const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
      std::string plain(text_.substr(at_, end - at_));
      at_ = end;
      return plain;
    }
    const std::int64_t began = line_;
    std::string quoted;
    while (more()) {
      const char c = text_[at_++];
      if (c == '"' && !take('"')) {
        return quoted;
      }
      line_ += c == '\n' ? 1 : 0;
      quoted += c;
    }
    return at_line(began, "a quote that does not end");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
};

bool is_blank(const CsvRecord& record) {
  return std::ranges::all_of(record.fields, [](const std::string& field) { return field.empty(); });
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::size_t> Csv::column(std::string_view name) const {
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (same_word(header[i], name)) {
      return i;
    }
  }
  return std::nullopt;
}

Result<Csv> read_csv(std::string_view text) {
  text.remove_prefix(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
  Reader reader(text);
  Csv csv;
  while (reader.more()) {
    auto record = reader.next();
    if (!record) {
      return std::unexpected(record.error());
    }
    if (is_blank(*record)) {
      continue;
    }
    if (csv.header.empty()) {
      csv.header = std::move(record->fields);
      continue;
    }
    if (record->fields.size() != csv.header.size()) {
      return at_line(record->line, fmt::format("{} fields, but the header has {}",
                                               record->fields.size(), csv.header.size()));
    }
    csv.records.push_back(std::move(*record));
  }
  if (csv.header.empty()) {
    return at_line(1, "expected a header that names the columns");
  }
  for (std::size_t i = 0; i < csv.header.size(); ++i) {
    if (csv.column(csv.header[i]) != i) {
      return at_line(1, fmt::format("the column '{}' is named twice", csv.header[i]));
    }
  }
  return csv;
}

}  // namespace purser
