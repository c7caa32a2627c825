// store/ledger_db.cpp — the tables, and the one transaction that folds the journal into them.
#include "store/ledger_db.hpp"

#include <cstring>

#include "base/json_text.hpp"

namespace purser {
namespace {

/// Raised when a row changes its meaning; an older program then refuses the file.
constexpr std::int64_t kFormat = 1;

constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calls(
  id INTEGER PRIMARY KEY,            -- the call's id
  at INTEGER NOT NULL,               -- ns since 1970: when it was admitted
  ended INTEGER NOT NULL,            -- ns since 1970: when its answer was over
  key TEXT NOT NULL, user TEXT NOT NULL, tier TEXT NOT NULL, team TEXT NOT NULL,
  feature TEXT NOT NULL, session TEXT NOT NULL, priority TEXT NOT NULL, tags TEXT NOT NULL,
  provider TEXT NOT NULL, dialect TEXT NOT NULL, stream INTEGER NOT NULL,
  model TEXT NOT NULL,               -- as answered
  model_asked TEXT NOT NULL,
  input_max INTEGER NOT NULL, output_max INTEGER NOT NULL, held INTEGER NOT NULL,  -- the hold
  outcome TEXT NOT NULL, status INTEGER NOT NULL,
  cost INTEGER NOT NULL,             -- nanodollars
  tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
  uncached INTEGER NOT NULL, cache_read INTEGER NOT NULL,
  cache_write_short INTEGER NOT NULL, cache_write_long INTEGER NOT NULL,
  reasoning INTEGER NOT NULL, audio_in INTEGER NOT NULL, audio_cached INTEGER NOT NULL,
  audio_out INTEGER NOT NULL, image_in INTEGER NOT NULL, image_out INTEGER NOT NULL,
  video_in INTEGER NOT NULL, web_searches INTEGER NOT NULL, web_fetches INTEGER NOT NULL,
  file_searches INTEGER NOT NULL,
  service_tier INTEGER NOT NULL, speed INTEGER NOT NULL, geo TEXT NOT NULL,
  unpriced INTEGER NOT NULL, stop_reason TEXT NOT NULL, provider_id TEXT NOT NULL,
  first_byte_us INTEGER NOT NULL, total_us INTEGER NOT NULL, edits TEXT NOT NULL,
  legs BLOB NOT NULL                 -- account (16 bytes), units (8 bytes), for each leg posted
);
CREATE TABLE IF NOT EXISTS corrections(
  id INTEGER PRIMARY KEY,
  call INTEGER NOT NULL REFERENCES calls(id),
  at INTEGER NOT NULL,               -- ns since 1970
  amount INTEGER NOT NULL,           -- nanodollars to add to the call's cost; may be negative
  why TEXT NOT NULL,
  legs BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS corrections_call ON corrections(call);
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
CREATE TABLE IF NOT EXISTS audit(
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL
);
)";

constexpr std::string_view kInsert =
    "INSERT INTO calls "
    "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
    "?,?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr std::string_view kAdd =
    "INSERT INTO accounts VALUES(?,?,?) ON CONFLICT(key) DO UPDATE SET "
    "posted=posted+excluded.posted";
constexpr std::string_view kMark = "INSERT OR REPLACE INTO meta VALUES(?,?)";
/// Counting a million rows takes seconds, so their number is kept beside them.
constexpr std::string_view kCount =
    "INSERT INTO meta VALUES('calls',?) ON CONFLICT(name) DO UPDATE SET value=value+excluded.value";

std::string tags_json(const Caller& caller) {
  if (caller.tags.empty()) {
    return {};
  }
  std::string json;
  JsonObject object(json);
  for (const auto& [name, value] : caller.tags) {
    object.text(name, value);
  }
  object.finish();
  return json;
}

Result<std::int64_t> meta(const Database& database, std::string_view name, std::int64_t otherwise) {
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

}  // namespace

std::string pack_account(const AccountKey& account) {
  std::string bytes(sizeof account.high + sizeof account.low, '\0');
  std::memcpy(bytes.data(), &account.high, sizeof account.high);
  std::memcpy(bytes.data() + sizeof account.high, &account.low, sizeof account.low);
  return bytes;
}

Result<AccountKey> unpack_account(std::string_view bytes) {
  AccountKey account;
  if (bytes.size() != sizeof account.high + sizeof account.low) {
    return fail(Fault::store, "an account's name must be 16 bytes");
  }
  std::memcpy(&account.high, bytes.data(), sizeof account.high);
  std::memcpy(&account.low, bytes.data() + sizeof account.high, sizeof account.low);
  return account;
}

std::string pack_legs(const std::vector<Leg>& legs) {
  std::string bytes;
  bytes.reserve(legs.size() * 24);
  for (const Leg& leg : legs) {
    const std::int64_t units = leg.units.count();
    bytes += pack_account(leg.account);
    bytes.append(reinterpret_cast<const char*>(&units), sizeof units);
  }
  return bytes;
}

Result<std::vector<PackedLeg>> unpack_legs(std::string_view bytes) {
  if (bytes.size() % 24 != 0) {
    return fail(Fault::store, "legs must be 24 bytes each");
  }
  std::vector<PackedLeg> legs;
  for (; !bytes.empty(); bytes.remove_prefix(24)) {
    std::int64_t units = 0;
    std::memcpy(&units, bytes.data() + 16, sizeof units);
    legs.push_back({.account = *unpack_account(bytes.substr(0, 16)), .units = Units(units)});
  }
  return legs;
}

Result<void> make_tables(const Database& database) {
  if (auto made = database.execute(kTables); !made) {
    return made;
  }
  const auto format = meta(database, "format", kFormat);
  if (!format) {
    return std::unexpected(format.error());
  }
  if (*format > kFormat) {
    return fail(Fault::store, "the books were written by a newer Purser: use that one");
  }
  return database.execute("INSERT OR IGNORE INTO meta VALUES('format', " + std::to_string(kFormat) +
                          ")");
}

Result<LedgerDb> LedgerDb::open(const std::filesystem::path& folder) {
  auto database = Database::open(folder / kDatabaseName, Database::Access::write);
  if (!database) {
    return std::unexpected(database.error());
  }
  LedgerDb ledger(std::move(*database));
  if (auto made = make_tables(ledger.database_); !made) {
    return std::unexpected(made.error());
  }
  if (auto prepared = ledger.prepare(); !prepared) {
    return std::unexpected(prepared.error());
  }
  return ledger;
}

Result<void> LedgerDb::prepare() {
  struct Wanted {
    Statement* statement;
    std::string_view sql;
  };
  for (const Wanted& wanted : {Wanted{&insert_, kInsert}, Wanted{&add_, kAdd},
                               Wanted{&mark_, kMark}, Wanted{&count_, kCount}}) {
    auto prepared = database_.prepare(wanted.sql);
    if (!prepared) {
      return std::unexpected(prepared.error());
    }
    *wanted.statement = std::move(*prepared);
  }
  return {};
}

Result<void> LedgerDb::insert(const ClosedCall& call) {
  const HoldEntry& hold = call.hold;
  const SettleEntry& end = call.settle;
  const Usage& usage = end.usage;
  insert_.number(hold.call.count()).number(hold.at.nanos()).number(end.at.nanos());
  const Caller& caller = hold.caller;
  insert_.text(caller.key).text(caller.user).text(caller.tier).text(caller.team);
  insert_.text(caller.feature).text(caller.session).text(to_string(caller.priority));
  insert_.text(tags_json(caller)).text(hold.provider).text(to_string(hold.dialect));
  insert_.number(hold.stream ? 1 : 0).text(end.model.empty() ? hold.model : end.model);
  insert_.text(hold.model).number(hold.input_max.count()).number(hold.output_max.count());
  insert_.number(hold.worst.nanos()).text(to_string(end.outcome)).number(end.status);
  insert_.number(end.cost.nanos()).number(usage.tokens_in().count());
  for (const Tokens tokens :
       {usage.output, usage.input_uncached, usage.cache_read, usage.cache_write_short,
        usage.cache_write_long, usage.reasoning, usage.audio_in, usage.audio_cached,
        usage.audio_out, usage.image_in, usage.image_out, usage.video_in}) {
    insert_.number(tokens.count());
  }
  insert_.number(usage.web_searches).number(usage.web_fetches).number(usage.file_searches);
  insert_.number(static_cast<int>(end.tier)).number(static_cast<int>(end.speed)).text(end.geo);
  insert_.number(end.unpriced ? 1 : 0).text(end.stop_reason).text(end.provider_id);
  insert_.number(end.first_byte_us).number(end.total_us).text(end.edits);
  insert_.blob(pack_legs(end.legs));
  return insert_.run();
}

Result<void> LedgerDb::fold_inside(const std::vector<ClosedCall>& calls, Folded folded) {
  struct Sum {
    Units posted;
    Instant ends;
  };
  std::unordered_map<AccountKey, Sum> sums;
  for (const ClosedCall& call : calls) {
    if (auto inserted = insert(call); !inserted) {
      return inserted;
    }
    for (const Leg& leg : call.settle.legs) {
      Sum& sum = sums[leg.account];
      sum.posted += leg.units;
      sum.ends = leg.ends;
    }
  }
  for (const auto& [account, sum] : sums) {
    add_.blob(pack_account(account)).number(sum.posted.count()).number(sum.ends.nanos());
    if (auto added = add_.run(); !added) {
      return added;
    }
  }
  if (auto counted = count_.number(static_cast<std::int64_t>(calls.size())).run(); !counted) {
    return counted;
  }
  if (auto marked = mark_.text("folded_segment").number(folded.segment).run(); !marked) {
    return marked;
  }
  return mark_.text("folded_offset").number(folded.offset).run();
}

Result<void> LedgerDb::fold(const std::vector<ClosedCall>& calls, Folded folded) {
  if (auto begun = database_.execute("BEGIN IMMEDIATE"); !begun) {
    return begun;
  }
  auto done = fold_inside(calls, folded);
  if (done) {
    done = database_.execute("COMMIT");
  }
  if (!done) {
    // The transaction may be gone already; what matters is that none stays open.
    static_cast<void>(database_.execute("ROLLBACK"));
  }
  return done;
}

Result<Folded> LedgerDb::folded() {
  const auto segment = meta(database_, "folded_segment", 0);
  const auto offset = meta(database_, "folded_offset", 0);
  if (!segment || !offset) {
    return std::unexpected(!segment ? segment.error() : offset.error());
  }
  return Folded{*segment, *offset};
}

Result<LedgerDb::Facts> LedgerDb::facts() {
  const auto calls = meta(database_, "calls", 0);
  if (!calls) {
    return std::unexpected(calls.error());
  }
  auto select = database_.prepare("SELECT coalesce(max(id), 0) FROM calls");
  if (!select) {
    return std::unexpected(select.error());
  }
  if (const auto row = select->step(); !row) {
    return std::unexpected(row.error());
  }
  return Facts{static_cast<std::uint64_t>(*calls), CallId(select->number_at(0))};
}

Result<std::vector<LedgerDb::Balance>> LedgerDb::balances(Instant now) {
  auto select = database_.prepare("SELECT key, posted, ends FROM accounts WHERE ends > ?");
  if (!select) {
    return std::unexpected(select.error());
  }
  std::vector<Balance> found;
  select->number(now.nanos());
  while (true) {
    const auto row = select->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      return found;
    }
    const auto account = unpack_account(select->blob_at(0));
    if (!account) {
      return std::unexpected(account.error());
    }
    found.push_back(
        {*account, Units(select->number_at(1)), Instant::from_nanos(select->number_at(2))});
  }
}

Result<void> LedgerDb::checkpoint() {
  return database_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace purser
