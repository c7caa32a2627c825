// store/history.cpp — one grouped query; the newest rows are found by halving.
#include "store/history.hpp"

#include <fmt/format.h>

#include "base/invariant.hpp"
#include "ledger/entry.hpp"
#include "store/tables.hpp"

namespace purser {
namespace {

constexpr std::int64_t kHour = 3'600'000'000'000;

}  // namespace

Result<void> read_hours(const std::filesystem::path& folder, std::string_view label, Instant since,
                        const std::function<void(const HourOfUse&)>& take) {
  INVARIANT(label == "user" || label == "key" || label == "feature", "a label is a column");
  const auto database = open_books(folder);
  if (!database) {
    return std::unexpected(database.error());
  }
  const auto first = first_call(*database, since);
  if (!first) {
    return std::unexpected(first.error());
  }
  auto select = database->prepare(
      fmt::format("SELECT at / {} AS hour, {} AS value, count(*), sum(cost), "
                  "sum(tokens_in + tokens_out) FROM calls WHERE id >= ? AND at >= ? AND "
                  "value <> '' AND stop_reason <> '{}' GROUP BY hour, value ORDER BY hour",
                  kHour, label, kSpentBefore));
  if (!select) {
    return std::unexpected(select.error());
  }
  select->number(first->count()).number(since.nanos());
  while (true) {
    const auto row = select->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      return {};
    }
    const std::string value = select->text_at(1);
    take({.at = Instant::from_nanos(select->number_at(0) * kHour + kHour / 2),
          .value = value,
          .calls = select->number_at(2),
          .cost = Amount::from_nanos(select->number_at(3)),
          .tokens = Tokens(select->number_at(4))});
  }
}

}  // namespace purser
