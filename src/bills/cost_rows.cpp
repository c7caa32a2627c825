// bills/cost_rows.cpp — any format to members, name by text; members to a row, one table of names.
#include "bills/cost_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

#include "base/hash.hpp"
#include "base/json_text.hpp"
#include "bills/csv.hpp"
#include "money/decimal.hpp"
#include "money/json_tree.hpp"

namespace purser {
namespace {

/// More complaints than this say nothing new.
constexpr std::size_t kProblemsShown = 20;

std::unexpected<Error> wrong(std::string_view what) {
  return fail(Fault::client, std::string(what));
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

Result<void> read_name(std::string_view text, std::string& into) {
  if (!into.empty()) {
    return wrong("said twice");
  }
  if (text.size() > kLabelBytesMax || !is_printable(text)) {
    return wrong(fmt::format("expected at most {} printable bytes", kLabelBytesMax));
  }
  into = text;
  return {};
}

Result<void> read_usd(std::string_view text, std::optional<Amount>& into) {
  const auto nanos = exact_decimal(text, 9);
  if (into) {
    return wrong("said twice");
  }
  if (!nanos || Amount::from_nanos(*nanos) > kCostUsdMax) {
    return wrong("expected dollars from 0 to " + to_dollars(kCostUsdMax) +
                 " with at most nine decimals, such as \"12.50\"");
  }
  into = Amount::from_nanos(*nanos);
  return {};
}

Result<void> read_at(std::string_view text, std::optional<Instant>& into) {
  const auto at = parse_rfc3339(text);
  if (!at || *at < Instant()) {
    return wrong("expected a date and time of RFC 3339, such as 2026-11-24T09:30:00Z");
  }
  into = Instant::from_nanos(at->nanos() / 1'000'000 * 1'000'000);  // as it is written again
  return {};
}

Result<void> read_units(std::string_view text, std::int64_t& into) {
  constexpr std::int64_t kMost = 1'000'000'000'000;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), into);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || into < 0 || into > kMost) {
    return wrong("expected a whole number that is not negative, such as 250");
  }
  return {};
}

Result<void> add_tag(std::string_view name, std::string_view value, Caller& into) {
  const bool good = !name.empty() && name.size() <= kLabelBytesMax &&
                    value.size() <= kLabelBytesMax && is_printable(name) && is_printable(value);
  if (!good || into.tags.size() == kTagsMax) {
    return wrong(fmt::format("expected at most {} of name=value, each part of at most {} bytes",
                             kTagsMax, kLabelBytesMax));
  }
  into.tags.emplace_back(name, value);
  return {};
}

std::string_view trimmed(std::string_view text) {
  const std::size_t from = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(from, text.find_last_not_of(" \t") + 1 - from);
}

/// "project=x, cost_center=7", as the header x-purser-tags has it.
Result<void> read_tags(std::string_view text, Caller& into) {
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view pair = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t equals = pair.find('=');
    if (pair.empty()) {
      continue;
    }
    const auto added =
        equals == std::string_view::npos
            ? add_tag(pair, "true", into)
            : add_tag(trimmed(pair.substr(0, equals)), trimmed(pair.substr(equals + 1)), into);
    if (!added) {
      return added;
    }
  }
  return {};
}

/// Members that are a name, by all the names they go by.
struct NameMember {
  std::string_view name;
  std::string CostRow::* into;
};
constexpr std::array kNames{
    NameMember{"vendor", &CostRow::vendor},
    NameMember{"provider", &CostRow::vendor},
    NameMember{"item", &CostRow::item},
    NameMember{"model", &CostRow::item},
    NameMember{"tool", &CostRow::item},
    NameMember{"idempotency_key", &CostRow::idempotency_key},
};
struct LabelMember {
  std::string_view name;
  std::string Caller::* into;
};
constexpr std::array kLabels{
    LabelMember{"user", &Caller::user},       LabelMember{"tier", &Caller::tier},
    LabelMember{"team", &Caller::team},       LabelMember{"feature", &Caller::feature},
    LabelMember{"session", &Caller::session},
};

/// Gathers one row and all that is wrong with it.
class RowReader {
 public:
  RowReader(std::int64_t line, CostRows& out) : out_(out) { row_.line = line; }

  void member(std::string_view name, std::string_view text) {
    if (const auto read = this->read(name, text); !read) {
      problem(fmt::format("{}: {}", name, read.error().message));
    }
  }
  void tag(std::string_view name, std::string_view value) {
    if (const auto added = add_tag(name, value, row_.labels); !added) {
      problem("tags: " + added.error().message);
    }
  }
  void problem(std::string text) {
    good_ = false;
    out_.problems.push_back({.line = row_.line, .text = std::move(text)});
  }
  void finish() {
    if (good_ && (row_.vendor.empty() || row_.item.empty() || !usd_)) {
      problem("a cost needs a vendor, an item and amount_usd");
    }
    if (good_) {
      row_.usd = *usd_;
      out_.rows.push_back(std::move(row_));
    }
  }

 private:
  Result<void> read(std::string_view name, std::string_view text) {
    for (const NameMember& known : kNames) {
      if (same_word(name, known.name)) {
        return read_name(text, row_.*known.into);
      }
    }
    for (const LabelMember& known : kLabels) {
      if (same_word(name, known.name)) {
        return read_name(text, row_.labels.*known.into);
      }
    }
    if (same_word(name, "amount_usd") || same_word(name, "usd")) {
      return read_usd(text, usd_);
    }
    if (same_word(name, "at")) {
      return read_at(text, row_.at);
    }
    if (same_word(name, "units")) {
      return read_units(text, row_.units);
    }
    if (same_word(name, "tags")) {
      return read_tags(text, row_.labels);
    }
    return wrong("no such member of a cost");
  }

  CostRows& out_;
  CostRow row_;
  std::optional<Amount> usd_;
  bool good_ = true;
};

void read_object(const JsonTree& tree, std::int64_t line, CostRows& out) {
  RowReader row(line, out);
  if (tree.kind != JsonTree::Kind::object) {
    row.problem(R"(expected an object such as {"vendor":"serper","item":"search",)"
                R"("amount_usd":"0.50","at":"2026-11-24T09:30:00Z","idempotency_key":"order-7"})");
    return;
  }
  for (const auto& [name, value] : tree.members) {
    if (value.kind == JsonTree::Kind::nothing) {
      continue;
    }
    if (value.kind == JsonTree::Kind::text || value.kind == JsonTree::Kind::number) {
      row.member(name, value.text);
    } else if (name == "tags" && value.kind == JsonTree::Kind::object) {
      for (const auto& [tag, of] : value.members) {
        row.tag(tag, of.text);
      }
    } else {
      row.problem(name + ": expected some text or a number");
    }
  }
  row.finish();
}

void read_lines(std::string_view text, CostRows& out) {
  for (std::int64_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    if (const auto tree = read_json_tree(one)) {
      read_object(*tree, line, out);
    } else {
      out.problems.push_back({.line = line, .text = tree.error().message});
    }
  }
}

void read_json(std::string_view text, CostRows& out) {
  const auto tree = read_json_tree(text);
  if (!tree &&
      text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size())).starts_with('[')) {
    out.problems.push_back({.line = 1, .text = tree.error().message});
    return;
  }
  if (!tree) {
    read_lines(text, out);
    return;
  }
  if (tree->kind != JsonTree::Kind::list) {
    read_object(*tree, 1, out);
    return;
  }
  std::int64_t number = 0;
  for (const JsonTree& item : tree->items) {
    read_object(item, ++number, out);
  }
}

void read_table(std::string_view text, CostRows& out) {
  const auto csv = read_csv(text);
  if (!csv) {
    out.problems.push_back({.line = 0, .text = csv.error().message});
    return;
  }
  for (const CsvRecord& record : csv->records) {
    RowReader row(record.line, out);
    for (std::size_t i = 0; i < record.fields.size(); ++i) {
      if (!record.fields[i].empty()) {
        row.member(csv->header[i], record.fields[i]);
      }
    }
    row.finish();
  }
}

}  // namespace

CostRows read_cost_rows(std::string_view text, RowFormat format) {
  CostRows out;
  format == RowFormat::json ? read_json(text, out) : read_table(text, out);
  if (out.rows.empty() && out.problems.empty()) {
    out.problems.push_back({.line = 1, .text = "there is no cost in it"});
  }
  return out;
}

std::string to_text(const std::vector<RowProblem>& problems, std::string_view where) {
  std::string text;
  for (std::size_t i = 0; i < std::min(problems.size(), kProblemsShown); ++i) {
    text += text.empty() ? "" : "\n";
    text += problems[i].line == 0
                ? problems[i].text
                : fmt::format("{} {}: {}", where, problems[i].line, problems[i].text);
  }
  if (problems.size() > kProblemsShown) {
    text += fmt::format("\nand {} more", problems.size() - kProblemsShown);
  }
  return text;
}

std::string words_of(const CostRow& row) {
  const Caller& labels = row.labels;
  std::string words =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", row.vendor, row.item, row.usd.nanos(),
                  row.at ? row.at->nanos() : -1, row.units, labels.user, labels.tier, labels.team,
                  labels.feature, labels.session);
  for (const auto& [name, value] : labels.tags) {
    words += fmt::format("\n{}={}", name, value);
  }
  return words;
}

std::vector<RowProblem> name_rows(std::vector<CostRow>& rows) {
  std::vector<RowProblem> problems;
  std::unordered_map<Digest, std::int64_t> seen;
  std::unordered_map<std::string_view, std::int64_t> lines;
  for (CostRow& row : rows) {
    if (row.idempotency_key.empty()) {
      const Digest words = digest(words_of(row));
      row.idempotency_key =
          fmt::format("row-{:016x}{:016x}-{}", words.high, words.low, ++seen[words]);
    }
    const auto [other, fresh] = lines.emplace(row.idempotency_key, row.line);
    if (!fresh) {
      problems.push_back(
          {.line = row.line,
           .text = fmt::format("idempotency_key: line {} has the same", other->second)});
    }
  }
  return problems;
}

std::string to_json(const CostRow& row) {
  std::string json;
  JsonObject object(json);
  object.text("vendor", row.vendor).text("item", row.item);
  object.text("amount_usd", to_exact_dollars(row.usd)).text("idempotency_key", row.idempotency_key);
  if (row.at) {
    object.text("at", to_rfc3339(*row.at));
  }
  if (row.units != 0) {
    object.number("units", row.units);
  }
  for (const LabelMember& label : kLabels) {
    if (const std::string& said = row.labels.*label.into; !said.empty()) {
      object.text(label.name, said);
    }
  }
  if (!row.labels.tags.empty()) {
    std::string tags;
    JsonObject names(tags);
    for (const auto& [name, value] : row.labels.tags) {
      names.text(name, value);
    }
    names.finish();
    object.raw("tags", tags);
  }
  object.finish();
  return json;
}

}  // namespace purser
