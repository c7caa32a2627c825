// store/sqlite.cpp — the one file that calls sqlite3_*.
#include "store/sqlite.hpp"

#include <sqlite3.h>

#include "base/invariant.hpp"

namespace purser {
namespace {

/// Another process (a report, a key being made) holds the write lock for milliseconds, not longer.
constexpr int kBusyMs = 10'000;

std::unexpected<Error> failed(sqlite3* database, std::string_view doing) {
  return fail(Fault::store, std::string(doing) + ": " + sqlite3_errmsg(database));
}

/// A null pointer would bind NULL, and an empty text is none.
const char* start_of(std::string_view text) {
  return text.data() == nullptr ? "" : text.data();
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

Statement& Statement::number(std::int64_t value) {
  const int bound = sqlite3_bind_int64(statement_.get(), ++bound_, value);
  INVARIANT(bound == SQLITE_OK, "a statement is bound as it was written");
  return *this;
}

Statement& Statement::null() {
  const int bound = sqlite3_bind_null(statement_.get(), ++bound_);
  INVARIANT(bound == SQLITE_OK, "a statement is bound as it was written");
  return *this;
}

Statement& Statement::text(std::string_view value) {
  const int bound = sqlite3_bind_text64(statement_.get(), ++bound_, start_of(value), value.size(),
                                        SQLITE_TRANSIENT, SQLITE_UTF8);
  INVARIANT(bound == SQLITE_OK, "a statement is bound as it was written");
  return *this;
}

Statement& Statement::blob(std::string_view value) {
  const int bound = sqlite3_bind_blob64(statement_.get(), ++bound_, start_of(value), value.size(),
                                        SQLITE_TRANSIENT);
  INVARIANT(bound == SQLITE_OK, "a statement is bound as it was written");
  return *this;
}

Statement& Statement::kept_text(std::string_view value) {
  const int bound = sqlite3_bind_text64(statement_.get(), ++bound_, start_of(value), value.size(),
                                        SQLITE_STATIC, SQLITE_UTF8);
  INVARIANT(bound == SQLITE_OK, "a statement is bound as it was written");
  return *this;
}

Statement& Statement::kept_blob(std::string_view value) {
  const int bound =
      sqlite3_bind_blob64(statement_.get(), ++bound_, start_of(value), value.size(), SQLITE_STATIC);
  INVARIANT(bound == SQLITE_OK, "a statement is bound as it was written");
  return *this;
}

Result<bool> Statement::step() {
  bound_ = 0;
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) {
    return true;
  }
  const bool done = result == SQLITE_DONE;
  const std::string reason = done ? "" : sqlite3_errmsg(sqlite3_db_handle(statement_.get()));
  sqlite3_reset(statement_.get());
  if (!done) {
    return fail(Fault::store, "the database says: " + reason);
  }
  return false;
}

Result<void> Statement::run() {
  const auto row = step();
  if (!row) {
    return std::unexpected(row.error());
  }
  INVARIANT(!*row, "a statement that is run yields no rows");
  return {};
}

std::int64_t Statement::number_at(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text_at(int column) const {
  return std::string(blob_at(column));
}

std::string_view Statement::blob_at(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const int length = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(length)};
}

Result<Database> Database::open(const std::filesystem::path& file, Access access) {
  const int flags =
      access == Access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open_v2(file.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database;
  database.database_.reset(handle);
  if (opened != SQLITE_OK) {
    return failed(handle, "cannot open " + file.string());
  }
  sqlite3_busy_timeout(handle, kBusyMs);
  const std::string pragmas =
      access == Access::write
          ? "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; "
            "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=2000; PRAGMA cache_size=-2048; "
            "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY"
          : "PRAGMA query_only=ON";
  if (auto set = database.execute(pragmas); !set) {
    return fail("opening " + file.string(), set.error());
  }
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* handle = nullptr;
  const int prepared = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  Statement statement;
  statement.statement_.reset(handle);
  if (prepared != SQLITE_OK) {
    return failed(database_.get(), sql);
  }
  return statement;
}

Result<void> Database::execute(const std::string& sql) const {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failed(database_.get(), sql);
  }
  return {};
}

std::int64_t Database::changed() const {
  return sqlite3_changes64(database_.get());
}

}  // namespace purser
