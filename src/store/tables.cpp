// store/tables.cpp — the schema. A row of calls or corrections is inserted, never changed.
#include "store/tables.hpp"

namespace purser {
namespace {

/// Raised when a row changes its meaning.
constexpr std::int64_t kFormat = 3;

/// Clocks are set back by less than this, and calls wait less than this between their id and their
/// admission.
constexpr std::chrono::hours kClockSteps{1};

constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calls(    -- no NOT NULL: one writer, and a check a column costs a fifth
  id INTEGER PRIMARY KEY,            -- the call's id
  at INTEGER,                        -- ns since 1970: when it was admitted
  ended INTEGER,                     -- ns since 1970: when its answer was over
  key TEXT, user TEXT, tier TEXT, team TEXT, feature TEXT, session TEXT, priority TEXT,
  tags TEXT,                         -- JSON, or empty
  provider TEXT, dialect TEXT, stream INTEGER,
  model TEXT,                        -- as answered
  model_asked TEXT,
  input_max INTEGER, output_max INTEGER, held INTEGER,  -- the hold
  outcome TEXT, status INTEGER,
  cost INTEGER,                      -- nanodollars
  tokens_in INTEGER, tokens_out INTEGER,
  uncached INTEGER, cache_read INTEGER, cache_write_short INTEGER, cache_write_long INTEGER,
  reasoning INTEGER, web_searches INTEGER,
  usage_more TEXT,                   -- JSON: what few calls use (audio, several passes, …)
  service_tier INTEGER, speed INTEGER, geo TEXT, unpriced INTEGER, stop_reason TEXT,
  provider_id TEXT, first_byte_us INTEGER, total_us INTEGER, edits TEXT,
  passes INTEGER,                    -- priced parts the cost is the sum of; 0: not billed
  legs BLOB                          -- 25 bytes for each account posted to: name, units, is money
);
CREATE TABLE IF NOT EXISTS corrections(
  id INTEGER PRIMARY KEY,
  call INTEGER NOT NULL REFERENCES calls(id),
  at INTEGER NOT NULL,               -- ns since 1970
  amount INTEGER NOT NULL,           -- nanodollars to add to the call's cost; may be negative
  why TEXT NOT NULL,
  legs BLOB NOT NULL                 -- as in calls: what the correction added to which account
);
CREATE INDEX IF NOT EXISTS corrections_call ON corrections(call);
CREATE TABLE IF NOT EXISTS held(
  call INTEGER PRIMARY KEY,          -- open holds whose segment of the journal is gone
  record BLOB NOT NULL               -- the hold as it stood there
);
CREATE TABLE IF NOT EXISTS hold_names(
  name BLOB PRIMARY KEY,             -- digest of a key and its idempotency key
  words BLOB NOT NULL,               -- digest of what was asked for
  call INTEGER NOT NULL              -- the hold it stands for, which is over
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts(
  key BLOB PRIMARY KEY, posted INTEGER NOT NULL, ends INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS accounts_ends ON accounts(ends);
CREATE TABLE IF NOT EXISTS keys(
  id TEXT PRIMARY KEY, name TEXT NOT NULL, user TEXT NOT NULL, tier TEXT NOT NULL,
  team TEXT NOT NULL, feature TEXT NOT NULL, priority TEXT NOT NULL, tags TEXT NOT NULL,
  may_label TEXT NOT NULL,           -- labels that request headers may set, separated by commas
  created INTEGER NOT NULL, expires INTEGER NOT NULL, revoked INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secrets(
  hash BLOB PRIMARY KEY,             -- BLAKE2b-256 of the secret
  key TEXT NOT NULL REFERENCES keys(id), valid_until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS operators(  -- keys that may operate, not only call
  key TEXT PRIMARY KEY REFERENCES keys(id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kills(
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: people write it down
  at INTEGER NOT NULL, until INTEGER NOT NULL,  -- ns since 1970; to resume is to set `until`
  who TEXT NOT NULL, why TEXT NOT NULL,
  hard INTEGER NOT NULL,             -- 1: answers under way are ended too
  feature TEXT NOT NULL, user TEXT NOT NULL, model TEXT NOT NULL, team TEXT NOT NULL,
  tier TEXT NOT NULL, key TEXT NOT NULL, session TEXT NOT NULL  -- empty: whatever it is
);
CREATE INDEX IF NOT EXISTS kills_until ON kills(until);
CREATE TABLE IF NOT EXISTS ended_sessions(  -- by hand, until nobody asks for them any more
  scope BLOB NOT NULL, name TEXT NOT NULL, why TEXT NOT NULL,
  last INTEGER NOT NULL,             -- ns since 1970: when a call of it last came
  named INTEGER NOT NULL, met_midway INTEGER NOT NULL,
  preamble BLOB NOT NULL, root BLOB NOT NULL, trace BLOB NOT NULL,  -- digests: what finds it
  turns INTEGER NOT NULL, tool_calls INTEGER NOT NULL, spent INTEGER NOT NULL,
  tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, started INTEGER NOT NULL,
  conversations BLOB NOT NULL,       -- 89 bytes each: digests, length, whether it was answered
  PRIMARY KEY(scope, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refusals(  -- the latest calls that were not made: no part of the ledger
  call INTEGER PRIMARY KEY, at INTEGER NOT NULL,  -- ns since 1970
  key TEXT NOT NULL, user TEXT NOT NULL, tier TEXT NOT NULL, team TEXT NOT NULL,
  feature TEXT NOT NULL, session TEXT NOT NULL, provider TEXT NOT NULL, dialect TEXT NOT NULL,
  model TEXT NOT NULL, limit_name TEXT NOT NULL, message TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS audit(
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS alerts(
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL,                 -- what it is about
  kind TEXT NOT NULL, severity TEXT NOT NULL, state TEXT NOT NULL, subject TEXT NOT NULL,
  limit_name TEXT NOT NULL, used TEXT NOT NULL, max TEXT NOT NULL, share TEXT NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,               -- ns since 1970: when it was told
  since INTEGER NOT NULL,            -- ns since 1970: when its key began to fire
  count INTEGER NOT NULL             -- how often it fired since then
);
CREATE INDEX IF NOT EXISTS alerts_key ON alerts(key, id);
CREATE INDEX IF NOT EXISTS alerts_at ON alerts(at);
CREATE TABLE IF NOT EXISTS outbox(
  id INTEGER PRIMARY KEY,            -- the order in which a target gets its alerts
  alert INTEGER NOT NULL REFERENCES alerts(id),
  target TEXT NOT NULL,
  state TEXT NOT NULL,               -- waiting, delivered, given_up
  queued_at INTEGER NOT NULL,        -- ns since 1970
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,          -- ns since 1970: not tried before
  error TEXT NOT NULL                -- of the last try, or why it was given up
);
CREATE INDEX IF NOT EXISTS outbox_alert ON outbox(alert);
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox(target, id) WHERE state='waiting';
)";

}  // namespace

Result<std::int64_t> read_meta(const Database& database, std::string_view name,
                               std::int64_t otherwise) {
  auto select = database.prepare("SELECT value FROM meta WHERE name=?");
  if (!select) {
    return std::unexpected(select.error());
  }
  const auto row = select->text(name).step();
  if (!row) {
    return std::unexpected(row.error());
  }
  return *row ? select->number_at(0) : otherwise;
}

Result<void> make_tables(const Database& database) {
  if (auto made = database.execute(kTables); !made) {
    return made;
  }
  const auto format = read_meta(database, "format", kFormat);
  if (!format) {
    return std::unexpected(format.error());
  }
  if (*format != kFormat) {
    return fail(Fault::store, "the books are of format " + std::to_string(*format) +
                                  ", this Purser keeps format " + std::to_string(kFormat) +
                                  ": use the Purser that wrote them, or another folder");
  }
  return database.execute("INSERT OR IGNORE INTO meta VALUES('format', " + std::to_string(kFormat) +
                          ")");
}

Result<CallId> first_call(const Database& database, Instant since) {
  auto ends = database.prepare("SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM calls");
  // What vendors were paid may be posted long after: its time says nothing of its neighbours'.
  auto next = database.prepare(
      "SELECT at FROM calls WHERE id >= ? AND dialect <> 'vendor' ORDER BY id LIMIT 1");
  if (!ends || !next) {
    return std::unexpected(!ends ? ends.error() : next.error());
  }
  if (const auto row = ends->step(); !row) {
    return std::unexpected(row.error());
  }
  std::int64_t low = ends->number_at(0);
  std::int64_t high = ends->number_at(1);
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    const auto row = next->number(middle).step();
    if (!row) {
      return std::unexpected(row.error());
    }
    const Instant at = *row ? Instant::from_nanos(next->number_at(0)) : Instant::never();
    if (const auto end = *row ? next->step() : row; !end) {
      return std::unexpected(end.error());
    }
    if (at < since - kClockSteps) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return CallId(low);
}

Result<Database> open_books(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / kDatabaseName;
  if (!std::filesystem::exists(file)) {
    return fail(Fault::config, "there are no books in " + folder.string() +
                                   ": name their folder with --data, or a --config that does");
  }
  return Database::open(file, Database::Access::read);
}

}  // namespace purser
