// store/corrections.cpp — a row, and the accounts it moves.
#include "store/corrections.hpp"

#include <fmt/format.h>

#include "store/ledger_db.hpp"
#include "store/tables.hpp"

namespace purser {
namespace {

constexpr std::string_view kInsert =
    "INSERT INTO corrections(call, at, amount, why, legs) VALUES(?,?,?,?,?)";
constexpr std::string_view kPost =
    "UPDATE accounts SET posted = posted + ? WHERE key = ? AND ends > ?";

Result<void> correct_all(const Database& database, std::span<const Correction> corrections,
                         std::string_view why, Instant now) {
  auto corrector = Corrector::open(database, why, now);
  auto select = database.prepare("SELECT legs FROM calls WHERE id = ?");
  if (!corrector || !select) {
    return std::unexpected(!corrector ? corrector.error() : select.error());
  }
  for (const Correction& correction : corrections) {
    const auto row = select->number(correction.call.count()).step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      return fail(Fault::store, fmt::format("call_{:016x} is not booked", correction.call.count()));
    }
    const std::string legs(select->blob_at(0));
    if (const auto end = select->step(); !end) {
      return std::unexpected(end.error());
    }
    if (auto done = corrector->correct(correction.call, correction.amount, legs); !done) {
      return done;
    }
  }
  return {};
}

}  // namespace

Result<Corrector> Corrector::open(const Database& database, std::string_view why, Instant now) {
  Corrector corrector(database, why, now);
  auto insert = database.prepare(kInsert);
  auto post = database.prepare(kPost);
  if (!insert || !post) {
    return std::unexpected(!insert ? insert.error() : post.error());
  }
  corrector.insert_ = std::move(*insert);
  corrector.post_ = std::move(*post);
  return corrector;
}

Result<void> Corrector::correct(CallId call, Amount difference, std::string_view legs) {
  const auto posted = unpack_legs(legs);
  if (!posted) {
    return std::unexpected(posted.error());
  }
  std::string moved;
  for (PackedLeg leg : *posted) {
    if (!leg.is_money || difference == Amount()) {
      continue;
    }
    leg.units = Units(difference.nanos());
    post_.number(leg.units.count()).blob(pack_digest(leg.account)).number(now_.nanos());
    if (auto done = post_.run(); !done) {
      return done;
    }
    if (database_->changed() == 1) {
      pack_leg(moved, leg);
    }
  }
  insert_.number(call.count()).number(now_.nanos()).number(difference.nanos());
  return insert_.text(why_).blob(moved).run();
}

Result<void> post_corrections(const std::filesystem::path& folder,
                              std::span<const Correction> corrections, std::string_view why,
                              Instant now) {
  const auto database = Database::open(folder / kDatabaseName, Database::Access::write);
  if (!database) {
    return std::unexpected(database.error());
  }
  if (auto begun = database->execute("BEGIN IMMEDIATE"); !begun) {
    return begun;
  }
  auto done = correct_all(*database, corrections, why, now);
  const auto ended = database->execute(done ? "COMMIT" : "ROLLBACK");
  return done ? ended : done;
}

}  // namespace purser
