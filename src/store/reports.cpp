// store/reports.cpp — reading the ledger back. Nothing here writes.
#include "store/reports.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json_text.hpp"
#include "store/ledger_db.hpp"
#include "store/tables.hpp"

namespace purser {
namespace {

/// The dimension and the SQL that names it in a row of `calls`.
struct Dimension {
  std::string_view name;
  std::string_view sql;
};
constexpr std::string_view kBucketSql =
    "CASE WHEN dialect IN ('tool','vendor') THEN 'tool and vendor' ELSE 'model' END";
constexpr std::array kDimensions{
    Dimension{"user", "user"},         Dimension{"tier", "tier"},
    Dimension{"team", "team"},         Dimension{"feature", "feature"},
    Dimension{"session", "session"},   Dimension{"key", "key"},
    Dimension{"model", "model"},       Dimension{"provider", "provider"},
    Dimension{"priority", "priority"}, Dimension{"outcome", "outcome"},
    Dimension{"bucket", kBucketSql},   Dimension{"day", "date(at/1000000000,'unixepoch')"}};

}  // namespace

std::vector<std::string_view> report_dimensions() {
  std::vector<std::string_view> names;
  for (const Dimension& dimension : kDimensions) {
    names.push_back(dimension.name);
  }
  return names;
}

Result<std::vector<ReportRow>> report(const std::filesystem::path& folder, std::string_view by,
                                      Instant since, Instant until, std::string_view bucket) {
  const auto dimension =
      std::find_if(kDimensions.begin(), kDimensions.end(),
                   [&](const Dimension& candidate) { return candidate.name == by; });
  if (dimension == kDimensions.end()) {
    return fail(Fault::client, fmt::format("cannot report by '{}'; by: {}", by,
                                           fmt::join(report_dimensions(), ", ")));
  }
  const auto database = open_books(folder);
  if (!database) {
    return std::unexpected(database.error());
  }
  auto select = database->prepare(fmt::format(
      "WITH corrected AS (SELECT call, sum(amount) AS amount FROM corrections GROUP BY call) "
      "SELECT {} AS name, count(*), sum(tokens_in), sum(tokens_out), sum(cache_read), "
      "sum(cost + coalesce(amount, 0)) AS spent, "
      "sum(CASE WHEN outcome IN ('presumed','estimated') AND amount IS NULL THEN cost ELSE 0 END) "
      "FROM calls LEFT JOIN corrected ON corrected.call = calls.id "
      "WHERE calls.id >= ? AND at >= ? AND at < ? AND (? = '' OR {} = ?) "
      "GROUP BY name ORDER BY spent DESC, name",
      dimension->sql, kBucketSql));
  const auto first = first_call(*database, since);
  if (!select || !first) {
    return std::unexpected(!select ? select.error() : first.error());
  }
  select->number(first->count()).number(since.nanos()).number(until.nanos());
  select->text(bucket).text(bucket);
  std::vector<ReportRow> rows;
  while (true) {
    const auto row = select->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      return rows;
    }
    rows.push_back({.name = select->text_at(0),
                    .calls = select->number_at(1),
                    .tokens_in = Tokens(select->number_at(2)),
                    .tokens_out = Tokens(select->number_at(3)),
                    .cache_read = Tokens(select->number_at(4)),
                    .cost = Amount::from_nanos(select->number_at(5)),
                    .uncertain = Amount::from_nanos(select->number_at(6))});
  }
}

Result<std::optional<EndedHold>> find_ended_hold(const std::filesystem::path& folder, CallId id,
                                                 std::string_view key) {
  const auto database = open_books(folder);
  if (!database) {
    return std::unexpected(database.error());
  }
  auto select = database->prepare(
      "SELECT provider, model_asked, held, cost, outcome, at, ended FROM calls "
      "WHERE id = ? AND key = ? AND dialect = 'vendor'");
  if (!select) {
    return std::unexpected(select.error());
  }
  const auto row = select->number(id.count()).text(key).step();
  if (!row) {
    return std::unexpected(row.error());
  }
  if (!*row) {
    return std::optional<EndedHold>();
  }
  return std::optional(EndedHold{.vendor = select->text_at(0),
                                 .item = select->text_at(1),
                                 .held = Amount::from_nanos(select->number_at(2)),
                                 .cost = Amount::from_nanos(select->number_at(3)),
                                 .outcome = select->text_at(4),
                                 .at = Instant::from_nanos(select->number_at(5)),
                                 .ended = Instant::from_nanos(select->number_at(6))});
}

Result<std::optional<NamedHold>> find_named_hold(const std::filesystem::path& folder,
                                                 const Digest& name) {
  const auto found = find_named_holds(folder, {&name, 1});
  if (!found) {
    return std::unexpected(found.error());
  }
  return found->empty() ? std::nullopt : std::optional(found->begin()->second);
}

Result<std::map<Digest, NamedHold>> find_named_holds(const std::filesystem::path& folder,
                                                     std::span<const Digest> names) {
  const auto database = open_books(folder);
  if (!database) {
    return std::unexpected(database.error());
  }
  auto select = database->prepare("SELECT words, call FROM hold_names WHERE name = ?");
  if (!select) {
    return std::unexpected(select.error());
  }
  std::map<Digest, NamedHold> found;
  for (const Digest& name : names) {
    const auto row = select->blob(pack_digest(name)).step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      continue;
    }
    const auto words = unpack_digest(select->blob_at(0));
    if (!words) {
      return std::unexpected(words.error());
    }
    found.emplace(name, NamedHold{.words = *words, .call = CallId(select->number_at(1))});
    if (const auto end = select->step(); !end) {
      return std::unexpected(end.error());
    }
  }
  return found;
}

Result<std::optional<std::string>> find_call(const std::filesystem::path& folder, CallId id,
                                             std::string_view key) {
  const auto database = open_books(folder);
  if (!database) {
    return std::unexpected(database.error());
  }
  auto select = database->prepare(
      "SELECT at, ended, key, user, tier, team, feature, session, priority, provider, dialect, "
      "stream, model, model_asked, outcome, status, cost, held, tokens_in, tokens_out, uncached, "
      "cache_read, cache_write_short, cache_write_long, reasoning, web_searches, stop_reason, "
      "provider_id, first_byte_us, total_us, edits, unpriced, tags, "
      "(SELECT coalesce(sum(amount), 0) FROM corrections WHERE call = calls.id), usage_more "
      "FROM calls WHERE id = ? AND (? = '' OR key = ?)");
  if (!select) {
    return std::unexpected(select.error());
  }
  const auto row = select->number(id.count()).text(key).text(key).step();
  if (!row) {
    return std::unexpected(row.error());
  }
  if (!*row) {
    return std::optional<std::string>();
  }
  const auto dollars = [&](int column) {
    return to_exact_dollars(Amount::from_nanos(select->number_at(column)));
  };
  std::string json;
  JsonObject object(json);
  object.text("call_id", fmt::format("call_{:016x}", id.count()))
      .text("at", to_rfc3339(Instant::from_nanos(select->number_at(0))))
      .text("ended", to_rfc3339(Instant::from_nanos(select->number_at(1))));
  constexpr std::array kTexts{"key_id",     "user_id",  "tier",     "team",   "feature",
                              "session_id", "priority", "provider", "dialect"};
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    object.text(kTexts[i], select->text_at(static_cast<int>(i) + 2));
  }
  object.boolean("stream", select->number_at(11) != 0)
      .text("model", select->text_at(12))
      .text("model_asked", select->text_at(13))
      .text("outcome", select->text_at(14))
      .number("status", select->number_at(15))
      .raw("cost_usd",
           to_exact_dollars(Amount::from_nanos(select->number_at(16) + select->number_at(33))))
      .raw("corrections_usd", dollars(33))
      .raw("held_usd", dollars(17));
  constexpr std::array kNumbers{"tokens_in",
                                "tokens_out",
                                "tokens_uncached",
                                "tokens_cache_read",
                                "tokens_cache_write_short",
                                "tokens_cache_write_long",
                                "tokens_reasoning",
                                "web_searches"};
  for (std::size_t i = 0; i < kNumbers.size(); ++i) {
    object.number(kNumbers[i], select->number_at(static_cast<int>(i) + 18));
  }
  object.text("stop_reason", select->text_at(26))
      .text("provider_id", select->text_at(27))
      .number("first_byte_us", select->number_at(28))
      .number("total_us", select->number_at(29))
      .text("edits", select->text_at(30))
      .boolean("unpriced", select->number_at(31) != 0);
  for (const auto& [name, column] : {std::pair{"tags", 32}, std::pair{"usage_more", 34}}) {
    if (const std::string member = select->text_at(column); !member.empty()) {
      object.raw(name, member);
    }
  }
  object.finish();
  return std::optional(std::move(json));
}

}  // namespace purser
