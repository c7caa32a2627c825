// store/sqlite.hpp — SQLite as values: statements that reset themselves, errors as Result.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace purser {

class Statement {
 public:
  Statement() = default;
  /// Binds the next parameter, in order.
  Statement& number(std::int64_t value);
  Statement& null();
  Statement& text(std::string_view value);
  Statement& blob(std::string_view value);
  /// Bytes that stay where they are until run() is over: not copied.
  Statement& kept_text(std::string_view value);
  Statement& kept_blob(std::string_view value);

  /// Runs to the next row: true when there is one. After false, or an error, it is ready to be
  /// bound anew.
  Result<bool> step();
  /// Runs a statement that yields no rows.
  Result<void> run();

  std::int64_t number_at(int column) const;
  std::string text_at(int column) const;
  /// Bytes of a blob; valid until the next step.
  std::string_view blob_at(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
};

class Database {
 public:
  enum class Access { read, write };
  /// Opens (write: makes) the file in WAL mode, with foreign keys on and patience when it is busy.
  static Result<Database> open(const std::filesystem::path& file, Access access);

  Result<Statement> prepare(std::string_view sql) const;
  /// Runs statements without parameters, in order.
  Result<void> execute(const std::string& sql) const;
  /// Rows that the last statement inserted, updated or deleted.
  std::int64_t changed() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace purser
