// store/spend_rows.cpp — one select, row after row.
#include "store/spend_rows.hpp"

#include <simdjson.h>

#include <array>

#include "store/sqlite.hpp"
#include "store/tables.hpp"

namespace purser {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, at, key, user, tier, team, feature, session, priority, tags, provider, model, "
    "dialect, cost + coalesce(amount, 0), outcome IN ('settled','released') OR amount IS NOT NULL, "
    "tokens_in + tokens_out FROM calls LEFT JOIN (SELECT call, sum(amount) AS amount FROM "
    "corrections GROUP BY call) AS corrected ON corrected.call = calls.id "
    "WHERE calls.id >= ? AND at >= ? AND at < ? ORDER BY calls.id";

Priority priority_named(std::string_view name) {
  for (const Priority priority : {Priority::background, Priority::essential}) {
    if (to_string(priority) == name) {
      return priority;
    }
  }
  return Priority::normal;
}

/// As write_tags() wrote them.
void read_tags(simdjson::dom::parser& parser, const std::string& json, Caller& caller) {
  caller.tags.clear();
  simdjson::dom::object object;
  if (json.empty() || parser.parse(json).get(object) != simdjson::SUCCESS) {
    return;
  }
  for (const auto [name, value] : object) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) {
      caller.tags.emplace_back(name, text);
    }
  }
}

void fill(const Statement& from, simdjson::dom::parser& parser, SpendRow& row) {
  row.call = CallId(from.number_at(0));
  row.at = Instant::from_nanos(from.number_at(1));
  int column = 2;
  for (std::string* label : {&row.caller.key, &row.caller.user, &row.caller.tier, &row.caller.team,
                             &row.caller.feature, &row.caller.session}) {
    label->assign(from.blob_at(column++));
  }
  row.caller.priority = priority_named(from.blob_at(8));
  read_tags(parser, from.text_at(9), row.caller);
  row.provider.assign(from.blob_at(10));
  row.model.assign(from.blob_at(11));
  row.dialect = dialect_named(from.blob_at(12), kAllDialects).value_or(Dialect::vendor);
  row.cost = Amount::from_nanos(from.number_at(13));
  row.certain = from.number_at(14) != 0;
  row.tokens = from.number_at(15);
}

}  // namespace

Result<void> read_spend(const std::filesystem::path& folder, Instant since, Instant until,
                        const std::function<void(const SpendRow&)>& take) {
  const auto database = open_books(folder);
  if (!database) {
    return std::unexpected(database.error());
  }
  auto select = database->prepare(kSelect);
  const auto first = first_call(*database, since);
  if (!select || !first) {
    return std::unexpected(!select ? select.error() : first.error());
  }
  select->number(first->count()).number(since.nanos()).number(until.nanos());
  simdjson::dom::parser parser;
  SpendRow row;
  while (true) {
    const auto there = select->step();
    if (!there) {
      return std::unexpected(there.error());
    }
    if (!*there) {
      return {};
    }
    fill(*select, parser, row);
    take(row);
  }
}

}  // namespace purser
