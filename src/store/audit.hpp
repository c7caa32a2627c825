// store/audit.hpp — what operators did: one line for each change of theirs, written with it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "store/sqlite.hpp"

namespace purser {

struct AuditLine {
  std::string who;
  std::string what;
  Instant at;
};

/// Runs `writes` in a transaction that also writes the line and counts the version `watched` up (a
/// name of the table meta), for gateways that follow it: all or nothing.
Result<void> write_change(const Database& database, const AuditLine& line, std::string_view watched,
                          const std::function<Result<void>()>& writes);

/// The lines since then, oldest first. Error (config) when the folder holds no books.
Result<std::vector<AuditLine>> read_audit(const std::filesystem::path& folder, Instant since);

}  // namespace purser
