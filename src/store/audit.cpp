// store/audit.cpp — the change, its line and its version in one transaction.
#include "store/audit.hpp"

#include "store/tables.hpp"

namespace purser {
namespace {

Result<void> note(const Database& database, const AuditLine& line, std::string_view watched) {
  auto insert = database.prepare("INSERT INTO audit(at, who, what) VALUES(?,?,?)");
  auto version = database.prepare(
      "INSERT INTO meta VALUES(?,1) ON CONFLICT(name) DO UPDATE SET value=value+1");
  if (!insert || !version) {
    return std::unexpected(!insert ? insert.error() : version.error());
  }
  if (auto written = insert->number(line.at.nanos()).text(line.who).text(line.what).run();
      !written) {
    return written;
  }
  return version->text(watched).run();
}

}  // namespace

Result<void> write_change(const Database& database, const AuditLine& line, std::string_view watched,
                          const std::function<Result<void>()>& writes) {
  if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) {
    return begun;
  }
  Result<void> done = writes();
  if (done) {
    done = note(database, line, watched);
  }
  if (done) {
    done = database.execute("COMMIT");
  }
  if (!done) {
    static_cast<void>(database.execute("ROLLBACK"));  // the first error is the one that counts
  }
  return done;
}

Result<std::vector<AuditLine>> read_audit(const std::filesystem::path& folder, Instant since) {
  const auto database = open_books(folder);
  if (!database) {
    return std::unexpected(database.error());
  }
  auto select = database->prepare("SELECT at, who, what FROM audit WHERE at>=? ORDER BY id");
  if (!select) {
    return std::unexpected(select.error());
  }
  select->number(since.nanos());
  std::vector<AuditLine> lines;
  while (true) {
    const auto row = select->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      return lines;
    }
    lines.push_back({.who = select->text_at(1),
                     .what = select->text_at(2),
                     .at = Instant::from_nanos(select->number_at(0))});
  }
}

}  // namespace purser
