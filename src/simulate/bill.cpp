// simulate/bill.cpp — rows in, sums and JSON out.
#include "simulate/bill.hpp"

#include <algorithm>

#include "base/invariant.hpp"
#include "base/json_text.hpp"

namespace purser::simulate {
namespace {

std::string_view tier_word(const BillRow& row) {
  if (row.terms.fast) {
    return "fast";
  }
  switch (row.terms.tier) {
    case Tier::priority:
      return "priority";
    case Tier::flex:
      return "flex";
    case Tier::standard:
      break;
  }
  return "standard";
}

std::string_view id_prefix(Dialect dialect) {
  switch (dialect) {
    case Dialect::messages:
      return "msg_";
    case Dialect::responses:
      return "resp_";
    case Dialect::completions:
      return "cmpl-";
    case Dialect::gemini:
      return "gen_";
    case Dialect::embeddings:  // its answers have no id
    case Dialect::chat:
      break;
  }
  return "chatcmpl-";
}

std::string usage_json(const Usage& usage) {
  std::string out;
  JsonObject(out)
      .number("input", usage.input)
      .number("cache_read", usage.cache_read)
      .number("cache_write_short", usage.cache_write_short)
      .number("cache_write_long", usage.cache_write_long)
      .number("output", usage.output)
      .number("reasoning", usage.reasoning)
      .number("web_searches", usage.searches)
      .number("file_searches", usage.file_searches)
      .finish();
  return out;
}

void append_row(std::string& out, const BillRow& row) {
  JsonObject(out)
      .number("number", static_cast<std::int64_t>(row.number))
      .text("at", to_rfc3339(row.at))
      .text("request_id", "req_" + row.id)
      .text("id", std::string(id_prefix(row.dialect)) + row.id)
      .text("tag", row.tag)
      .text("model", row.model == nullptr ? "" : row.model->answers_as)
      .text("tier", tier_word(row))
      .boolean("us_only", row.terms.us_only)
      .boolean("stream", row.stream)
      .number("status", row.status)
      .raw("usage", usage_json(row.usage))
      .boolean("billed", row.billed)
      .text("why", row.why)
      .number("nanodollars", row.nanodollars)
      .finish();
}

}  // namespace

void Bill::Sums::add(const BillRow& row) {
  nanodollars += row.nanodollars;
  calls += 1;
  billed_calls += row.billed ? 1 : 0;
}

void Bill::add(BillRow row) {
  INVARIANT(row.nanodollars >= 0, "a provider never pays its callers");
  INVARIANT(row.billed || row.nanodollars == 0, "what is not billed costs nothing");
  const std::scoped_lock lock(mutex_);
  row.number = next_++;
  all_.add(row);
  rows_.push_back(std::move(row));
  if (rows_.size() > rows_max_) {
    folded_.add(rows_.front());
    rows_.pop_front();
  }
}

void Bill::reset() {
  const std::scoped_lock lock(mutex_);
  rows_.clear();
  all_ = {};
  folded_ = {};
}

std::int64_t Bill::total() const {
  const std::scoped_lock lock(mutex_);
  return all_.nanodollars;
}

std::deque<BillRow> Bill::rows() const {
  const std::scoped_lock lock(mutex_);
  return rows_;
}

std::string Bill::to_json(std::uint64_t since, std::size_t limit) const {
  const std::scoped_lock lock(mutex_);
  std::string rows = "[";
  std::size_t written = 0;
  auto row = std::ranges::lower_bound(rows_, since, {}, &BillRow::number);
  for (; row != rows_.end() && written < limit; ++row, ++written) {
    rows += written == 0 ? "" : ",";
    append_row(rows, *row);
  }
  rows += ']';
  std::string folded;
  JsonObject(folded)
      .number("calls", folded_.calls)
      .number("nanodollars", folded_.nanodollars)
      .finish();
  const std::uint64_t next = row == rows_.end() ? next_ : row->number;
  std::string out;
  JsonObject(out)
      .number("total_nanodollars", all_.nanodollars)
      .number("calls", all_.calls)
      .number("billed_calls", all_.billed_calls)
      .raw("folded", folded)
      .number("next", static_cast<std::int64_t>(next))
      .raw("rows", rows)
      .finish();
  return out;
}

std::optional<std::string> Bill::find_json(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  for (auto row = rows_.rbegin(); row != rows_.rend(); ++row) {
    if (name.ends_with(row->id)) {
      std::string out;
      append_row(out, *row);
      return out;
    }
  }
  return std::nullopt;
}

}  // namespace purser::simulate
