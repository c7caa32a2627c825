// store/ledger_db.cpp — the one transaction that folds the journal into the tables.
#include "store/ledger_db.hpp"

#include <algorithm>
#include <cstring>

#include "base/json_text.hpp"
#include "store/codec.hpp"
#include "store/tables.hpp"
#include "store/usage_more.hpp"

namespace purser {
namespace {

constexpr std::size_t kAccountBytes = 16;
constexpr std::size_t kLegBytes = kAccountBytes + sizeof(std::int64_t) + 1;

constexpr std::string_view kInsert =
    "INSERT INTO calls "
    "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?"
    ")"
    " ON CONFLICT DO NOTHING";
constexpr std::string_view kLetGo = "DELETE FROM held WHERE call=?";
constexpr std::string_view kCarry = "INSERT INTO held VALUES(?,?) ON CONFLICT DO NOTHING";
constexpr std::string_view kAdd =
    "INSERT INTO accounts VALUES(?,?,?) ON CONFLICT(key) DO UPDATE SET "
    "posted=posted+excluded.posted";
constexpr std::string_view kName = "INSERT INTO hold_names VALUES(?,?,?) ON CONFLICT DO NOTHING";
constexpr std::string_view kMark = "INSERT OR REPLACE INTO meta VALUES(?,?)";
/// Counting a million rows takes seconds, so their number is kept beside them.
constexpr std::string_view kCount =
    "INSERT INTO meta VALUES('calls',?) ON CONFLICT(name) DO UPDATE SET value=value+excluded.value";

void write_tags(std::string& json, const Caller& caller) {
  json.clear();
  if (caller.tags.empty()) {
    return;
  }
  JsonObject object(json);
  for (const auto& [name, value] : caller.tags) {
    object.text(name, value);
  }
  object.finish();
}

}  // namespace

std::string pack_digest(const AccountKey& account) {
  std::string bytes(kAccountBytes, '\0');
  std::memcpy(bytes.data(), &account.high, sizeof account.high);
  std::memcpy(bytes.data() + sizeof account.high, &account.low, sizeof account.low);
  return bytes;
}

Result<AccountKey> unpack_digest(std::string_view bytes) {
  AccountKey account;
  if (bytes.size() != kAccountBytes) {
    return fail(Fault::store, "an account's name must be 16 bytes");
  }
  std::memcpy(&account.high, bytes.data(), sizeof account.high);
  std::memcpy(&account.low, bytes.data() + sizeof account.high, sizeof account.low);
  return account;
}

void pack_leg(std::string& bytes, const PackedLeg& leg) {
  const std::int64_t units = leg.units.count();
  bytes += pack_digest(leg.account);
  bytes.append(reinterpret_cast<const char*>(&units), sizeof units);
  bytes += static_cast<char>(leg.is_money);
}

Result<std::vector<PackedLeg>> unpack_legs(std::string_view bytes) {
  if (bytes.size() % kLegBytes != 0) {
    return fail(Fault::store, "legs must be 25 bytes each");
  }
  std::vector<PackedLeg> legs;
  for (; !bytes.empty(); bytes.remove_prefix(kLegBytes)) {
    std::int64_t units = 0;
    std::memcpy(&units, bytes.data() + kAccountBytes, sizeof units);
    legs.push_back({.account = *unpack_digest(bytes.substr(0, kAccountBytes)),
                    .units = Units(units),
                    .is_money = bytes[kLegBytes - 1] != 0});
  }
  return legs;
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
  for (const Wanted& wanted : {Wanted{&insert_, kInsert}, Wanted{&let_go_, kLetGo},
                               Wanted{&carry_, kCarry}, Wanted{&add_, kAdd}, Wanted{&mark_, kMark},
                               Wanted{&count_, kCount}, Wanted{&name_, kName}}) {
    auto prepared = database_.prepare(wanted.sql);
    if (!prepared) {
      return std::unexpected(prepared.error());
    }
    *wanted.statement = std::move(*prepared);
  }
  return {};
}

/// hold_ and settle_ as a row, column by column as tables.cpp declares them.
void LedgerDb::bind() {
  const HoldEntry& hold = hold_;
  const SettleEntry& end = settle_;
  const Usage& usage = end.usage;
  const Caller& caller = hold.caller;
  insert_.number(hold.call.count()).number(hold.at.nanos()).number(end.at.nanos());
  insert_.kept_text(caller.key).kept_text(caller.user).kept_text(caller.tier);
  insert_.kept_text(caller.team).kept_text(caller.feature).kept_text(caller.session);
  insert_.kept_text(to_string(caller.priority)).kept_text(tags_);
  insert_.kept_text(hold.provider).kept_text(to_string(hold.dialect));
  insert_.number(hold.stream ? 1 : 0).kept_text(end.model.empty() ? hold.model : end.model);
  insert_.kept_text(hold.model).number(hold.input_max.count()).number(hold.output_max.count());
  insert_.number(hold.worst.nanos()).kept_text(to_string(end.outcome)).number(end.status);
  insert_.number(end.cost.nanos()).number(usage.tokens_in().count());
  for (const Tokens tokens : {usage.output, usage.input_uncached, usage.cache_read,
                              usage.cache_write_short, usage.cache_write_long, usage.reasoning}) {
    insert_.number(tokens.count());
  }
  insert_.number(usage.web_searches);
  usage_more_.empty() ? insert_.null() : insert_.kept_text(usage_more_);
  insert_.number(static_cast<int>(end.tier)).number(static_cast<int>(end.speed));
  insert_.kept_text(end.geo).number(end.unpriced ? 1 : 0).kept_text(end.stop_reason);
  insert_.kept_text(end.provider_id).number(end.first_byte_us).number(end.total_us);
  insert_.kept_text(end.edits).number(end.passes).kept_blob(legs_);
}

Result<void> LedgerDb::insert(const ClosedCall& closed, Posted& posted) {
  if (auto read = decode(closed.hold, hold_); !read) {
    return read;
  }
  if (auto read = decode(closed.settle, settle_); !read) {
    return read;
  }
  write_tags(tags_, hold_.caller);
  write_usage_more(usage_more_, settle_);
  legs_.clear();
  for (const Leg& leg : settle_.legs) {
    pack_leg(legs_, {.account = leg.account, .units = leg.units, .is_money = leg.is_money});
  }
  bind();
  if (auto inserted = insert_.run(); !inserted) {
    return inserted;
  }
  if (database_.changed() == 0) {
    return {};
  }
  if (hold_.name && settle_.stop_reason != kNeverSent) {
    name_.blob(pack_digest(hold_.name->name)).blob(pack_digest(hold_.name->words));
    if (auto named = name_.number(closed.call.count()).run(); !named) {
      return named;
    }
  }
  for (const Leg& leg : settle_.legs) {
    Sum& sum = posted.sums[leg.account];
    sum.posted += leg.units;
    sum.ends = leg.ends;
  }
  ++posted.calls;
  return {};
}

Result<void> LedgerDb::add(const Posted& posted) {
  // In the table's order: neighbours share pages.
  std::vector<std::pair<AccountKey, Sum>> sums(posted.sums.begin(), posted.sums.end());
  std::sort(sums.begin(), sums.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [account, sum] : sums) {
    const std::string key = pack_digest(account);
    add_.kept_blob(key).number(sum.posted.count()).number(sum.ends.nanos());
    if (auto added = add_.run(); !added) {
      return added;
    }
  }
  return count_.number(posted.calls).run();
}

Result<void> LedgerDb::fold_inside(std::span<const ClosedCall> closed,
                                   std::span<const HeldCall> carried, JournalMark mark) {
  Posted posted;
  for (const ClosedCall& call : closed) {
    if (auto inserted = insert(call, posted); !inserted) {
      return inserted;
    }
    if (auto gone = call.carried ? let_go_.number(call.call.count()).run() : Result<void>();
        !gone) {
      return gone;
    }
  }
  if (auto added = add(posted); !added) {
    return added;
  }
  for (const HeldCall& held : carried) {
    if (auto kept = carry_.number(held.call.count()).kept_blob(held.hold).run(); !kept) {
      return kept;
    }
  }
  if (auto marked = mark_.text("folded_segment").number(mark.segment).run(); !marked) {
    return marked;
  }
  return mark_.text("folded_offset").number(mark.offset).run();
}

Result<void> LedgerDb::fold(std::span<const ClosedCall> closed, std::span<const HeldCall> carried,
                            JournalMark mark) {
  if (auto begun = database_.execute("BEGIN IMMEDIATE"); !begun) {
    return begun;
  }
  auto done = fold_inside(closed, carried, mark);
  if (done) {
    done = database_.execute("COMMIT");
  }
  if (!done) {
    // The transaction may be gone already; what matters is that none stays open.
    static_cast<void>(database_.execute("ROLLBACK"));
  }
  return done;
}

Result<JournalMark> read_mark(const Database& database) {
  const auto segment = read_meta(database, "folded_segment", 0);
  const auto offset = read_meta(database, "folded_offset", 0);
  if (!segment || !offset) {
    return std::unexpected(!segment ? segment.error() : offset.error());
  }
  return JournalMark{*segment, *offset};
}

Result<std::vector<HeldCall>> LedgerDb::carried() const {
  auto select = database_.prepare("SELECT call, record FROM held");
  if (!select) {
    return std::unexpected(select.error());
  }
  std::vector<HeldCall> found;
  while (true) {
    const auto row = select->step();
    if (!row) {
      return std::unexpected(row.error());
    }
    if (!*row) {
      return found;
    }
    found.push_back({CallId(select->number_at(0)), select->text_at(1)});
  }
}

Result<LedgerDb::Facts> LedgerDb::facts() const {
  const auto calls = read_meta(database_, "calls", 0);
  if (!calls) {
    return std::unexpected(calls.error());
  }
  auto select = database_.prepare(
      "SELECT max((SELECT coalesce(max(id), 0) FROM calls), "
      "(SELECT coalesce(max(call), 0) FROM refusals))");
  if (!select) {
    return std::unexpected(select.error());
  }
  if (const auto row = select->step(); !row) {
    return std::unexpected(row.error());
  }
  return Facts{static_cast<std::uint64_t>(*calls), CallId(select->number_at(0))};
}

Result<LedgerDb::Checkpoint> LedgerDb::checkpoint() const {
  auto run = database_.prepare("PRAGMA wal_checkpoint(PASSIVE)");
  if (!run) {
    return std::unexpected(run.error());
  }
  const auto row = run->step();
  if (!row) {
    return std::unexpected(row.error());
  }
  const bool whole = run->number_at(1) == run->number_at(2);  // pages in the log, and in the file
  return whole ? Checkpoint::whole : Checkpoint::held_up;
}

}  // namespace purser
