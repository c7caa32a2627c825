// store/tables.hpp — the tables of purser.db; docs/ledger.md explains them.
#pragma once

#include <filesystem>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "store/sqlite.hpp"

namespace purser {

/// The file's name inside the data folder.
inline constexpr std::string_view kDatabaseName = "purser.db";

/// Makes the tables that are not there. Error (store) when the file is of another format.
Result<void> make_tables(const Database& database);

/// A number of the table meta.
Result<std::int64_t> read_meta(const Database& database, std::string_view name,
                               std::int64_t otherwise);

/// No call admitted at `since` or later has a smaller id. Found by halving: ids grow with time, but
/// for what a clock may be set back.
Result<CallId> first_call(const Database& database, Instant since);

/// The database of a folder, for reading. Error (config) when there is none.
Result<Database> open_books(const std::filesystem::path& folder);

}  // namespace purser
