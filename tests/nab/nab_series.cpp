// tests/nab/nab_series.cpp — labels.json and its CSV files, each packed with zstd.
#include "nab_series.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "base/invariant.hpp"

namespace purser::nab {
namespace {

std::string unpacked(const std::string& path) {
  std::string text;
  FILE* const pipe = popen(("zstd -dqc '" + path + "'").c_str(), "r");
  if (pipe == nullptr) {
    return text;
  }
  std::array<char, 65536> block;
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), pipe)) {
    text.append(block.data(), got);
  }
  pclose(pipe);
  return text;
}

/// "2014-04-10 07:15:00", with or without a fraction; all are whole seconds.
Instant instant(std::string_view text) {
  std::string form(text.substr(0, 19));
  INVARIANT(form.size() == 19, "a timestamp of the benchmark has a date and a time");
  form[10] = 'T';
  return parse_rfc3339(form + "Z").value();
}

std::vector<Row> rows(std::string_view csv) {
  std::vector<Row> all;
  std::size_t line = csv.find('\n') + 1;  // behind "timestamp,value"
  while (line < csv.size()) {
    const std::size_t end = std::min(csv.find('\n', line), csv.size());
    const std::string_view row = csv.substr(line, end - line);
    if (const std::size_t comma = row.find(','); comma != std::string_view::npos) {
      const std::string value(row.substr(comma + 1));
      all.push_back({.at = instant(row), .value = std::strtod(value.c_str(), nullptr)});
    }
    line = end + 1;
  }
  return all;
}

std::size_t index_of(const std::vector<Row>& rows, std::string_view timestamp) {
  const auto found = std::ranges::find(rows, instant(timestamp), &Row::at);
  INVARIANT(found != rows.end(), "a window's ends are rows of its series");
  return static_cast<std::size_t>(found - rows.begin());
}

}  // namespace

std::string folder() {
  const char* const given = std::getenv("PURSER_DATA");
  const std::string data = given != nullptr ? given : PURSER_SOURCE_DIR "/../shared/data";
  return data + "/series/nab";
}

std::vector<Series> read_series(const std::string& folder) {
  std::vector<Series> all;
  if (!std::filesystem::exists(folder + "/labels.json")) {
    return all;
  }
  simdjson::dom::parser parser;
  const simdjson::dom::object labels = parser.load(folder + "/labels.json");
  for (const auto [name, label] : labels) {
    Series series{.name = std::string(name), .rows = {}, .windows = {}};
    series.rows = rows(unpacked(folder + "/" + series.name + ".zst"));
    for (const simdjson::dom::element window : label["windows"]) {
      series.windows.push_back({.first = index_of(series.rows, std::string_view(window.at(0))),
                                .last = index_of(series.rows, std::string_view(window.at(1)))});
    }
    all.push_back(std::move(series));
  }
  std::ranges::sort(all, {}, &Series::name);
  return all;
}

}  // namespace purser::nab
