// store/refusals.cpp — one table, bounded.
#include "store/refusals.hpp"

#include "store/tables.hpp"

namespace purser {
namespace {

constexpr std::string_view kInsert =
    "INSERT OR REPLACE INTO refusals(call, at, key, user, tier, team, feature, session, provider, "
    "dialect, model, limit_name, message) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr std::string_view kForget =
    "DELETE FROM refusals WHERE call <= "
    "(SELECT call FROM refusals ORDER BY call DESC LIMIT 1 OFFSET ?)";

Result<void> write(const Database& database, std::span<const RefusedCall> refused,
                   std::int64_t kept) {
  auto insert = database.prepare(kInsert);
  auto forget = database.prepare(kForget);
  if (!insert || !forget) {
    return std::unexpected(!insert ? insert.error() : forget.error());
  }
  for (const RefusedCall& call : refused) {
    const Caller& caller = call.caller;
    insert->number(call.call.count()).number(call.at.nanos());
    for (const std::string* text :
         {&caller.key, &caller.user, &caller.tier, &caller.team, &caller.feature, &caller.session,
          &call.provider, &call.dialect, &call.model, &call.limit, &call.message}) {
      insert->text(*text);
    }
    if (auto done = insert->run(); !done) {
      return done;
    }
  }
  return forget->number(kept).run();
}

}  // namespace

Result<std::unique_ptr<RefusalBook>> RefusalBook::open(const std::filesystem::path& folder) {
  auto database = Database::open(folder / kDatabaseName, Database::Access::write);
  if (!database) {
    return std::unexpected(database.error());
  }
  if (auto made = make_tables(*database); !made) {
    return std::unexpected(made.error());
  }
  return std::unique_ptr<RefusalBook>(new RefusalBook(std::move(*database)));
}

Result<void> RefusalBook::add(std::span<const RefusedCall> refused, std::int64_t kept) {
  if (auto begun = database_.execute("BEGIN IMMEDIATE"); !begun) {
    return begun;
  }
  auto done = write(database_, refused, kept);
  if (done) {
    done = database_.execute("COMMIT");
  }
  if (!done) {
    static_cast<void>(database_.execute("ROLLBACK"));  // the first error is the one that counts
  }
  return done;
}

Result<std::optional<RefusedCall>> find_refusal(const std::filesystem::path& folder, CallId id,
                                                std::string_view key) {
  const auto database = open_books(folder);
  if (!database) {
    return std::unexpected(database.error());
  }
  auto select = database->prepare(
      "SELECT call, at, key, user, tier, team, feature, session, provider, dialect, model, "
      "limit_name, message FROM refusals WHERE call = ? AND (? = '' OR key = ?)");
  if (!select) {
    return std::unexpected(select.error());
  }
  const auto row = select->number(id.count()).text(key).text(key).step();
  if (!row) {
    return std::unexpected(row.error());
  }
  if (!*row) {
    return std::optional<RefusedCall>();
  }
  RefusedCall found{.call = CallId(select->number_at(0)),
                    .at = Instant::from_nanos(select->number_at(1)),
                    .caller = {},
                    .provider = {},
                    .dialect = {},
                    .model = {},
                    .limit = {},
                    .message = {}};
  int column = 2;
  for (std::string* text :
       {&found.caller.key, &found.caller.user, &found.caller.tier, &found.caller.team,
        &found.caller.feature, &found.caller.session, &found.provider, &found.dialect, &found.model,
        &found.limit, &found.message}) {
    *text = select->text_at(column++);
  }
  return std::optional(std::move(found));
}

}  // namespace purser
